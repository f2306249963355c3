"""What a recipe is to be best at, where the user does not say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.relations import are_near, describe_gap, has_label_maps
from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.interfaces.rule import Aim, RecipeDraft, Rule, Stage


class ChosenGoal(Rule):
    """What the recipe is to be best at, without `--goal`.

    Of pairs the true image is known: restore it. Of label maps each place has a class that must
    stay, and of near domains nearly everything should: content. Of all others: style.
    """

    stage: ClassVar[Stage] = "goal"

    def decide(self, draft: RecipeDraft) -> Iterator[Aim]:
        """One aim, unless the user has one."""
        if draft.wishes.goal is None:
            yield _aim(draft.facts)


def _aim(facts: Fingerprint) -> Aim:
    if facts.paired:
        return Aim("restore", "the images are pairs, so the true output of each input is known")
    if has_label_maps(facts):
        return Aim("content", "a domain is label maps, whose classes must stay where they are")
    if are_near(facts):
        return Aim("content", f"the domains are near: {describe_gap(facts)}")
    return Aim("style", f"the domains differ: {describe_gap(facts)}")
