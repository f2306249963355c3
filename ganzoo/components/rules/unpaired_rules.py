"""The objective for images that are no pairs: adversarial, cycle and identity terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.relations import (
    are_near,
    describe_gap,
    has_label_maps,
    same_channels,
)
from ganzoo.components.rules.time_limits import describe_seconds, time_limit
from ganzoo.interfaces.rule import Decision, PlanCandidate, RecipeDraft, Rule, Stage

BUFFER = {"type": "history", "size": 50}
BOTH_WAYS = {"x2y": "G(x)", "y2x": "F(y)"}
PAPER, STRONG, NEAR = 10, 30, 3  # weights of the cycle
NEAR_IDENTITY = 1
KEEPS_COPIES = "more would keep outputs copies"
LONG = 3600.0  # seconds, from which on the paper's weight does
Term = dict[str, object]


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
        for name, term in adversarial_terms().items():
            yield Decision(f"losses.{name}", term, squares, how="fixed")
        both = "one generator each way, as the cycle needs both"
        yield Decision("outputs", dict(BOTH_WAYS), both, how="fixed")


class Cycle(Rule):
    """How much F(G(x)) should be x: the weight of the cycle terms.

    10 as in the paper, if there is an hour and the goal is style; else 30, as at 10 things move in
    short trainings (drawn streets, 64 px: cars were painted at one place whatever the photo
    showed), and at 3 outputs were less real and less faithful (drawings, scans, noisy photos, 32
    and 48 px, 600 steps). 3 where domains are near: a strong cycle keeps a generator that starts as
    a copy a copy (drawings, 64 px, 2,000 steps: at 30 a copy to the second decimal, at 3 better).
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Two terms, and their weight with its reason."""
        if draft.facts.paired:
            return
        weight, reason = choose_cycle(draft)
        change = "raise it where content is lost, lower it where nothing changes"
        for name, term in cycle_terms(weight).items():
            yield Decision(f"losses.{name}", term, reason, change)

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """The next weight, together with that of the identity terms."""
        now = draft.value("losses.cycle_X.weight")
        other = {PAPER: STRONG, STRONG: PAPER, NEAR: 1}.get(now)
        if other is None:
            return
        why = "lets more change" if other < now else "keeps more of the content"
        names = [n for n in draft.value("losses") if n.startswith(("cycle", "identity"))]
        changes = tuple(
            Decision(f"losses.{name}.weight", _whole(weight * other / now), why, how="trial")
            for name in names
            for weight in [draft.value(f"losses.{name}.weight")]
        )
        yield PlanCandidate(f"cycle {other}", changes, why, rank=0.5)


class Identity(Rule):
    """Terms that leave an image as it is which is of the wanted domain already.

    With half of the cycle's weight, as in the paper (sec. 5.2) and in its authors' code, wherever
    both domains have the same channels; with 1 where domains are near. Domains far apart gain, too,
    as such terms teach a generator early to draw the wanted domain: on seven data sets (32 and 48
    px, 40 to 60 s, docs/planning.md) recipes with them were better than the same ones without.
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Two terms, or none."""
        if draft.facts.paired or not same_channels(draft.facts):
            return
        if are_near(draft.facts):
            weight: float = NEAR_IDENTITY
            reason = f"{NEAR_IDENTITY}, as the domains are near: {KEEPS_COPIES}"
        else:
            weight = draft.value("losses.cycle_X.weight", PAPER) / 2
            reason = "half of the cycle's weight, as Zhu et al. 2017, sec. 5.2"
        yield from _identity(weight, reason)

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """Without."""
        if draft.value("losses.identity_X") is not None and draft.value("losses.cycle_X"):
            gone = [Decision(f"losses.identity_{n}", None, "left out", how="trial") for n in "XY"]
            why = "colours may change more than the rules believe"
            yield PlanCandidate("no identity", tuple(gone), why, rank=0.3)


def adversarial_terms() -> dict[str, Term]:
    """Both, by name."""
    wires = {"Y": ("D_Y(y)", "D_Y(G(x))"), "X": ("D_X(x)", "D_X(F(y))")}
    return {
        f"adversarial_{name}": {"type": "lsgan", "real": real, "fake": fake, "buffer": dict(BUFFER)}
        for name, (real, fake) in wires.items()
    }


def weigh_terms(cycle: float, identity: float) -> dict[str, Term]:
    """Cycle and identity terms of some weights, by name."""
    return cycle_terms(cycle) | identity_terms(identity)


def cycle_terms(weight: float) -> dict[str, Term]:
    """Both, by name."""
    return {"cycle_X": _l1("F(G(x))", "x", weight), "cycle_Y": _l1("G(F(y))", "y", weight)}


def identity_terms(weight: float) -> dict[str, Term]:
    """Both, by name."""
    return {"identity_Y": _l1("G(y)", "y", weight), "identity_X": _l1("F(x)", "x", weight)}


def _l1(prediction: str, target: str, weight: float) -> Term:
    return {"type": "l1", "prediction": prediction, "target": target, "weight": _whole(weight)}


def choose_cycle(draft: RecipeDraft) -> tuple[float, str]:
    """The weight of the cycle terms, and why."""
    facts = draft.facts
    if are_near(facts):
        return NEAR, f"{NEAR}, as the domains are near: {KEEPS_COPIES}; {describe_gap(facts)}"
    if has_label_maps(facts):
        return (
            STRONG,
            f"{STRONG}, as a domain is label maps: at {PAPER} things move from their places",
        )
    if draft.goal != "style":
        return STRONG, f"{STRONG}, as the goal is {draft.goal}: at {PAPER} things move"
    if time_limit(draft) < LONG:
        time = describe_seconds(time_limit(draft))
        return STRONG, f"{STRONG}, as {time} is little time: at {PAPER} things move then"
    return PAPER, f"{PAPER}, as Zhu et al. 2017 (arXiv:1703.10593)"


def _identity(weight: float, reason: str) -> Iterator[Decision]:
    change = "leave both out where outputs keep colours that should change"
    for name, term in identity_terms(weight).items():
        yield Decision(f"losses.{name}", term, reason, change)


def _whole(weight: float) -> float:
    """Three decimals at most, and a whole number where it is one."""
    rounded = round(weight, 3)
    return int(rounded) if rounded == int(rounded) else rounded
