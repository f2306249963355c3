"""Which networks: their kinds, and how they start. `capacity` decides how large they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.relations import are_near, describe_gap, same_channels
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

    Near: distances of colour and structure below 0.1. On drawings in two styles (64 px, 2,000
    steps) the first to beat the copy in PSNR, and half the KID of all others; only with a cycle of
    3 and an identity of 1.
    """

    stage: ClassVar[Stage] = "networks"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`skip` of each residual generator, where the domains are near."""
        if are_near(draft.facts):
            change = "leave it out where much should change"
            for name in _residual(draft):
                reason = f"starts as a copy: {describe_gap(draft.facts)}"
                yield Decision(f"networks.{name}.skip", "input", reason, change)

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """The other way, where channels allow it."""
        names = _residual(draft)
        if not names or not same_channels(draft.facts):
            return
        now = draft.value(f"networks.{names[0]}.skip")
        value, title = (None, "no copy at first") if now else ("input", "starts as a copy")
        changes = [Decision(f"networks.{n}.skip", value, "tried", how="trial") for n in names]
        why = "more may change" if now else "less may have to change than the rules believe"
        yield PlanCandidate(title, tuple(changes), why, rank=0.4)


def open_networks(draft: RecipeDraft, *names: str) -> list[str]:
    """Those that terms call and no rule has decided."""
    wires = " ".join(
        str(wire) for term in draft.value("losses", {}).values() for wire in term.values()
    )
    called = {*CALL.findall(wires)}
    return [n for n in names if n in called and draft.value(f"networks.{n}.type") is None]


def _residual(draft: RecipeDraft) -> list[str]:
    networks = draft.value("networks", {})
    return [name for name, table in networks.items() if table.get("type") == "resnet"]
