"""Which networks: their kinds, and how they start. `capacity` decides how large they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.relations import (
    are_near,
    colours_stay,
    describe_gap,
    structure_stays,
)
from ganzoo.components.rules.unpaired_rules import NEAR, STRONG, weigh_terms
from ganzoo.interfaces.rule import Decision, PlanCandidate, RecipeDraft, Rule, Stage

CALL = re.compile(r"(\w+)(?:\.\w+)?\(")


class Generators(Rule):
    """Residual networks (Johnson et al. 2016, arXiv:1603.08155), as in Zhu et al. 2017.

    They keep the layout of the input, and work at any size. Of pairs, too: with instance norm each
    image is by itself, where the U-Net of Isola et al. 2017 has batch norm and dropout.
    """

    stage: ClassVar[Stage] = "networks"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Their type."""
        for name in open_networks(draft, "G", "F"):
            reason = "keeps the layout, as Zhu et al. 2017 (arXiv:1703.10593)"
            yield Decision(f"networks.{name}.type", "resnet", reason, how="fixed")


class Discriminators(Rule):
    """Discriminators of patches (Isola et al. 2017, arXiv:1611.07004), one a domain."""

    stage: ClassVar[Stage] = "networks"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Their type."""
        for name in open_networks(draft, "D", "D_X", "D_Y"):
            reason = "of patches, as Isola et al. 2017 (arXiv:1611.07004)"
            yield Decision(f"networks.{name}.type", "patchgan", reason, how="fixed")


class StartAsCopy(Rule):
    """Generators that start as a copy of their input, where the domains are near.

    Near: distances of colour and structure below 0.1, and fewer than 90 % of the images can be told
    apart by simple statistics. On drawings in two styles (64 px, 2,000 steps) the first to beat the
    copy in PSNR, and half the KID of all others; only with a cycle of 3 and an identity of 1. In
    600 steps (48 px) it was no better than the copy, and all others were far worse.
    """

    stage: ClassVar[Stage] = "networks"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`skip` of each residual generator, where the domains are near."""
        if are_near(draft.facts):
            change = "leave it out where much should change"
            for name in find_residual(draft):
                reason = f"the domains are near, so start as a copy; {describe_gap(draft.facts)}"
                yield Decision(f"networks.{name}.skip", "input", reason, change)

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """The other way, with the weights that it needs, where colours stay."""
        names = find_residual(draft)
        if not names or not colours_stay(draft.facts):
            return
        skips = draft.value(f"networks.{names[0]}.skip") is not None
        value, weights = (None, (STRONG, STRONG / 2)) if skips else ("input", (NEAR, 1))
        changes: dict[str, object] = {f"networks.{name}.skip": value for name in names}
        if draft.value("losses.cycle_X"):
            changes |= {f"losses.{n}": term for n, term in weigh_terms(*weights).items()}
        title = "no copy at first" if skips else "starts as a copy"
        why = "more may change" if skips else "less may have to change than the rules believe"
        decisions = tuple(Decision(p, each, why, how="trial") for p, each in changes.items())
        yield PlanCandidate(title, decisions, why, rank=0.6)


class ColoursAlone(Rule):
    """Networks that change colours alone, as a candidate where structure stays and colours do not.

    Of 1 x 1 convolutions: nothing can be drawn or lost, and a step takes less than half the time.
    On streets with one tone curve (64 px, 600 steps, 2026-11-29) 28.7 dB where a residual network
    had 25.2 and the copy 20.1; where a sky had to be painted anew, 22.6 for 23.6 and 14.6, at a
    twelfth of the KID. A trial says whether colours are all.
    """

    stage: ClassVar[Stage] = "networks"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Nothing: what must be drawn anew, no number of a fingerprint says."""
        return iter(())

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """The planned recipe with such networks, a light cycle and identity terms."""
        names = find_residual(draft)
        if not names or not structure_stays(draft.facts) or not draft.value("losses.cycle_X"):
            return
        changes: dict[str, object] = {f"networks.{name}": {"type": "recolour"} for name in names}
        changes |= {f"losses.{name}": term for name, term in weigh_terms(NEAR, 1).items()}
        why = f"only colours may have to change; {describe_gap(draft.facts)}"
        decisions = tuple(Decision(p, value, why, how="trial") for p, value in changes.items())
        yield PlanCandidate("colours alone", decisions, why, rank=0.8)


def open_networks(draft: RecipeDraft, *names: str) -> list[str]:
    """Those that terms call and no rule has decided."""
    wires = " ".join(
        str(wire) for term in draft.value("losses", {}).values() for wire in term.values()
    )
    called = {*CALL.findall(wires)}
    return [n for n in names if n in called and draft.value(f"networks.{n}.type") is None]


def find_residual(draft: RecipeDraft) -> list[str]:
    """Names of the networks that are residual ones."""
    networks = draft.value("networks", {})
    return [name for name, table in networks.items() if table.get("type") == "resnet"]
