"""The metrics of a recipe that has none for images of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganzoo.expression import names
from ganzoo.recipe.own_images import KINDS
from ganzoo.recipe.tables import MetricTable

if TYPE_CHECKING:
    from ganzoo.builder.blueprint import Blueprint

QUICK, LAYOUT, COPIES = "quick_kid", "structure_distance", "memorisation"
LOOKED_AT = 1000  # training images: they are read at the end of a run, which somebody waits for
TINY = {"backbone": "ganzoo_tiny", "size": 128}  # which needs no further package


def make_default_metrics(blueprint: Blueprint) -> dict[str, MetricTable]:
    """Metrics for each output that shows another domain than its input does; the recipe gets them.

    Of images that are no pairs one of realism, and one of faithfulness, which is computed at the
    end only. Of all, whether outputs are copies of training images.

    None where the recipe has a metric that is computed in a run, where its images are no user's
    own, or where it wants none.
    """
    recipe, data = blueprint.recipe, blueprint.dataset
    measured = any(plan.when == "run" for plan in blueprint.metrics.values())
    if data is None or measured or not recipe.default_metrics or recipe.data.type not in KINDS:
        return {}
    every = _tables(blueprint, data.paired)
    tables = {name: table for name, table in every if name not in recipe.metrics}
    blueprint.recipe = recipe.model_copy(update={"metrics": {**recipe.metrics, **tables}})
    return tables


@dataclass(frozen=True)
class TranslatedOutput:
    """An output that shows another domain than its input does.

    source: the one image that it is made of; "" where there are several or none.
    """

    output: str
    domain: str
    source: str


def find_translations(blueprint: Blueprint) -> Iterator[TranslatedOutput]:
    """The outputs that show another domain than their input does, in gray or RGB."""
    for output, wire in blueprint.outputs.items():
        shown = names(blueprint.unfold(wire))
        domain = blueprint.output(output).domain
        searched = output in blueprint.component_outputs  # which takes long
        if searched or domain in shown or not _is_picture(domain, blueprint):
            continue
        inputs = [name for name in sorted(shown) if _is_picture(name, blueprint)]
        yield TranslatedOutput(output, domain, inputs[0] if len(inputs) == 1 else "")


def _tables(blueprint: Blueprint, paired: bool) -> Iterator[tuple[str, MetricTable]]:
    for each in find_translations(blueprint):
        output = each.output
        source = {"source": each.source} if each.source else {}
        wires = {"prediction": output, "target": each.domain, **source}
        if not paired:
            yield f"kid_{output}", MetricTable.model_validate({"type": QUICK, **wires})
        if source and not paired:
            beside = {"type": LAYOUT, "prediction": output, **source, **TINY}
            yield f"layout_{output}", MetricTable.model_validate(beside)
        copies = {"type": COPIES, "backbone": "", "training_images": LOOKED_AT, **wires}
        yield f"copies_{output}", MetricTable.model_validate(copies)


def _is_picture(name: str, blueprint: Blueprint) -> bool:
    """Whether a variable of the data is an image in gray or RGB."""
    data = blueprint.dataset
    variable = None if data is None else data.variables.get(name)
    if variable is None or variable.size is None or variable.depth is not None:
        return False
    return variable.channels in (1, 3)
