"""Rules tried alone: a fingerprint without images, and what a rule makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Literal

from ganzoo.interfaces.data_fingerprint import DomainFacts, DomainGap, Fingerprint, Machine
from ganzoo.interfaces.rule import Rule, StepCost, Wishes
from ganzoo.planning.drafting import NamedRule, PlanDraft, apply_rule
from ganzoo.registry.discovery import installed

Fields = Mapping[str, Any]
DETAIL = {"32": 0.70, "64": 0.85, "128": 0.94, "256": 1.0, "512": 1.0}
DOMAIN = DomainFacts("", 500, held_out=50, detail=DETAIL)
ONE_SECOND = StepCost(2**30, 1.0)


def make_fingerprint(
    x: Fields | None = None,
    y: Fields | None = None,
    gap: Fields | None = None,
    machine: Fields | None = None,
    *,
    layout: Literal["domains", "pairs", "halves"] = "domains",
    data: Fields | None = None,
) -> Fingerprint:
    """A fingerprint of 500 + 500 photos of 256 px that differ in style, with changes.

        make_fingerprint(x={"label_map": True, "colours": 8}, gap={"colour_distance": 0.4})

    x, y, gap, machine: fields of `DomainFacts`, `DomainGap` and `Machine` that are not the usual.
    data: the settings that read the images; left out, those of FOLDER/trainA and trainB.
    """
    kind = "folders" if layout == "domains" else "paired_folders"
    return Fingerprint(
        layout,
        {"type": kind, "root": "FOLDER"} if data is None else data,
        replace(DOMAIN, **{"folder": "FOLDER/trainA", **(x or {})}),
        replace(DOMAIN, **{"folder": "FOLDER/trainB", **(y or {})}),
        DomainGap(**(gap or {})),
        Machine(**(machine or {})),
    )


def try_rule(
    rule: Rule | type[Rule] | str,
    facts: Fingerprint,
    wishes: Wishes | None = None,
    recipe: Fields | None = None,
    estimate: Callable[[Fields], StepCost] | None = None,
) -> PlanDraft:
    """Ask one rule; returns the draft after it, which has its decisions, cautions and aim.

        draft = try_rule("mine.satellite", make_fingerprint())
        assert draft.value("augmentations.turn.type") == "rot90"
        assert [*MyRule().candidates(draft)] == []

    rule: an instance, a class, or the name of an installed one.
    recipe: the tables that were decided before.
    estimate: what a step of a recipe costs; left out, a second and a GiB, whatever the recipe.

    Raises:
        GanzooError: the rule fails.
    """
    cost = estimate or (lambda tables: ONE_SECOND)
    draft = PlanDraft(facts, wishes or Wishes(), cost, deepcopy(dict(recipe or {})))
    apply_rule(_named(rule), draft)
    return draft


def _named(rule: Rule | type[Rule] | str) -> NamedRule:
    if isinstance(rule, str):
        return NamedRule(rule, installed().registry.get("rule", rule).load()())
    instance = rule if isinstance(rule, Rule) else rule()
    return NamedRule(type(instance).__name__, instance)
