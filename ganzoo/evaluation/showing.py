"""Shows test samples to metrics: each distinct item once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ganzoo.builder.blueprint import Blueprint
from ganzoo.evaluation.data_split import find_item
from ganzoo.evaluation.following import Swapped
from ganzoo.evaluation.observed import Observed, count_distinct, observed
from ganzoo.expression import Expression
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Data, Value
from ganzoo.interfaces.metric import Tick as Tick
from ganzoo.interfaces.metric import no_tick as no_tick

ViewKey = tuple[Expression, bool]


@dataclass
class ShownMetric:
    """A metric together with the outputs that it is shown.

    views: the output that each of its wires shows.
    new: by wire, the number of samples that show a new item; they come first.
    observed: the number of items that the metric is shown in all.
    items: the items that the samples show, as indices in the whole data.
    swapped: shown each sample with another's output, to see whether outputs follow their inputs.
    learnt: the wires of outputs that the metric only learnt from, and is not shown.
    """

    name: str
    metric: Any
    views: Mapping[str, OutputWire]
    new: Mapping[str, int]
    observed: Observed
    items: Sequence[int]
    swapped: Swapped | None = None
    learnt: Collection[str] = ()

    @classmethod
    def of(cls, name: str, blueprint: Blueprint, data: Data, limited: bool = False) -> ShownMetric:
        """Make a recipe's metric, ready to be shown the prepared data.

        limited: whether to show no more items of a wire than the metric's `images`.

        Raises:
            RecipeError: the metric refuses its settings.
        """
        plan, samples = blueprint.metrics[name], data.test_count()
        metric = plan.metric.make()
        learnt = {*metric.learns_from_outputs} & {*plan.wires}
        wires = {wire: each for wire, each in plan.wires.items() if wire not in learnt}
        views = {wire: blueprint.view(expression) for wire, expression in wires.items()}
        counts = {**dict.fromkeys(data.variables, samples), **data.test_counts()}
        new = {wire: count_distinct(view.names, counts, samples) for wire, view in views.items()}
        if not metric.separate:  # the metric compares its wires, so it needs all or none of them
            new = dict.fromkeys(new, min(new.values()))
        if limited and plan.images is not None:
            new = {wire: min(count, plan.images) for wire, count in new.items()}
        shown: dict[str, int] = {}
        for wire, view in views.items():
            shown |= {n: max(new[wire], shown.get(n, 0)) for n in sorted(view.names)}
        on = observed(shown, counts, data.trained_on(), data.split)
        return cls(name, metric, views, new, on, _find_items(shown, counts, data), learnt=learnt)

    def due(self, index: int) -> dict[str, OutputWire]:
        """The wires that show a new item on that sample."""
        return {wire: view for wire, view in self.views.items() if index < self.new[wire]}

    def update(self, index: int, values: Mapping[ViewKey, Value]) -> None:
        """Show the metric the values of that sample, if one of them is new."""
        due = self.due(index)
        if not due:
            return
        shown = {w: values[_make_key(v)] if w in due else None for w, v in self.views.items()}
        self.metric.update(**shown, **dict.fromkeys(self.learnt))
        if self.swapped:
            self.swapped.update(shown)


def _find_items(shown: Mapping[str, int], counts: Mapping[str, int], data: Data) -> Sequence[int]:
    """The indices in the whole data of what samples show: of the variable that has most items."""
    known = [name for name in shown if name in counts] or list(data.variables)
    most = max(known, key=counts.__getitem__)
    return [find_item(data, most, index) for index in range(max(shown.values(), default=0))]


def show(
    metrics: Sequence[ShownMetric],
    model: Model,
    data: Data,
    tick: Tick = no_tick,
    samples: int | None = None,
) -> None:
    """Show metrics all samples that hold a new item for at least one of them.

    samples: the largest number of samples to show.
    """
    total = max((count for each in metrics for count in each.new.values()), default=0)
    for index in range(total if samples is None else min(total, samples)):
        views = [view for each in metrics for view in each.due(index).values()]
        values = _compute_values(model, views, data, index)
        for each in metrics:
            each.update(index, values)
        tick(index + 1, total, "samples")


def _compute_values(
    model: Model, views: Iterable[OutputWire], data: Data, index: int
) -> Mapping[ViewKey, Value]:
    """Compute each wire on a test sample once.

    They are computed one by one, so that dropout in one does not depend on the others.
    """
    sample: dict[str, Tensor] = {n: v[None] for n, v in data.test_sample(index).items()}
    wanted = {_make_key(view): view for view in views}
    return {key: model.evaluate([v], sample, index)[0] for key, v in wanted.items()}


def _make_key(view: OutputWire) -> ViewKey:
    """A key that is equal for views of equal content; they may differ as objects."""
    return view.wire, view.train_mode
