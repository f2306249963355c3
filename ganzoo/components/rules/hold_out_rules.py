"""Images to test on, where no folder holds any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.interfaces.rule import Decision, RecipeDraft, Rule, Stage

FEWEST = 20
SHARE = 0.1
KINDS = ("folders", "paired_folders")


class HeldOutShare(Rule):
    """One in ten training images is held out, where a domain has no folder of test images.

    They are dealt by content, so that an image stays where it is. With fewer than 20 images all are
    trained on: scores are then of training images, and say so.
    """

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`data.hold_out`, or nothing."""
        counts = [d.images for d in draft.facts.domains if not d.held_out]
        if counts and min(counts) >= FEWEST and draft.value("data.type") in KINDS:
            reason = (
                f"no test images: about {SHARE * min(counts):.0f} of {min(counts):,} are held out"
            )
            yield Decision(
                "data.hold_out", SHARE, reason, "leave it out once there is a test folder"
            )
