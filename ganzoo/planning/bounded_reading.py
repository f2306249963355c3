"""Images of any number and size read in bounded time: headers of all, pixels of as many as that.

Which images are decoded depends on their names and sizes alone, so that two partners of a pair are
chosen together, and the same folders give the same choice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from ganzoo.components.data.headers import turned_size
from ganzoo.components.data.image_files import open_source
from ganzoo.errors import DataError
from ganzoo.inspection.fact_reading import THREADS, Gallery, Tick, read_all
from ganzoo.inspection.folder_subsets import Contents, Subset
from ganzoo.interfaces.data_fingerprint import Size

# The images of a domain that are decoded at most, and at least.
MOST, LEAST = 5_000, 64
# What is spent on a domain: an image costs 1, some 2.5 ms of a core, and more a million pixels:
# less where the decoder reduces it, as of JPEG. So 5,000 of 256 px take 14 s of one core, as do 630
# JPEGs or 139 PNGs of 2,000 x 2,000. Measured on drawn images of 256 px to 12 million pixels.
WORK = 5_700
REDUCED, WHOLE = 2.0, 10.0
HELD_OUT = 0.25  # of that is spent on images to test on
# Sizes are taken from so many headers to know what images cost.
SAMPLED = 64
SHARE = 32  # files that a thread gets at once


@dataclass(frozen=True)
class BoundedGallery:
    """Images of which some were decoded.

    gallery: with the facts of those that were decoded, and the errors of all.
    sizes: of all readable images, by path; of a file side by side, of the whole of it.
    """

    gallery: Gallery
    sizes: dict[Path, Size]


def read_bounded(contents: Contents, tick: Tick) -> BoundedGallery:
    """Decode as many images of each subset as time allows; of the others, read the headers."""
    sampled = [_sample(subset) for subset in contents.subsets]
    looked_at = tuple(
        replace(each, images=some) for each, some in zip(contents.subsets, sampled, strict=True)
    )
    gallery = read_all(replace(contents, subsets=looked_at), tick)
    facts = chain(*gallery.facts.values())
    sizes = {each.path: each.size for each in facts}
    rest = [p for s, t in zip(contents.subsets, sampled, strict=True) for p in _without(s, t)]
    wrong = {**gallery.wrong}
    for path, size in _read_sizes(rest):
        if isinstance(size, DataError):
            wrong[path] = size
        else:
            sizes[path] = size
    return BoundedGallery(Gallery(contents, gallery.facts, wrong), sizes)


def _sample(subset: Subset) -> tuple[Path, ...]:
    """The images to decode: all, or those whose hashed names come first."""
    ordered = sorted(subset.images, key=lambda path: _name_key(subset, path))
    costs = [cost for path in ordered[:SAMPLED] if (cost := _cost(path))]
    usual = sum(costs) / len(costs) if costs else 1.0
    work = WORK * HELD_OUT if subset.held_out else WORK
    count = max(LEAST, min(MOST, int(work / usual)))
    return subset.images if count >= len(ordered) else tuple(sorted(ordered[:count]))


def _cost(path: Path) -> float:
    """What it costs to decode an image; 0 of one that cannot be read."""
    try:
        with open_source(path) as source:
            height, width = source.header.size
            return 1 + (REDUCED if source.reduce else WHOLE) * height * width / 1e6
    except DataError:
        return 0.0


def _name_key(subset: Subset, path: Path) -> bytes:
    """A hash of what partners have in common: a file's path in its subset without suffix."""
    name = path.relative_to(subset.folder).with_suffix("").as_posix()
    return hashlib.blake2b(os.fsencode(name), digest_size=8).digest()


def _without(subset: Subset, taken: Sequence[Path]) -> Iterable[Path]:
    chosen = {*taken}
    return [path for path in subset.images if path not in chosen]


def _read_sizes(paths: Sequence[Path]) -> Iterator[tuple[Path, Size | DataError]]:
    shares = [paths[start : start + SHARE] for start in range(0, len(paths), SHARE)]
    with ThreadPoolExecutor(THREADS) as pool:
        sizes = chain(*pool.map(lambda share: [*map(_read_size, share)], shares))
        yield from zip(paths, sizes, strict=True)


def _read_size(path: Path) -> Size | DataError:
    try:
        with open_source(path) as source:
            return turned_size(source.header)
    except DataError as error:
        return error
