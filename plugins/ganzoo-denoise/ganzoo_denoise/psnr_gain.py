"""How near denoised images come to the clean ones, beside what needs no training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from ganzoo.interfaces import Metric
from torch import Tensor

from ganzoo_denoise.classics import Classic, non_local_means, restoration, total_variation

# For each classic, the strengths of which the best is taken: too little to too much.
CLASSICS: dict[str, tuple[Classic, tuple[float, ...]]] = {
    "total variation": (total_variation, (0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.3)),
    "non-local means": (non_local_means, (0.4, 0.6, 0.8, 1.0, 1.2)),
}


class PSNR(Metric):
    """Peak signal-to-noise ratio of denoised images, beside two classic denoisers', in dB.

    10 log10(2² / E(prediction - target)²) of every image, clamped to [-1, 1] as its file would be;
    then the mean over images. `gain` is the difference to the noisy images' own mean.

    classics: the rows of total variation and non-local means, which need scikit-image and about
        20 s a megapixel.

    The rows to compare the model with:
    "noisy input" takes `source` for the prediction;
    "total variation" (Rudin, Osher, Fatemi 1992) and "non-local means" (Buades, Coll, Morel 2005)
    are flattered: the strength of each is, of 7 and 5, the one that is best on these very images,
    and non-local means is told the true deviation of each image's noise. The model knows neither.
    """

    measures = "faithfulness"

    def __init__(self, classics: bool = True) -> None:
        self.classics = classics
        self.images: list[tuple[Tensor, Tensor, Tensor]] = []

    def update(self, prediction: Tensor, target: Tensor, source: Tensor) -> None:
        """Add a batch: denoised, clean and noisy images (N, C, H, W) in [-1, 1], of one shape.

        Raises:
            ValueError: the shapes differ, or scikit-image is needed and missing.
        """
        batch = [images.detach().float().cpu() for images in (prediction, target, source)]
        if len({images.shape for images in batch}) > 1:
            shapes = ", ".join(str(tuple(images.shape)) for images in batch)
            raise ValueError(f"prediction, target and source must have one shape, not {shapes}")
        if self.classics:
            restoration()
        self.images += zip(*batch, strict=True)

    def compute(self) -> dict[str, dict[str, float]]:
        """`psnr` and `gain` in dB, in two or four rows.

        Raises:
            ValueError: no image was added.
        """
        if not self.images:
            raise ValueError("there is nothing to compare: no image was added")
        predictions, targets, sources = (list(images) for images in zip(*self.images, strict=True))
        noisy = mean_psnr(sources, targets)
        scores = {"model": mean_psnr(predictions, targets), "noisy input": noisy}
        for name, (classic, strengths) in CLASSICS.items() if self.classics else ():
            scores[name] = max(_score(classic, s, sources, targets) for s in strengths)
        return {name: {"psnr": value, "gain": value - noisy} for name, value in scores.items()}


def mean_psnr(images: Sequence[Tensor], targets: Sequence[Tensor]) -> float:
    """The mean of the PSNR of images (C, H, W) in [-1, 1], in dB."""
    from torchmetrics.functional.image import peak_signal_noise_ratio

    pairs = zip(images, targets, strict=True)
    scores = [peak_signal_noise_ratio(i.clamp(-1, 1), t, data_range=2.0) for i, t in pairs]
    return float(torch.stack(scores).mean())


def _score(
    classic: Classic, strength: float, sources: Sequence[Tensor], targets: Sequence[Tensor]
) -> float:
    """A classic's mean PSNR at one strength, with each image's true deviation of the noise."""
    pairs = list(zip(sources, targets, strict=True))
    sigmas = [float((s - t).square().mean().sqrt()) / 2 for s, t in pairs]
    denoised = [classic(s, strength, sigma) for s, sigma in zip(sources, sigmas, strict=True)]
    return mean_psnr(denoised, targets)
