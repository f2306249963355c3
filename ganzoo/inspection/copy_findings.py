"""Findings about copies: within a set, across training and test, across x and y or classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ganzoo.inspection.fact_reading import Entry, Gallery
from ganzoo.inspection.file_findings import is_constant, used_share
from ganzoo.inspection.finding import Finding, Level, below
from ganzoo.inspection.glance import Glance
from ganzoo.inspection.near_copies import find_copies
from ganzoo.inspection.pair_findings import find_pairs


@dataclass(frozen=True)
class CopyKind:
    """What copies of some kind are called, how bad they are, and what to do about them."""

    name: str
    level: Level
    where: str
    advice: str


WITHIN = CopyKind(
    "copies",
    "note",
    "",
    "keep one of each, or they are learnt from more often than others",
)
ACROSS_TEST = CopyKind(
    "test_in_training",
    "warning",
    ", one in training and one in test, so scores on it say nothing of new images",
    "remove one of each, rather from training",
)
ACROSS_DOMAINS = CopyKind(
    "in_both_domains",
    "note",
    ", one among x and one among y",
    "move those that lie in the wrong folder; if x and y show the same scenes on purpose, they are "
    "pairs: --as pairs",
)
ACROSS_CLASSES = CopyKind(
    "in_two_classes",
    "warning",
    " of two classes, which cannot both be right",
    "keep the one in its right class",
)
SAME_PAIR = CopyKind(
    "equal_pairs",
    "warning",
    ", the two of a pair, so there is nothing to translate",
    "replace one of each",
)


CopiesByKind: TypeAlias = dict[tuple[CopyKind, bool], list[tuple[Entry, Entry]]]
"""Pairs of copies by kind, and by whether they are only nearly equal."""


def copy_findings(gallery: Gallery, copies: CopiesByKind) -> Iterator[Finding]:
    """What is wrong about copies: a finding for each kind."""
    for (kind, near), both in copies.items():
        yield _finding(gallery, kind, near, both)


def sort_copies(gallery: Gallery) -> CopiesByKind:
    """Copies among all images by what they are, the equal ones first.

    Images of one value are left out. The two of a pair are alike on purpose; they count where they
    are equal.
    """
    shares = {
        subset.name: used_share(gallery.facts[subset.name]) for subset in gallery.contents.subsets
    }
    entries = [e for e in gallery.entries() if not is_constant(e.facts, shares[e.subset.name])]
    copies = find_copies([_digest(each) for each in entries], [each.glance for each in entries])
    paired = gallery.contents.need == "pairs"
    partners = chain(*(find_pairs(gallery, held_out) for held_out in (False, True) if paired))
    pairs = {(id(x.glance), id(y.glance)) for x, y in partners}
    by_kind: CopiesByKind = {}
    for near, pairs_of in ((False, copies.equal), (True, copies.near)):
        for i, j in pairs_of:
            kind = _kind(entries[i], entries[j], near, pairs)
            if kind:
                by_kind.setdefault((kind, near), []).append((entries[i], entries[j]))
    return by_kind


def _digest(entry: Entry) -> bytes:
    """Of two images in one file, each has its own."""
    digest = entry.facts.digest
    return digest + entry.domain.encode() if entry.subset.halves else digest


def _kind(one: Entry, other: Entry, near: bool, pairs: set[tuple[int, int]]) -> CopyKind | None:
    """What it is that two images are copies; None if that is nothing to report."""
    if (id(one.glance), id(other.glance)) in pairs:
        return SAME_PAIR if not near or _look_equal(one.glance, other.glance) else None
    if one.domain == other.domain:
        return WITHIN if one.subset.held_out == other.subset.held_out else ACROSS_TEST
    if one.domain not in ("x", "y"):
        return ACROSS_CLASSES
    both_held_out = one.subset.held_out and other.subset.held_out
    return None if pairs or both_held_out else ACROSS_DOMAINS


def _look_equal(one: Glance, other: Glance) -> bool:
    return all(
        np.array_equal(getattr(one, each), getattr(other, each))
        for each in ("gray", "colour", "statistics")
    )


def _finding(
    gallery: Gallery, kind: CopyKind, near: bool, both: Sequence[tuple[Entry, Entry]]
) -> Finding:
    groups = _groups((one.facts.path, other.facts.path) for one, other in both)
    count = sum(len(group) - 1 for group in groups)
    are = "1 image is" if count == 1 else f"{count} images are"
    how = f"{'nearly ' if near else ''}equal to {'another' if count == 1 else 'others'}{kind.where}"
    sign = " ~ " if near else " = "
    return Finding(
        f"near_{kind.name}" if near else kind.name,
        "note" if near and kind is ACROSS_CLASSES else kind.level,
        f"{are} {how}",
        tuple(sign.join(below(gallery.folder, path) for path in group) for group in groups),
        kind.advice,
        tuple(path for group in groups for path in group),
    )


def _groups(pairs: Iterable[tuple[Path, Path]]) -> list[list[Path]]:
    """Files that are copies of one another, directly or by way of a third, sorted."""
    group: dict[Path, list[Path]] = {}
    for one, other in pairs:
        first, second = group.setdefault(one, [one]), group.setdefault(other, [other])
        if first is not second:
            first += second
            group.update(dict.fromkeys(second, first))
    unique = {id(each): each for each in group.values()}
    return sorted(map(sorted, unique.values()))
