"""What metrics learn before they are shown samples, and which of them cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ganzoo.builder.blueprint import Blueprint, MetricPlan
from ganzoo.evaluation.examples import (
    Examples,
    TrainingItems,
    count_training_items,
    find_learning_samples,
)
from ganzoo.evaluation.showing import ShownMetric
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Data, Sample


@dataclass(frozen=True)
class Generation:
    """What a model makes of training samples, by wire; a function of a sample and its number."""

    model: Model
    outputs: Mapping[str, OutputWire]

    def __call__(self, sample: Sample, number: int) -> Sample:
        """The images, without N."""
        batch = {name: value[None] for name, value in sample.items()}
        return {
            wire: self.model.evaluate([output], batch, number)[0][0]
            for wire, output in self.outputs.items()
        }


def find_left_out(blueprint: Blueprint, data: Data) -> dict[str, str]:
    """The metrics that lack what they need of the prepared data, each with the reason."""
    reasons = {name: _find_lack(plan, blueprint, data) for name, plan in blueprint.metrics.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def prepare_metric(
    shown: ShownMetric, blueprint: Blueprint, model: Model, data: Data, tell: Callable[[str], None]
) -> None:
    """Let a metric learn from training samples, and look at training items."""
    plan, device = blueprint.metrics[shown.name], model.device

    def tell_named(text: str) -> None:
        tell(f"metrics.{shown.name}: {text}")

    learnt, outputs = _find_wires(plan, "learns_from"), _find_outputs(plan, blueprint)
    samples = find_learning_samples(data, _find_names(plan, blueprint, data)) if learnt else None
    generate = Generation(model, outputs) if outputs else None
    shown.metric.prepare(Examples(samples, learnt, device, generate) if samples else [], tell_named)
    wires = _find_wires(plan, "shown_training")
    if wires:
        items = {wire: TrainingItems(data, name, device) for wire, name in wires.items()}
        shown.metric.see_training(items, tell_named)


def _find_lack(plan: MetricPlan, blueprint: Blueprint, data: Data) -> str:
    """What a metric lacks, as a clause; "" if nothing."""
    kind, names = blueprint.recipe.data.type, _find_names(plan, blueprint, data)
    if _find_wires(plan, "learns_from") and find_learning_samples(data, names) is None:
        images = sorted(name for name in names if not data.variables[name].classes)
        if len(images) < 2:
            return f"it is tested on images that nothing learnt from, and '{kind}' holds none out"
        scene = f"it learns from {' and '.join(images)} of one scene"
        return f"{scene}, and '{kind}' has none to spare"
    wires = _find_wires(plan, "shown_training").values()
    lacking = [name for name in wires if not count_training_items(data, name)]
    if lacking:
        return f"it looks at training images of {lacking[0]}, and '{kind}' finds none"
    return ""


def _find_wires(plan: MetricPlan, attribute: str) -> dict[str, str]:
    """The wires that an attribute of a metric names, each with the variable that it shows."""
    named = getattr(plan.metric.component_class, attribute)
    return {wire: str(plan.wires[wire]) for wire in named if wire in plan.wires}


def _find_outputs(plan: MetricPlan, blueprint: Blueprint) -> dict[str, OutputWire]:
    """The outputs that a metric learns from, by wire."""
    wires = _find_wires(plan, "learns_from_outputs")
    return {wire: blueprint.view(plan.wires[wire]) for wire in wires}


def _find_names(plan: MetricPlan, blueprint: Blueprint, data: Data) -> set[str]:
    """The variables that a metric learns from, and those of which outputs are made for it."""
    outputs = _find_outputs(plan, blueprint).values()
    sources = {name for output in outputs for name in output.names} & {*data.variables}
    return {*_find_wires(plan, "learns_from").values()} | sources
