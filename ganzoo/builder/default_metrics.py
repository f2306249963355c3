"""The metrics of a recipe that has none for its unpaired images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ganzoo.expression import names
from ganzoo.recipe.own_images import KINDS
from ganzoo.recipe.tables import MetricTable

if TYPE_CHECKING:
    from ganzoo.builder.blueprint import Blueprint

QUICK, LAYOUT = "quick_kid", "structure_distance"
TINY = {"backbone": "ganzoo_tiny", "size": 128}  # which needs no further package


def make_default_metrics(blueprint: Blueprint) -> dict[str, MetricTable]:
    """Metrics for each output that shows another domain than its input does; the recipe gets them.

    One of realism, and one of faithfulness, which is computed at the end only.

    None where the recipe has a metric that is computed in a run, where its images are pairs or no
    user's own, or where it wants none.
    """
    recipe, data = blueprint.recipe, blueprint.dataset
    measured = any(plan.when == "run" for plan in blueprint.metrics.values())
    if data is None or data.paired or measured or not recipe.default_metrics:
        return {}
    if recipe.data.type not in KINDS:
        return {}
    tables = {name: table for name, table in _tables(blueprint) if name not in recipe.metrics}
    blueprint.recipe = recipe.model_copy(update={"metrics": {**recipe.metrics, **tables}})
    return tables


def _tables(blueprint: Blueprint) -> Iterator[tuple[str, MetricTable]]:
    for output, wire in blueprint.outputs.items():
        shown = names(blueprint.unfold(wire))
        domain = blueprint.output(output).domain
        searched = output in blueprint.component_outputs  # which takes long
        if searched or domain in shown or not _is_picture(domain, blueprint):
            continue
        inputs = [name for name in sorted(shown) if _is_picture(name, blueprint)]
        source = {"source": inputs[0]} if len(inputs) == 1 else {}
        table = {"type": QUICK, "prediction": output, "target": domain, **source}
        yield f"kid_{output}", MetricTable.model_validate(table)
        if source:
            beside = {"type": LAYOUT, "prediction": output, **source, **TINY}
            yield f"layout_{output}", MetricTable.model_validate(beside)


def _is_picture(name: str, blueprint: Blueprint) -> bool:
    """Whether a variable of the data is an image in gray or RGB."""
    data = blueprint.dataset
    variable = None if data is None else data.variables.get(name)
    if variable is None or variable.size is None or variable.depth is not None:
        return False
    return variable.channels in (1, 3)
