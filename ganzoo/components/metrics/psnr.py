"""Peak signal-to-noise ratio: how close is each image to its target, pixel by pixel?"""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.components.metrics.per_image import PerImage, clamped, without_nan

# The ratio of an exact image, in dB. The true one is infinite, and so would be every mean.
# One wrong value, by one level of 8 bits, in 64 x 64 pixels makes 89 dB.
HIGHEST = 100.0
PEAK = 2.0
FLAT = "mean colour"


class Psnr(PerImage):
    """Peak signal-to-noise ratio in dB: 10 log10(2² / mean squared error), the peak being 2.

    It is computed for each image over all its pixels and channels, then averaged over images, as is
    usual (the ratio of the mean error would be lower). Values beyond [-1, 1] are clamped, as in a
    saved image; NaN counts as an error of the whole range. An exact image counts as 100 dB.

    Baselines of the model:
    "copy the input" takes `source` for the prediction, where that wire is given and has the
    target's shape;
    "the target of another sample" takes the previous target: an image of the right kind, but of
    another scene. It is left out where no two consecutive targets have the same shape;
    "mean colour" is one flat colour, the mean over all targets. It shows nothing, yet its ratio is
    higher than that of a sharp image of another scene: a model should beat it. It is left out where
    targets differ in channels.
    """

    score = "psnr"
    measures = "faithfulness"

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[Tensor] = []

    def compare(self, prediction: Tensor, target: Tensor) -> list[float]:
        """The ratio of each image."""
        shown = without_nan(prediction, target, PEAK)
        return _decibels((shown - target).square().flatten(1).mean(1))

    def update(self, prediction: Tensor, target: Tensor, source: Tensor | None = None) -> None:
        """Add a batch: images (N, C, H, W), or volumes (N, C, D, H, W), in [-1, 1], of one shape.

        Raises:
            ValueError: the shapes differ, or are not those of images.
        """
        super().update(prediction, target, source)
        for image in clamped(target):
            values = image.double().flatten(1)
            self.moments.append(torch.stack([values.mean(1), values.square().mean(1)]).cpu())

    def _all_values(self) -> dict[str, list[float]]:
        flat = self._flat() if self.moments else []
        return {**super()._all_values(), **({FLAT: flat} if flat else {})}

    def _flat(self) -> list[float]:
        """The ratios of the mean colour m, by E(t - m)² = E t² - 2 m E t + m² in each channel."""
        if len({moments.shape for moments in self.moments}) > 1:
            return []
        means, squares = torch.stack(self.moments, 1)
        colour = means.mean(0)
        errors = (squares - 2 * colour * means + colour.square()).mean(1)
        return _decibels(errors.clamp(min=0))


def _decibels(errors: Tensor) -> list[float]:
    """The ratios of mean squared errors, at most HIGHEST."""
    values: list[float] = (10 * torch.log10(PEAK**2 / errors)).clamp(max=HIGHEST).tolist()
    return values
