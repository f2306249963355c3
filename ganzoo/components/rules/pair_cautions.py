"""Cautions about pairs: those that may be meant the other way, and those that are not taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.caution_texts import plan_command
from ganzoo.interfaces.rule import Caution, RecipeDraft, Rule, Stage

NAMES, ALIKE = 0.5, 0.2  # equal names, and how much more their images are alike than others


class WrongWayRound(Rule):
    """Pairs of label maps and photos may be meant either way: which one is x decides.

    Note: x is label maps, y is not, and pairs are translated one way only; a warning where the goal
    is to restore, as a photo does not follow from its label map.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution, and the command that turns them round."""
        x, y = draft.facts.domains
        if not (draft.facts.paired and x.label_map and not y.label_map):
            return
        restored = draft.wishes.goal == "restore"
        text = "x is label maps and y is not: the model will paint photos from label maps"
        turn = "in the recipe, data.direction = 'yx'"
        if draft.facts.layout == "pairs":
            turn = plan_command(y, x, "--pairs")
        advice = f"to get label maps of photos: {turn}"
        yield Caution("wrong_way", "warning" if restored else "note", text, advice)


class AlmostPairs(Rule):
    """Folders of which many files are pairs, and some have no partner, are planned as no pairs.

    Warning: half of the names of one domain are in the other, too, and images of equal names are
    alike (a correlation of outlines 0.2 above that of others). Pairs say what the true output is.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution, and the command once partners are complete."""
        facts, gap = draft.facts, draft.facts.gap
        alike = gap.correlation is not None and gap.correlation >= ALIKE
        if facts.paired or not alike or gap.equal_names < NAMES or draft.wishes.pairs is False:
            return
        fewer = min(domain.images for domain in facts.domains)
        text = (
            f"{round(gap.equal_names * fewer):,} of {fewer:,} images have one of the same name in "
            "the other folder that looks like their pair, and others have none; so all are planned "
            "as images that are no pairs"
        )
        command = plan_command(*facts.domains, "--pairs")
        advice = f"pairs teach far more: move files without a partner away, then {command}"
        yield Caution("almost_pairs", "warning", text, advice)
