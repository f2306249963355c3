"""Generators that start as a copy of their input, where the time is short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.capacity_rules import steps_needed
from ganzoo.components.rules.network_rules import find_residual
from ganzoo.components.rules.relations import (
    are_near,
    find_copy_kid,
    has_label_maps,
    same_channels,
)
from ganzoo.components.rules.unpaired_rules import NEAR, NEAR_IDENTITY, STRONG, weigh_terms
from ganzoo.interfaces.rule import Decision, PlanCandidate, RecipeDraft, Rule, Stage

ENOUGH_STEPS = 1500
SHORT_KID = 0.06  # a quick KID that short trainings reach


class TooShortToChange(Rule):
    """Heavy cycle and identity terms in near domains, where the training is short.

    Below 1,500 steps no generator that starts as a copy became better than the copy: on drawings
    (48 px, 560 steps, 2026-11-29) the copy had a KID of .009, light terms .023, heavy ones .009 as
    they keep it. In 2,000 steps (64 px) light ones were better than the copy.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """The weights of both terms, or nothing."""
        steps = draft.steps
        if not draft.value("networks.G.skip") or steps >= ENOUGH_STEPS:
            return
        reason = f"{steps} steps are too few to become better than the copy (below {ENOUGH_STEPS})"
        for name, term in weigh_terms(STRONG, STRONG / 2).items():
            if draft.value(f"losses.{name}") is not None:
                yield Decision(f"losses.{name}.weight", term["weight"], reason, "give it more time")


class TooShortToDraw(Rule):
    """Generators that start as a copy, where nothing more real than a copy is drawn in the time.

    Copies have a quick KID below 0.06, as outputs after 1,400 steps (32 and 48 px) have at best,
    and the time is shorter than such images need (`capacity`). Then light terms, so that something
    changes: on edges of photos (32 px, 880 steps, copies .049; 2026-11-29) it had a KID of .115,
    copies .149 and the best of others .171. Only where the goal is style, both domains have the
    same channels and none is label maps; where they are near, `too_short_to_change` decides.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`skip` of both generators, and the weights of the terms."""
        if not _wants_copies(draft):
            return
        kid = find_copy_kid(draft.facts)
        reason = (
            f"copies are near to y (quick KID {kid:.3f}), and {draft.steps:,} steps are too few to "
            f"draw it anew (of {steps_needed(draft):,})"
        )
        for path, value in _settings(draft, "input", NEAR, NEAR_IDENTITY).items():
            yield Decision(path, value, reason, "give it more time")

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """Networks that draw from the first step on, with the weights that they need."""
        if _wants_copies(draft):
            why = "it may be drawn sooner than the rules believe"
            changes = _settings(draft, None, STRONG, STRONG / 2)
            decisions = tuple(Decision(p, each, why, how="trial") for p, each in changes.items())
            yield PlanCandidate("no copy at first", decisions, why, rank=0.9)


def is_short_of_copies(draft: RecipeDraft) -> bool:
    """Whether the time is too short to come nearer to y than copies of x are."""
    return find_copy_kid(draft.facts) < SHORT_KID and 0 < draft.steps < steps_needed(draft)


def _wants_copies(draft: RecipeDraft) -> bool:
    facts = draft.facts
    alike = same_channels(facts) and not has_label_maps(facts)
    drawn = bool(find_residual(draft) and draft.value("losses.cycle_X"))
    asked = draft.goal == "style" and not facts.paired and not are_near(facts)
    return drawn and asked and alike and is_short_of_copies(draft)


def _settings(
    draft: RecipeDraft, skip: str | None, cycle: float, identity: float
) -> dict[str, object]:
    """The values that it changes, by their paths."""
    changes: dict[str, object] = {f"networks.{name}.skip": skip for name in find_residual(draft)}
    weights = {name: term["weight"] for name, term in weigh_terms(cycle, identity).items()}
    there = draft.value("losses")
    return changes | {f"losses.{n}.weight": weight for n, weight in weights.items() if n in there}
