"""What few images need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.cutting_rules import median_side
from ganzoo.interfaces.rule import Decision, RecipeDraft, Rule, Stage

FEW = 200
MARGIN = 1.3


class FewImages(Rule):
    """With fewer than 200 training images of a domain, samples are smaller crops of them.

    Images are resized to 1.3 times the sample's side in place of the paper's 1.12, if they are that
    large: more different crops of each. Colours stay, as what is augmented is what is learnt.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """A larger `data.resize`, or nothing."""
        fewest = min(domain.images for domain in draft.facts.domains)
        margin = round(MARGIN * draft.value("data.size"))
        if fewest < FEW and median_side(draft.facts) >= margin and draft.value("data.resize"):
            reason = f"{fewest} images are few (below {FEW}): smaller crops make more of them"
            yield Decision("data.resize", margin, reason, "leave it out to show whole images")
