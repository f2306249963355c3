"""Settles what `quick_kid` leaves open: its network, how often it is computed, and on how much.

While training it takes at most SHARE of the time. What is chosen here depends on this machine; the
run's recipe says it from then on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ganzoo.builder import Experiment
from ganzoo.builder.blueprint import Blueprint, MetricPlan
from ganzoo.components.metrics.feature_extractor import TINY
from ganzoo.components.metrics.quick_kid import AUTO, QuickKid
from ganzoo.components.networks.backbones import is_installed
from ganzoo.evaluation.measuring import compute_metrics
from ganzoo.interfaces import Data
from ganzoo.recipe.duration import Duration
from ganzoo.recipe.schema import Recipe

SHARE = 0.02  # of a training's time, what measuring may take
AIM = 0.6  # of that share, what is planned: no two measurements are alike
LARGER = "tf_efficientnet_lite0"
LONG = 1000.0  # seconds of training from which the larger network is tried; loading it takes some
FEWEST_STEPS = 200  # of a training; a shorter one is measured at its end only
FEWEST_IMAGES, MOST_IMAGES = 16, 64
MOST_TIMES = 25
FEWEST_TIMES = 5  # rather fewer images
TRIED = 4, 12  # images
Clock = Callable[[], float]


@dataclass(frozen=True)
class Cost:
    """Seconds of one measurement: whatever the number of images, and for each image more."""

    fixed: float
    an_image: float

    def seconds(self, images: int) -> float:
        """Of a measurement of so many images."""
        return self.fixed + images * self.an_image


@dataclass(frozen=True)
class MeasuringPlan:
    """When a run's open metrics are computed.

    backbone: their network. images: of each wire at most.
    every: steps; None at the end only.
    share: of the training's time, what that takes.
    """

    backbone: str
    images: int | None = None
    every: int | None = None
    share: float = 0.0

    def describe(self, names: Sequence[str]) -> str:
        """What was chosen, in a line."""
        said = f"{', '.join(names)}: by {self.backbone.removeprefix('tf_')}, "
        if self.every is None:
            return f"{said}at the end only: while training they would take more than {SHARE:.0%}"
        return (
            f"{said}every {self.every} steps on at most {self.images} images of each domain, which "
            f"takes about {self.share:.1%} of the time"
        )


def choose_plan(
    backbone: str, cost: Cost, steps: int, step_seconds: float, spent: float = 0.0
) -> MeasuringPlan:
    """As many measurements as the time allows, of as many images as that leaves.

    steps, step_seconds: of the training. spent: seconds that choosing took.
    """
    length = steps * step_seconds
    budget = AIM * SHARE * length - spent if math.isfinite(length) else 0.0
    images = MOST_IMAGES
    while images > FEWEST_IMAGES and budget < FEWEST_TIMES * cost.seconds(images):
        images //= 2
    times = min(MOST_TIMES, int(budget / cost.seconds(images)))
    if times < 1:
        return MeasuringPlan(backbone)
    every = _round_up(math.ceil(steps / (times + 1)))
    share = ((steps - 1) // every * cost.seconds(images) + spent) / length
    return MeasuringPlan(backbone, images, every, share)


def _round_up(steps: int) -> int:
    """To two digits: 137 becomes 140."""
    unit: int = 10 ** max(0, len(str(steps)) - 2)
    return -(-steps // unit) * unit


def find_open(blueprint: Blueprint) -> list[str]:
    """The metrics whose network is left open."""
    return [
        name
        for name, plan in blueprint.metrics.items()
        if plan.metric.component_class is QuickKid
        and plan.when == "run"
        and plan.metric.settings["backbone"] == AUTO
    ]


@dataclass(frozen=True)
class StepTime:
    """Seconds of a step, and those that finding it took."""

    seconds: float = math.inf
    spent: float = 0.0


def plan_measurements(
    experiment: Experiment,
    data: Data,
    steps: int,
    step: StepTime | None,
    clock: Clock = time.perf_counter,
) -> MeasuringPlan:
    """Measure what measuring takes, and choose.

    steps: of the training. step: what one takes; None where the training is too short to find out.
    """
    if step is None or not data.test_count():
        return MeasuringPlan(TINY)
    length, began = steps * step.seconds, clock()
    larger = length >= LONG and is_installed(LARGER)
    for backbone, fewest in ((LARGER, 2 * FEWEST_IMAGES), (TINY, 1))[not larger :]:
        cost = measure_cost(backbone, experiment, data, clock)
        spent = step.spent + clock() - began
        plan = choose_plan(backbone, cost, steps, step.seconds, spent)
        if plan.images is not None and plan.images >= fewest:
            break
    return plan


def measure_cost(backbone: str, experiment: Experiment, data: Data, clock: Clock) -> Cost:
    """What measuring takes with that network, once it is loaded and has seen the real images."""
    names = find_open(experiment.blueprint)
    model, (few, many) = experiment.model(), TRIED

    def measure(images: int) -> float:
        metrics = settled(experiment.blueprint, names, MeasuringPlan(backbone, images))
        began = clock()
        blueprint = replace(experiment.blueprint, metrics=metrics)
        compute_metrics(blueprint, model, data, names, swap=False, limited=True)
        return clock() - began

    measure(many)
    least, most = measure(few), measure(many)
    an_image = max((most - least) / (many - few), most / many / 2)
    return Cost(max(0.0, most - many * an_image), an_image)


def settled(
    blueprint: Blueprint, names: Sequence[str], plan: MeasuringPlan
) -> dict[str, MetricPlan]:
    """The plans of these metrics after a choice; what the recipe says of `every` stays."""
    every = Duration(plan.every, "steps") if plan.every else None
    plans = {}
    for name in names:
        metric = blueprint.metrics[name]
        plans[name] = _with(
            metric, plan.backbone, metric.every or every, metric.images or plan.images
        )
    return plans


def _with(
    plan: MetricPlan, backbone: str, every: Duration | None, images: int | None
) -> MetricPlan:
    settings = {**plan.metric.settings, "backbone": backbone}
    metric = replace(plan.metric, settings=settings)
    return replace(plan, metric=metric, every=every, images=images)


def adopt(experiment: Experiment, plans: Mapping[str, MetricPlan]) -> None:
    """Give an experiment these metrics, and its recipe their settings."""
    experiment.blueprint.metrics |= plans
    metrics = dict(experiment.recipe.metrics)
    for name, plan in plans.items():
        backbone = plan.metric.settings["backbone"]
        said = {"every": plan.every, "images": plan.images, "backbone": backbone}
        metrics[name] = metrics[name].model_copy(update=said)
    recipe = experiment.recipe.model_copy(update={"metrics": metrics})
    experiment.recipe = experiment.blueprint.recipe = recipe


def take_over_metrics(experiment: Experiment, before: Recipe) -> None:
    """Let metrics that are open go on as a run chose them; before: the run's recipe."""
    plans = {}
    for name in find_open(experiment.blueprint):
        table = before.metrics.get(name)
        backbone = table.settings.get("backbone", AUTO) if table else AUTO
        if table and table.type == experiment.recipe.metrics[name].type and backbone != AUTO:
            metric = experiment.blueprint.metrics[name]
            plans[name] = _with(metric, backbone, table.every, table.images)
    adopt(experiment, plans)
