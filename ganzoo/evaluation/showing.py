"""What metrics are shown of test samples: each distinct item once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ganzoo.builder.blueprint import Blueprint
from ganzoo.evaluation.observed import Observed, distinct, observed
from ganzoo.expression import Expression
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Data, Value

Tick = Callable[[int, int, str], None]
"""Called as work goes on: tick(done, total, what is done)."""
ViewKey = tuple[Expression, bool]


def no_tick(done: int, total: int, doing: str) -> None:
    """Do nothing; nobody waits."""


@dataclass(frozen=True)
class ShownMetric:
    """A metric, and what it is shown.

    views: what each of its wires shows. new: for how many samples a wire shows something new.
    observed: the items that the metric is shown altogether.
    """

    name: str
    metric: Any
    views: Mapping[str, OutputWire]
    new: Mapping[str, int]
    observed: Observed

    @classmethod
    def of(cls, name: str, blueprint: Blueprint, data: Data) -> ShownMetric:
        """A recipe's metric, ready to be shown prepared data.

        Raises:
            RecipeError: it refuses its settings.
        """
        plan, samples = blueprint.metrics[name], data.test_count()
        metric = plan.metric.make()
        views = {wire: blueprint.view(expression) for wire, expression in plan.wires.items()}
        counts = {**dict.fromkeys(data.variables, samples), **data.test_counts()}
        new = {wire: distinct(view.names, counts, samples) for wire, view in views.items()}
        if not metric.separate:  # what belongs together is shown together
            new = dict.fromkeys(new, min(new.values()))
        shown: dict[str, int] = {}
        for wire, view in views.items():
            shown |= {n: max(new[wire], shown.get(n, 0)) for n in sorted(view.names)}
        return cls(name, metric, views, new, observed(shown, counts, data.trained_on()))

    def due(self, index: int) -> dict[str, OutputWire]:
        """The wires that show something new on that sample."""
        return {wire: view for wire, view in self.views.items() if index < self.new[wire]}

    def update(self, index: int, values: Mapping[ViewKey, Value]) -> None:
        """Show the metric that sample's values, if any of them is new."""
        due = self.due(index)
        if due:
            self.metric.update(
                **{w: values[_key(view)] if w in due else None for w, view in self.views.items()}
            )


def show(
    metrics: Sequence[ShownMetric],
    model: Model,
    data: Data,
    tick: Tick = no_tick,
    samples: int | None = None,
) -> None:
    """Show metrics every sample in which there is something new for one of them.

    samples: only so many.
    """
    total = max((count for each in metrics for count in each.new.values()), default=0)
    for index in range(total if samples is None else min(total, samples)):
        views = [view for each in metrics for view in each.due(index).values()]
        values = _values(model, views, data, index)
        for each in metrics:
            each.update(index, values)
        tick(index + 1, total, "samples")


def _values(
    model: Model, views: Iterable[OutputWire], data: Data, index: int
) -> Mapping[ViewKey, Value]:
    """Each wire on a test sample, once.

    One by one, so that dropout in one does not depend on what else is computed.
    """
    sample: dict[str, Tensor] = {n: v[None] for n, v in data.test_sample(index).items()}
    wanted = {_key(view): view for view in views}
    return {key: model.evaluate([v], sample, index)[0] for key, v in wanted.items()}


def _key(view: OutputWire) -> ViewKey:
    """What two views share if they show the same. (Each has an output component of its own.)"""
    return view.wire, view.train_mode
