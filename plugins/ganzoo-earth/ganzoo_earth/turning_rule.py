"""What this package has to say to `ganzoo plan`: images from above have no upside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePath
from typing import ClassVar

from ganzoo.interfaces import Caution, Decision, Fingerprint, RecipeDraft, Rule
from ganzoo.interfaces.rule import Said, Stage

WORDS = re.compile(
    r"aerial|from_above|landsat|ortho(?:photo)?s?|relief|satellites?|sentinel|terrain|uav|drones?"
)


class FromAbove(Rule):
    """Images from above have no upside: they are turned by quarters, which makes eight of each.

    No number says where a camera looked, so names of folders do: satellite, aerial, landsat,
    sentinel, orthophoto, relief, terrain, drone, uav, from_above. Both domains must be such.
    Turning needs torchvision; where that is missing, a note says so.
    """

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Said]:
        """`augmentations.turn`, or nothing."""
        words = find_words(draft.facts)
        if not all(words):
            return
        reason = f"folders are called {' and '.join(words)}: images from above have no upside"
        if find_spec("torchvision") is None:
            advice = "pip install 'ganzoo-core[augment]', and plan again"
            yield Caution("no_turns", "note", f"{reason}, but turning needs torchvision", advice)
            return
        change = "leave it out where shadows or maps' letters have a direction"
        yield Decision("augmentations.turn", {"type": "rot90"}, reason, change)


def find_words(facts: Fingerprint) -> list[str]:
    """Of each domain, the word in its folder's name that says so; "" where none does."""
    names = (PurePath(domain.folder).name.lower() for domain in facts.domains)
    return [match[0] if (match := WORDS.search(name)) else "" for name in names]
