"""The objective for images that are no pairs: adversarial, cycle and identity terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.relations import (
    COLOURS_STAY,
    are_alike,
    are_near,
    colours_stay,
    describe_gap,
    has_label_maps,
)
from ganzoo.interfaces.rule import Decision, How, PlanCandidate, RecipeDraft, Rule, Stage

BUFFER = {"type": "history", "size": 50}
PAPER, STRONG, NEAR = 10, 30, 3  # weights of the cycle
NEAR_IDENTITY = 1


class Unpaired(Rule):
    """Two generators and two discriminators, as no image has its pair.

    Least squares and 50 past fakes, as Zhu et al. 2017 (arXiv:1703.10593, sec. 4).
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Networks by name, adversarial terms, outputs and samples; nothing for pairs."""
        if draft.facts.paired:
            return
        squares = "least squares and 50 past fakes, as Zhu et al. 2017 (arXiv:1703.10593)"
        for name, real, fake in (("Y", "D_Y(y)", "D_Y(G(x))"), ("X", "D_X(x)", "D_X(F(y))")):
            term = {"type": "lsgan", "real": real, "fake": fake, "buffer": dict(BUFFER)}
            yield Decision(f"losses.adversarial_{name}", term, squares, how="fixed")
        both = "one generator each way, as the cycle needs both"
        yield Decision("outputs", {"x2y": "G(x)", "y2x": "F(y)"}, both, how="fixed")


class Cycle(Rule):
    """How much F(G(x)) should be x: the weight of the cycle terms.

    10 as in the paper; 30 where a domain is label maps or the goal is content, as at 10 things move
    (drawn streets, 64 px: cars were painted at one place whatever the photo showed). 3 where the
    domains are near: a strong cycle keeps a generator that starts as a copy a copy (drawings in two
    styles, 64 px, 2,000 steps: at 30 a copy to the second decimal, at 3 better than a copy).
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Two terms, and their weight with its reason."""
        if draft.facts.paired:
            return
        weight, reason = choose_cycle(draft)
        terms = (("cycle_X", "F(G(x))", "x"), ("cycle_Y", "G(F(y))", "y"))
        for name, prediction, target in terms:
            term = {"type": "l1", "prediction": prediction, "target": target, "weight": weight}
            change = "raise it where content is lost, lower it where nothing changes"
            yield Decision(f"losses.{name}", term, reason, change)

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """A third of the weight, or three times it, together with that of the identity terms."""
        now = draft.value("losses.cycle_X.weight")
        if now is None:
            return
        lower = now > PAPER or (now == PAPER and draft.goal == "style")
        factor = 1 / 3 if lower else 3
        names = [n for n in draft.value("losses") if n.startswith(("cycle", "identity"))]
        changes = tuple(
            Decision(
                f"losses.{name}.weight",
                _rounded(draft.value(f"losses.{name}.weight") * factor),
                f"{'a third' if lower else 'three times'} of what the rules say",
                how="trial",
            )
            for name in names
        )
        title = "weaker cycle" if lower else "stronger cycle"
        why = "lets more change" if lower else "keeps more of the content"
        yield PlanCandidate(title, changes, why, rank=0.5)


class Identity(Rule):
    """Terms that leave an image as it is which is of the wanted domain already: they keep colours.

    Where the colour distance is below 0.1, with half of the cycle's weight, as in the paper (sec.
    5.2). They were worth 6 dB on drawings in two styles (64 px, 2,000 steps), where colours were
    swapped at will without. None where channels differ or a domain is label maps.
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Two terms, or none."""
        if draft.facts.paired or not colours_stay(draft.facts):
            return
        distance = draft.facts.gap.colour_distance
        reason = f"colours stay: their distance is {distance:.2f}, below {COLOURS_STAY:g}"
        yield from _identity(*_identity_weight(draft, reason))

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """Without, if they are there; with, if they could be."""
        if draft.facts.paired or draft.value("losses.cycle_X") is None:
            return
        if draft.value("losses.identity_X") is not None:
            gone = [Decision(f"losses.identity_{n}", None, "left out", how="trial") for n in "XY"]
            why = "colours may change more than the rules believe"
            yield PlanCandidate("no identity", tuple(gone), why, rank=0.3)
        elif are_alike(draft.facts):
            terms = _identity(draft.value("losses.cycle_X.weight") / 2, "tried", "trial")
            why = "colours may be meant to stay"
            yield PlanCandidate("identity", tuple(terms), why, rank=0.6)


def choose_cycle(draft: RecipeDraft) -> tuple[float, str]:
    """The weight of the cycle terms, and why."""
    facts = draft.facts
    if are_near(facts):
        return NEAR, f"near domains: at more it would stay a copy; {describe_gap(facts)}"
    if has_label_maps(facts):
        return STRONG, "a domain is label maps: at 10 things move from their places"
    if draft.goal == "content":
        return STRONG, "the goal is content"
    return PAPER, "as Zhu et al. 2017 (arXiv:1703.10593)"


def _identity_weight(draft: RecipeDraft, reason: str) -> tuple[float, str]:
    if are_near(draft.facts):
        return NEAR_IDENTITY, f"{reason}; near domains: at more it would stay a copy"
    return draft.value("losses.cycle_X.weight", PAPER) / 2, f"{reason}; half of the cycle's weight"


def _identity(weight: float, reason: str, how: How = "rule") -> Iterator[Decision]:
    for name, prediction, target in (("identity_Y", "G(y)", "y"), ("identity_X", "F(x)", "x")):
        wires = {"prediction": prediction, "target": target}
        term = {"type": "l1", **wires, "weight": _rounded(weight)}
        change = "leave both out where colours should change"
        yield Decision(f"losses.{name}", term, reason, change, how)


def _rounded(weight: float) -> float:
    """Three decimals at most, and a whole number where it is one."""
    rounded = round(weight, 3)
    return int(rounded) if rounded == int(rounded) else rounded
