"""A recipe's metrics on its held-out data."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from torch import Tensor

from ganzoo.build import Experiment
from ganzoo.errors import Fault, RecipeError
from ganzoo.interfaces import Data
from ganzoo.play.model import Model, OutputWire

Scores = dict[str, dict[str, dict[str, float]]]


def evaluate(experiment: Experiment, data: Data) -> Scores:
    """Every metric over all held-out samples, one at a time: by metric, row and figure.

    Nothing where there are no held-out samples.
    """
    if not data.test_count():
        return {}
    model = experiment.model()
    scores: Scores = {}
    for name, planned in experiment.blueprint.metrics.items():
        metric = planned.metric.make()
        outputs = {wire: experiment.blueprint.view(e) for wire, e in planned.wires.items()}
        for index in range(data.test_count()):
            metric.update(**_values(model, outputs, data, index))
        scores[name] = metric.compute()
    return scores


def rehearse(experiment: Experiment, data: Data) -> None:
    """Show every metric one held-out sample, so that what it refuses is told before training.

    Raises:
        RecipeError: a metric does not take what its wires give.
    """
    if not data.test_count():
        return
    model = experiment.model()
    for name, planned in experiment.blueprint.metrics.items():
        outputs = {wire: experiment.blueprint.view(e) for wire, e in planned.wires.items()}
        try:
            planned.metric.make().update(**_values(model, outputs, data, 0))
        except (ValueError, RuntimeError) as error:
            fault = Fault(f"metrics.{name}", str(error).splitlines()[0])
            raise RecipeError(experiment.recipe.name, [fault]) from error


def _values(model: Model, outputs: dict[str, OutputWire], data: Data, index: int) -> dict[str, Any]:
    sample: dict[str, Tensor] = {n: v[None] for n, v in data.test_sample(index).items()}
    return dict(zip(outputs, model.evaluate(list(outputs.values()), sample, index), strict=True))


def print_scores(scores: Scores, count: int, console: Console) -> None:
    """One table a metric: the model first, then what to compare it with."""
    for name, rows in scores.items():
        table = Table(title=f"{name}, {count} held-out samples", title_justify="left")
        table.add_column("")
        figures = list(next(iter(rows.values())))
        for figure in figures:
            table.add_column(figure.replace("_", " "), justify="right")
        for row, values in rows.items():
            table.add_row(row, *(f"{values[figure]:.3f}" for figure in figures))
        console.print(table)
