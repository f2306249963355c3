"""How image files are read: from where, as which channels and values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from ganzoo.components.rules.relations import count_channels
from ganzoo.interfaces.data_fingerprint import DomainFacts
from ganzoo.interfaces.rule import Decision, RecipeDraft, Rule, Stage


class Files(Rule):
    """The data set that reads the images, from the folders that were given.

    Where files cannot be read, they are skipped; training says which.
    """

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """The type of the data set, its folders, and what happens to broken files."""
        for key, value in draft.facts.data.items():
            yield Decision(f"data.{key}", value, _origin(key, draft))
        broken = sum(domain.unreadable for domain in draft.facts.domains)
        if broken:
            reason = f"{broken} files cannot be read"
            yield Decision("data.unreadable", "skip", reason, "leave it out once they are mended")


class ImageChannels(Rule):
    """Gray images are read as one channel, others as they are.

    Images in RGB whose channels are all equal (a saturation below 0.004) count as gray where those
    of the other domain are gray, too: one channel in place of three cannot become coloured. Beside
    coloured images they stay RGB, for which identity terms are worth more (edges and photos, white
    and painted digits: docs/planning.md).
    """

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """The channels of both domains, or of each."""
        counts = count_channels(draft.facts)
        kinds = [_colours(domain, counts[n]) for n, domain in draft.facts.named_domains]
        reason = (
            f"{kinds[0]} on both sides" if len({*kinds}) == 1 else f"x {kinds[0]}, y {kinds[1]}"
        )
        yield Decision("data.channels", _merged(counts), reason)


class ValueRange(Rule):
    """The stored values that become black and white, where files do not use their type's range.

    As 12 bits in files of 16: images would be nearly black. Files of 8 bits keep their range, as
    dark photos are meant to be dark.
    """

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """A range for each domain that needs one; nothing where none does."""
        ranges = {n: list(d.range) for n, d in draft.facts.named_domains if d.range is not None}
        if not ranges:
            return
        said = [
            f"{n} {d.dtype} holds {d.values[0]:g} ... {d.values[1]:g}"
            for n, d in draft.facts.named_domains
        ]
        change = "set the window that is to be seen"
        yield Decision("data.range", _merged(ranges), "; ".join(said), change)


class LabelMaps(Rule):
    """Label maps are resized to the nearest pixel, as mixed colours are of no class."""

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`nearest` for the domains that look like label maps."""
        labels = {n: d for n, d in draft.facts.named_domains if d.label_map}
        if not labels:
            return
        said = [f"{n} has {d.colours} colours, {d.flat:.0%} flat" for n, d in labels.items()]
        value = {name: "nearest" for name in labels}
        change = "leave it out if they are drawings"
        yield Decision("data.interpolation", _merged(value), "; ".join(said), change)


def _merged(values: dict[str, Any]) -> Any:
    """One value where both domains have the same, else a table."""
    if values.get("x") == values.get("y"):
        return values["x"]
    return values


def _origin(key: str, draft: RecipeDraft) -> str:
    facts = draft.facts
    if key == "type":
        x, y = facts.domains
        counted = f"{x.images} + {y.images} images"
        return {"domains": f"{counted} that are no pairs", "pairs": f"{x.images} pairs"}.get(
            facts.layout, f"{x.images} images with x on the left and y on the right"
        )
    return "where the images are"


def _colours(domain: DomainFacts, channels: int) -> str:
    if channels == 1 and domain.kind != "gray":
        return f"gray stored as {domain.kind} (saturation {domain.saturation:.3f})"
    return {"gray": "gray", "bands": f"{channels} bands"}.get(domain.kind, "colour")
