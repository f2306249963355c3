"""A recipe's metrics on its test samples: held out, or training ones that stand in for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from ganzoo.builder import Experiment
from ganzoo.builder.blueprint import Blueprint, MetricPlan
from ganzoo.engine.rng import keep_rng
from ganzoo.errors import Fault, RecipeError, choices, first_line
from ganzoo.evaluation.examples import Examples
from ganzoo.evaluation.observed import Observed
from ganzoo.evaluation.showing import Asked, Tick, no_tick, show
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data, Metric
from ganzoo.interfaces.metric import Interval

Scores = dict[str, dict[str, dict[str, float]]]
Intervals = dict[str, dict[str, dict[str, Interval]]]
Cases = dict[str, dict[str, dict[str, Any]]]
Tell = Callable[[str], None]
"""Says a sentence to the person who waits."""


@dataclass(frozen=True)
class Evaluation:
    """What metrics say of a model.

    scores: by metric, row and figure.
    intervals: 95 % ones over the samples, of those figures that have one.
    cases: by metric and figure, `higher_is_better` and the `values` of the model, one a sample.
    observed: by metric, how many distinct items it saw, and of what kind.
    higher_is_better: by metric and score, which of two values is the better one.
    """

    scores: Scores = field(default_factory=dict)
    intervals: Intervals = field(default_factory=dict)
    cases: Cases = field(default_factory=dict)
    observed: dict[str, Observed] = field(default_factory=dict)
    higher_is_better: dict[str, dict[str, bool]] = field(default_factory=dict)

    def tables(self) -> dict[str, Any]:
        """The figures, for JSON."""
        return {"scores": self.scores, "intervals": self.intervals, "observed": self.observed}


def say_nothing(text: str) -> None:
    """To nobody."""


def evaluate(experiment: Experiment, data: Data, tell: Tell = say_nothing) -> Scores:
    """The metrics that belong to a run's end, over all test samples."""
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
    tick: Tick = no_tick,
) -> Evaluation:
    """Metrics over all test samples, one at a time; torch's chance stays as it was.

    What the data cannot serve is left out; nothing where there are no test samples.
    tick: called after every sample, and before each metric computes its figures.
    """
    if not data.test_count():
        return Evaluation()
    skipped = left_out(blueprint, data)
    with keep_rng(model.device):
        asked = [Asked.of(n, blueprint, data) for n in wanted if n not in skipped]
        for each in asked:
            learnt = _learnt(blueprint.metrics[each.name])
            _prepare(each.metric, each.name, Examples(data, learnt, model.device), tell)
        show(asked, model, data, tick)
        return _found(asked, tick)


def _found(asked: Sequence[Asked], tick: Tick) -> Evaluation:
    """What they say; a figure without an interval, or without cases, is left out there."""
    found = Evaluation()
    for place, each in enumerate(asked):
        tick(place, len(asked), f"{each.name}: figures and intervals")
        found.scores[each.name] = table = each.metric.compute()
        named = {score for scores in table.values() for score in scores}
        found.higher_is_better[each.name] = {n: each.metric.higher_is_better(n) for n in named}
        found.intervals[each.name] = each.metric.intervals()
        found.observed[each.name] = each.observed
        cases = _cases(each.metric)
        if cases:
            found.cases[each.name] = cases
    return found


def _cases(metric: Metric) -> dict[str, dict[str, Any]]:
    return {
        figure: {"higher_is_better": metric.higher_is_better(figure), "values": values}
        for figure, values in metric.sample_scores().items()
    }


def left_out(blueprint: Blueprint, data: Data) -> list[str]:
    """The metrics that would learn from paired samples, where prepared data have none."""
    metrics = blueprint.metrics.items()
    learning = [name for name, plan in metrics if _learnt(plan)]
    return [] if not learning or data.paired_count() else learning


def missing(plan: MetricPlan, blueprint: Blueprint, model: Model) -> set[str]:
    """The networks that a metric's wires call and a model file does not hold."""
    views = [blueprint.view(wire) for wire in plan.wires.values()]
    return {name for view in views for name in view.networks} - set(model.networks)


def rehearse(experiment: Experiment, data: Data) -> None:
    """Show a run's metrics one test sample, so that what they refuse is told before training.

    Raises:
        RecipeError: a metric does not take what its wires give.
    """
    if not data.test_count():
        return
    model, blueprint = experiment.model(), experiment.blueprint
    skipped = left_out(blueprint, data)
    for name in of_a_run(blueprint):
        if name in skipped:
            continue
        try:
            asked = Asked.of(name, blueprint, data)
            show([asked], model, data, samples=1)
        except (ValueError, RuntimeError) as error:
            fault = Fault(f"metrics.{name}", first_line(error))
            raise RecipeError(experiment.recipe.name, [fault]) from error
        _check_best(name, asked.metric, experiment)


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


def _learnt(plan: MetricPlan) -> dict[str, str]:
    """The wires that a metric learns from, and the variables that they are."""
    part: Any = plan.metric.component_class
    return {wire: str(plan.wires[wire]) for wire in part.learns_from if wire in plan.wires}


def _prepare(metric: Metric, name: str, examples: Examples, tell: Tell) -> None:
    metric.prepare(examples, lambda text: tell(f"metrics.{name}: {text}"))
