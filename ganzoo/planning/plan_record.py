"""A plan as plain JSON values, for programs to read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ganzoo.interfaces.rule import Decision
from ganzoo.planning.recipe_plan import RecipePlan


def record_plan(plan: RecipePlan) -> dict[str, Any]:
    """All of a plan: decisions with their rules, cautions, candidates, costs, the fingerprint."""
    return {
        "name": plan.name,
        "goal": plan.draft.goal,
        "cautions": [asdict(each) for each in plan.cautions],
        "decisions": [
            {"rule": each.rule, **_record(each.decision)} for each in plan.decided.values()
        ],
        "candidates": [
            {
                "name": each.name,
                "reason": each.reason,
                "rank": each.rank,
                "decisions": [_record(decision) for decision in each.decisions],
            }
            for each in plan.candidates
        ],
        "trials": plan.trials.to_json() if plan.trials else None,
        "copy_kid": plan.facts.gap.copy_kid,
        "step": asdict(plan.cost),
        "steps": plan.steps,
        "seconds": plan.seconds,
        "wishes": asdict(plan.wishes),
        "recipe": plan.recipe,
        "fingerprint": asdict(plan.facts),
    }


def _record(decision: Decision) -> dict[str, Any]:
    return {
        "path": decision.path,
        "value": decision.value,
        "how": decision.how,
        "reason": decision.reason,
        "change": decision.change,
    }
