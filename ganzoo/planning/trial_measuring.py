"""Scores of a trained trial on validation samples. Test samples are never shown here."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.default_metrics import TranslatedOutput, find_translations
from ganzoo.builder.trained import open_model
from ganzoo.components.metrics.distribution import COPY, FEWEST, MODEL, REAL
from ganzoo.components.metrics.feature_extractor import (
    TINY,
    TINY_SIZE,
    FeatureExtractor,
    shared_extractor,
)
from ganzoo.components.metrics.intervals import draw_halves
from ganzoo.components.metrics.quick_kid import QuickKid
from ganzoo.components.networks.backbones import is_installed
from ganzoo.engine.rng import keep_rng
from ganzoo.errors import GanzooError
from ganzoo.evaluation.learning import prepare_metric
from ganzoo.evaluation.measuring import say_nothing
from ganzoo.evaluation.observed import format_observed
from ganzoo.evaluation.showing import ShownMetric, no_tick, show
from ganzoo.evaluation.splits import deal
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data
from ganzoo.planning.trial_scores import HalvedScore, TrialScores
from ganzoo.training.quick_metrics import LARGER

REALISM, FAITHFULNESS = "realism", "faithfulness"
MOST_IMAGES = 200  # of each domain that are shown
DRAWS = 200  # halves of them


class NothingToCompare(GanzooError):
    """Trials of this recipe or of these data cannot be compared."""


@dataclass(frozen=True)
class MeasuredTrial:
    """The scores of a model and of copying the input.

    samples: what they are of, as "18 validation samples of x and y".
    """

    model: TrialScores
    copying: TrialScores
    samples: str


@dataclass(frozen=True)
class Yardstick:
    """By what trials are measured.

    output: what is compared. truth: whether test samples are pairs, so that the true image is
        known. backbone: the network of the distance to real images.
    """

    output: TranslatedOutput
    truth: bool
    backbone: str

    @property
    def realism(self) -> str:
        """The name of the score of realism."""
        return f"KID ({self.backbone.removeprefix('tf_')})"

    @property
    def faithfulness(self) -> str:
        """The name of the score of faithfulness."""
        return "PSNR in dB" if self.truth else f"structure distance ({TINY})"

    def open_network(self) -> FeatureExtractor:
        """The network of the distance to real images; whoever holds it need not load it again."""
        metric = QuickKid(self.backbone)
        return shared_extractor(metric.backbone, metric.weights, metric.size, metric.resize_mode)

    def tables(self) -> dict[str, Any]:
        """The metrics, as in a recipe."""
        wires = {"prediction": self.output.output, "source": self.output.source}
        target = {"target": self.output.domain}
        kid = {"type": "quick_kid", "backbone": self.backbone, **wires, **target}
        true = {"type": "psnr", **wires, **target}
        tiny = {"backbone": TINY, "size": TINY_SIZE}
        beside = true if self.truth else {"type": "structure_distance", **tiny, **wires}
        tables = {REALISM: kid, FAITHFULNESS: beside}
        return {name: {**table, "images": MOST_IMAGES} for name, table in tables.items()}


def find_yardstick(blueprint: Blueprint) -> Yardstick:
    """By what the trials of a recipe are measured: its output that shows y, made of x.

    Raises:
        NothingToCompare: it has none.
    """
    outputs = [each for each in find_translations(blueprint) if each.source]
    best = sorted(outputs, key=lambda each: each.domain != "y")
    if not best or blueprint.dataset is None:
        raise NothingToCompare("the recipe has no output that is made of one picture")
    backbone = LARGER if is_installed(LARGER) else TINY
    return Yardstick(best[0], blueprint.dataset.paired, backbone)


def find_validation(data: Data, share: float, yardstick: Yardstick) -> Data:
    """The samples that choose, of prepared data.

    share: how much of the held-out items is validation.

    Raises:
        NothingToCompare: there are too few.
        DataError: a file cannot be read.
    """
    validation = deal(data, share).validation
    if validation is None:
        raise NothingToCompare("no images are kept for validation, and test images must not choose")
    counts = {**dict.fromkeys(data.variables, validation.test_count()), **validation.test_counts()}
    used = yardstick.output.source, yardstick.output.domain
    fewest = min(counts[name] for name in used)
    if fewest < FEWEST:
        raise NothingToCompare(
            f"it takes {FEWEST} validation images a side, and there are {fewest}"
        )
    return validation


def measure_trial(file: Path, yardstick: Yardstick, device: torch.device) -> MeasuredTrial:
    """Measure a trial's model file.

    Raises:
        NothingToCompare: there are too few validation samples.
        GanzooError: the file or the images cannot be read.
    """
    blueprint, model = open_model(file, {"metrics": yardstick.tables()})
    data = blueprint.dataset
    assert data is not None
    data.prepare()
    share = blueprint.recipe.checkpoints.validation
    validation = find_validation(data, share, yardstick)
    return _measure(blueprint, model.to(device), validation, yardstick)


def _measure(blueprint: Blueprint, model: Model, data: Data, yardstick: Yardstick) -> MeasuredTrial:
    with keep_rng(model.device):
        shown = [ShownMetric.of(name, blueprint, data, limited=True) for name in yardstick.tables()]
        for each in shown:
            prepare_metric(each, blueprint, model, data, say_nothing)
        show(shown, model, data, no_tick)
        shown[0].metric.compute()  # keeps the features of real images for the next trial
    realism, faithfulness = shown
    model_scores, copying = (
        TrialScores(
            halve_distance(realism.metric, system),
            halve_mean(faithfulness.metric.values.get(system, []), yardstick.truth),
        )
        for system in (MODEL, COPY)
    )
    return MeasuredTrial(model_scores, copying, format_observed(realism.observed))


def halve_distance(metric: QuickKid, system: str) -> HalvedScore | None:
    """The distance of a system's images to real ones, and that of random halves of them."""
    sets, name = metric.stacked(), metric.score_name("kid")
    if system not in sets:
        return None
    generated, real = sets[system], sets[REAL]
    score, m, n = metric.subset_scores(system, generated, real), len(generated), len(real)
    halves = draw_halves(n if m == n else (m, n), DRAWS)
    drawn = (score(*(chosen if m != n else chosen * 2))[name] for chosen in halves)
    return HalvedScore(metric.measure(system, generated, real)[name], tuple(drawn))


def halve_mean(values: Sequence[float], higher_is_better: bool) -> HalvedScore | None:
    """The mean of per-sample scores, and that of random halves of them."""
    if not values:
        return None
    halves = draw_halves(len(values), DRAWS)
    drawn = (statistics.fmean(values[i] for i in _indices(chosen)) for (chosen,) in halves)
    return HalvedScore(statistics.fmean(values), tuple(drawn), higher_is_better)


def _indices(chosen: torch.Tensor) -> list[int]:
    indices: list[int] = chosen.tolist()
    return indices
