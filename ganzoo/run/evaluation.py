"""A recipe's metrics on its held-out data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from torch import Tensor

from ganzoo.build import Experiment
from ganzoo.build.plans import Blueprint, MetricPlan
from ganzoo.errors import Fault, RecipeError
from ganzoo.expression import Expression
from ganzoo.interfaces import Data, Metric, Value
from ganzoo.play.model import Model, OutputWire
from ganzoo.run.examples import Examples

Scores = dict[str, dict[str, dict[str, float]]]
Tell = Callable[[str], None]
"""Says a sentence to the person who waits."""
Shown = tuple[Expression, bool]


def say_nothing(text: str) -> None:
    """To nobody."""


def evaluate(experiment: Experiment, data: Data, tell: Tell = say_nothing) -> Scores:
    """The metrics that belong to a run's end, over all held-out samples."""
    metrics = experiment.blueprint.metrics.items()
    wanted = [name for name, planned in metrics if planned.when == "run"]
    return evaluate_model(experiment.blueprint, experiment.model(), data, wanted, tell)


def evaluate_model(
    blueprint: Blueprint,
    model: Model,
    data: Data,
    wanted: Collection[str],
    tell: Tell = say_nothing,
) -> Scores:
    """Metrics over all held-out samples, one at a time: by metric, row and figure.

    What the data cannot serve is left out; nothing where there are no held-out samples.
    """
    if not data.test_count():
        return {}
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
    return {name: metric.compute() for name, metric in metrics.items()}


def left_out(blueprint: Blueprint, data: Data) -> list[str]:
    """The metrics that would learn from aligned samples, where prepared data have none."""
    metrics = blueprint.metrics.items()
    learning = [name for name, plan in metrics if _learnt(plan)]
    return [] if not learning or data.aligned_count() else learning


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
            plan.metric.make().update(**{w: found[_shown(view)] for w, view in views.items()})
        except (ValueError, RuntimeError) as error:
            fault = Fault(f"metrics.{name}", str(error).splitlines()[0])
            raise RecipeError(experiment.recipe.name, [fault]) from error


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


def print_scores(scores: Scores, count: int, console: Console) -> None:
    """One table a metric: the model first, then what to compare it with."""
    for name, rows in scores.items():
        table = Table(title=f"{name}, {count} held-out samples", title_justify="left")
        table.add_column("")
        figures = list(next(iter(rows.values())))
        for figure in figures:
            table.add_column(figure.replace("_", " "), justify="right")
        for row, values in rows.items():
            table.add_row(row, *(spell_figure(values[figure]) for figure in figures))
        console.print(table)


def spell_figure(value: float) -> str:
    """`0.534`; a count as it is."""
    return str(value) if isinstance(value, int) else f"{value:.3f}"
