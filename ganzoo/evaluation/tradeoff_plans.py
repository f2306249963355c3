"""Finds the scores of a recipe that are set against each other: realism and faithfulness."""

from __future__ import annotations

from collections.abc import Mapping

from ganzoo.builder.blueprint import Blueprint
from ganzoo.evaluation.tradeoff import ASPECTS, Aspect, Tradeoff
from ganzoo.expression import Expression, Name


def find_tradeoffs(
    blueprint: Blueprint,
    main_scores: Mapping[str, str],
    higher_is_better: Mapping[str, Mapping[str, bool]],
) -> list[Tradeoff]:
    """The first score of realism of each output, with every score of its faithfulness.

    main_scores: of the metrics that were computed, the score that stands for each.
    """
    aspects: dict[str, dict[str, list[Aspect]]] = {}
    for metric, score in main_scores.items():
        plan = blueprint.metrics[metric]
        kind = getattr(plan.metric.component_class, "measures", "")
        if score and kind in ASPECTS and "prediction" in plan.wires:
            output = _name_output(plan.wires["prediction"], blueprint)
            aspect = Aspect(metric, score, higher_is_better[metric][score])
            aspects.setdefault(output, {}).setdefault(kind, []).append(aspect)
    return [
        Tradeoff(output, realism, faithfulness)
        for output, kinds in aspects.items()
        for realism in kinds.get("realism", [])[:1]
        for faithfulness in kinds.get("faithfulness", [])
    ]


def _name_output(wire: Expression, blueprint: Blueprint) -> str:
    """The name of the output that a wire shows; without one, the wire itself."""
    outputs = blueprint.outputs.items()
    return next((name for name, output in outputs if wire in (Name(name), output)), str(wire))
