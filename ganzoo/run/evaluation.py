"""A recipe's metrics on its held-out data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ganzoo.build import Experiment
from ganzoo.build.plans import Blueprint, MetricPlan
from ganzoo.errors import Fault, RecipeError, choices
from ganzoo.expression import Expression
from ganzoo.interfaces import Data, Metric, Value
from ganzoo.metric import Interval
from ganzoo.play.model import Model, OutputWire
from ganzoo.run.examples import Examples

Scores = dict[str, dict[str, dict[str, float]]]
Intervals = dict[str, dict[str, dict[str, Interval]]]
Cases = dict[str, dict[str, dict[str, Any]]]
Tell = Callable[[str], None]
"""Says a sentence to the person who waits."""
Shown = tuple[Expression, bool]


@dataclass(frozen=True)
class Evaluation:
    """What metrics say of a model.

    scores: by metric, row and figure.
    intervals: 95 % ones over held-out samples, of those figures that have one.
    cases: by metric and figure, `higher_is_better` and the `values` of the model, one a sample.
    """

    scores: Scores = field(default_factory=dict)
    intervals: Intervals = field(default_factory=dict)
    cases: Cases = field(default_factory=dict)


def say_nothing(text: str) -> None:
    """To nobody."""


def evaluate(experiment: Experiment, data: Data, tell: Tell = say_nothing) -> Scores:
    """The metrics that belong to a run's end, over all held-out samples."""
    wanted = of_a_run(experiment.blueprint)
    return assess(experiment.blueprint, experiment.model(), data, wanted, tell).scores


def of_a_run(blueprint: Blueprint) -> list[str]:
    """The metrics that belong to a run's end."""
    return [name for name, planned in blueprint.metrics.items() if planned.when == "run"]


def assess(
    blueprint: Blueprint,
    model: Model,
    data: Data,
    wanted: Collection[str],
    tell: Tell = say_nothing,
    tick: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Metrics over all held-out samples, one at a time; torch's chance stays as it was.

    What the data cannot serve is left out; nothing where there are no held-out samples.
    tick: called after every sample.
    """
    if not data.test_count():
        return Evaluation()
    with torch.random.fork_rng(_gpus(model)):
        return _found(_measured(blueprint, model, data, wanted, tell, tick))


def _gpus(model: Model) -> list[torch.device]:
    return [model.device] if model.device.type == "cuda" else []


def _measured(
    blueprint: Blueprint,
    model: Model,
    data: Data,
    wanted: Collection[str],
    tell: Tell,
    tick: Callable[[], None],
) -> dict[str, Metric]:
    """The metrics, having seen every sample."""
    skipped = left_out(blueprint, data)
    plans = {name: blueprint.metrics[name] for name in wanted if name not in skipped}
    metrics: dict[str, Any] = {name: plan.metric.make() for name, plan in plans.items()}
    views = {name: _views(blueprint, plan) for name, plan in plans.items()}
    for name, metric in metrics.items():
        _prepare(metric, name, Examples(data, _learnt(plans[name]), model.device), tell)
    for index in range(data.test_count()):
        found = _values(model, [v for own in views.values() for v in own.values()], data, index)
        for name, metric in metrics.items():
            metric.update(**{wire: found[_shown(view)] for wire, view in views[name].items()})
        tick()
    return metrics


def _found(metrics: Mapping[str, Metric]) -> Evaluation:
    """What they say; a figure without an interval, or without cases, is left out there."""
    scores = {name: metric.compute() for name, metric in metrics.items()}
    intervals = {name: metric.intervals() for name, metric in metrics.items()}
    cases = {name: _cases(metric) for name, metric in metrics.items()}
    return Evaluation(scores, intervals, {name: found for name, found in cases.items() if found})


def _cases(metric: Metric) -> dict[str, dict[str, Any]]:
    return {
        figure: {"higher_is_better": metric.higher_is_better(figure), "values": values}
        for figure, values in metric.cases().items()
    }


def left_out(blueprint: Blueprint, data: Data) -> list[str]:
    """The metrics that would learn from aligned samples, where prepared data have none."""
    metrics = blueprint.metrics.items()
    learning = [name for name, plan in metrics if _learnt(plan)]
    return [] if not learning or data.aligned_count() else learning


def missing(plan: MetricPlan, blueprint: Blueprint, model: Model) -> set[str]:
    """The networks that a metric's wires call and a model file does not hold."""
    views = [blueprint.view(wire) for wire in plan.wires.values()]
    return {name for view in views for name in view.networks} - set(model.networks)


def rehearse(experiment: Experiment, data: Data) -> None:
    """Show a run's metrics one held-out sample, so that what they refuse is told before training.

    Raises:
        RecipeError: a metric does not take what its wires give.
    """
    if not data.test_count():
        return
    model, blueprint = experiment.model(), experiment.blueprint
    skipped = left_out(blueprint, data)
    for name, plan in blueprint.metrics.items():
        if plan.when != "run" or name in skipped:
            continue
        views = _views(blueprint, plan)
        try:
            found = _values(model, views.values(), data, 0)
            metric = plan.metric.make()
            metric.update(**{w: found[_shown(view)] for w, view in views.items()})
        except (ValueError, RuntimeError) as error:
            fault = Fault(f"metrics.{name}", str(error).splitlines()[0])
            raise RecipeError(experiment.recipe.name, [fault]) from error
        _check_best(name, metric, experiment)


def _check_best(name: str, metric: Metric, experiment: Experiment) -> None:
    """Refuse a figure that the metric does not have, if it can tell so early."""
    decides, _, figure = experiment.recipe.checkpoints.best.partition(".")
    if decides != name:
        return
    try:
        known = list(next(iter(metric.compute().values())))
    except ValueError:  # it has not learnt, or not seen enough
        return
    if figure not in known:
        message = f"metrics.{name} has no figure '{figure}'.{choices(figure, known)}"
        raise RecipeError(experiment.recipe.name, [Fault("checkpoints.best", message)])


def _views(blueprint: Blueprint, plan: MetricPlan) -> dict[str, OutputWire]:
    """What each of a metric's wires shows."""
    return {wire: blueprint.view(expression) for wire, expression in plan.wires.items()}


def _learnt(plan: MetricPlan) -> dict[str, str]:
    """The wires that a metric learns from, and the variables that they are."""
    part: Any = plan.metric.part
    return {wire: str(plan.wires[wire]) for wire in part.learns_from if wire in plan.wires}


def _prepare(metric: Metric, name: str, examples: Examples, tell: Tell) -> None:
    metric.prepare(examples, lambda text: tell(f"metrics.{name}: {text}"))


def _values(
    model: Model, views: Iterable[OutputWire], data: Data, index: int
) -> Mapping[Shown, Value]:
    """Each wire on a held-out sample, once.

    One by one, so that dropout in one does not depend on what else is asked for.
    """
    sample: dict[str, Tensor] = {n: v[None] for n, v in data.test_sample(index).items()}
    distinct = {_shown(view): view for view in views}
    return {key: model.evaluate([v], sample, index)[0] for key, v in distinct.items()}


def _shown(view: OutputWire) -> Shown:
    """What two views of the same have in common; the part that makes an output is made for each."""
    return view.wire, view.train_mode
