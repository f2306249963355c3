"""The images of a domain as a plan knows them: facts of many, a close look at some."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from ganzoo.components.data.image_listing import Survey, no_images, shown
from ganzoo.errors import DataError
from ganzoo.inspection.fact_reading import THREADS, Entry, Gallery, Tick
from ganzoo.inspection.folder_subsets import Subset
from ganzoo.inspection.image_facts import ImageFacts
from ganzoo.inspection.pair_findings import find_pairs
from ganzoo.inspection.value_findings import needed_range
from ganzoo.interfaces.data_fingerprint import Size
from ganzoo.planning.bounded_reading import BoundedGallery
from ganzoo.planning.close_up import CloseUp, Limits, take_close_ups

# So many images of a domain are looked at closely.
CLOSELY = 256


@dataclass(frozen=True)
class LookedAt:
    """The images to train on of one domain.

    folder: where they are. sizes: of all that can be read. entries: those that were decoded.
    close_ups: at some of these, in an order that depends on their content alone.
    range: the values to set as black and white, where it is not the type's own.
    held_out, unreadable: how many images there are to test on, and that cannot be read.
    """

    name: str
    folder: Path
    sizes: Sequence[Size]
    entries: Sequence[Entry]
    close_ups: Sequence[CloseUp]
    range: Limits
    held_out: int
    unreadable: int

    @property
    def facts(self) -> list[ImageFacts]:
        """The facts of the images that were decoded."""
        return [each.facts for each in self.entries]


def look_at_domains(bounded: BoundedGallery, paired: bool, tick: Tick) -> tuple[LookedAt, LookedAt]:
    """The images of x and of y; of pairs, the same scenes are looked at closely.

    Raises:
        DataError: a domain has no images that can be read.
    """
    x, y = (_gather(bounded, name) for name in ("x", "y"))
    chosen = _choose_pairs(bounded.gallery) if paired else None
    chosen = chosen or (_choose(x.entries), _choose(y.entries))
    count = sum(map(len, chosen))
    close_ups = [
        _look(domain, entries, start, count, tick)
        for domain, entries, start in zip((x, y), chosen, (0, len(chosen[0])), strict=True)
    ]
    return replace(x, close_ups=close_ups[0]), replace(y, close_ups=close_ups[1])


def _gather(bounded: BoundedGallery, name: str) -> LookedAt:
    gallery, sizes = bounded.gallery, dict[bool, list[Size]]()
    of_domain = [each for each in gallery.contents.subsets if name in each.domains]
    for held_out in (False, True):
        subsets = [each for each in of_domain if each.held_out == held_out]
        sizes[held_out] = [
            _of_half(bounded.sizes[path]) if subset.halves else bounded.sizes[path]
            for subset in subsets
            for path in subset.images
            if path in bounded.sizes
        ]
    entries = gallery.entries(name, held_out=False)
    training = next((each for each in of_domain if not each.held_out), None)
    if training is None or not entries:
        raise DataError(_nothing(gallery, name, training))
    unreadable = sum(path in gallery.wrong for each in of_domain for path in each.images)
    limits = needed_range([each.facts for each in entries])
    return LookedAt(
        name, training.folder, sizes[False], entries, (), limits, len(sizes[True]), unreadable
    )


def _of_half(size: Size) -> Size:
    return size[0], size[1] // 2


def _nothing(gallery: Gallery, name: str, training: Subset | None) -> str:
    """Why there are no images of a domain to train on."""
    if training is None:
        return (
            f"there are no images of {name} to train on in {shown(gallery.folder)}, only some to "
            "test on; a plan is made by training images, so put them into 'trainA' and 'trainB'"
        )
    if not training.images:
        there = Survey([], training.left_out)
        return f"there are no images of {name} in {shown(training.folder)}{no_images(there)}"
    first = next((str(gallery.wrong[p]) for p in training.images if p in gallery.wrong), "")
    return (
        f"no image of {name} in {shown(training.folder)} can be read{f': {first}' if first else ''}"
    )


def _choose(entries: Sequence[Entry]) -> list[Entry]:
    """Some images, by content: of equal ones, one."""
    unique = {each.facts.digest: each for each in reversed(entries)}
    return [unique[digest] for digest in sorted(unique)[:CLOSELY]]


def _choose_pairs(gallery: Gallery) -> tuple[list[Entry], list[Entry]] | None:
    """Some pairs, by the content of x."""
    partners = {each.facts.path: (each, other) for each, other in find_pairs(gallery, False)}
    chosen = [partners[each.facts.path] for each in _choose([x for x, _ in partners.values()])]
    return ([x for x, _ in chosen], [y for _, y in chosen]) if chosen else None


def _look(
    domain: LookedAt, entries: Sequence[Entry], start: int, count: int, tick: Tick
) -> list[CloseUp]:
    with ThreadPoolExecutor(THREADS) as pool:
        close_ups = []
        for of_image in pool.map(lambda each: _close(domain, each), entries):
            close_ups.append(of_image)
            tick(start + len(close_ups), count, "looking closely")
    return [*chain(*close_ups)]


def _close(domain: LookedAt, entry: Entry) -> tuple[CloseUp, ...]:
    """The entry itself: of a file with halves, the one that shows the domain."""
    close_ups = take_close_ups(entry.facts.path, entry.subset.halves, domain.range)
    place = entry.subset.domains.index(domain.name)
    return close_ups[place : place + 1]
