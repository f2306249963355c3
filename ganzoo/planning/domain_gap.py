"""How two domains stand to one another, from their images as they were read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from ganzoo.components.data.leaked_files import find_leaks
from ganzoo.inspection.copy_findings import (
    ACROSS_DOMAINS,
    ACROSS_TEST,
    SAME_PAIR,
    WITHIN,
    CopiesByKind,
)
from ganzoo.inspection.fact_reading import Entry, Gallery
from ganzoo.inspection.folder_subsets import Subset
from ganzoo.inspection.glance import Floats
from ganzoo.inspection.pair_findings import find_pairs
from ganzoo.inspection.pair_structure import FEWEST, outlines
from ganzoo.inspection.telling_apart import held_out_accuracy
from ganzoo.interfaces.data_fingerprint import DomainGap
from ganzoo.planning.close_up import CloseUp
from ganzoo.planning.looked_at import LookedAt

# Domains are told apart from so many images each.
FEWEST_SEPARATED = 10


def describe_gap(
    gallery: Gallery,
    domains: tuple[LookedAt, LookedAt],
    copies: CopiesByKind,
    kinds: Collection[str],
    copy_kid: tuple[float, float] | None,
) -> DomainGap:
    """How x and y stand to one another.

    copies: of all images. kinds: those of the findings. copy_kid: the KID of copying.
    """
    x, y = (each.close_ups for each in domains)
    return DomainGap(
        equal_names=_count_equal_names(gallery),
        correlation=_correlation(gallery),
        shared=len(_files(copies, (ACROSS_DOMAINS, SAME_PAIR), "x") | _same_bytes(gallery)),
        leaked=len(_files(copies, (ACROSS_TEST,), held_out=True) | _leaks(gallery)),
        colour_distance=_colour_distance(x, y),
        structure_distance=_structure_distance(x, y),
        separation=_separation(*(each.entries for each in domains)),
        swapped="swapped" in kinds,
        copy_kid=copy_kid,
    )


def _count_equal_names(gallery: Gallery) -> float:
    """The share of the smaller domain's names that the other one has, too."""
    if any(subset.halves for subset in gallery.contents.subsets):
        return 1.0
    names = [_names(gallery.contents.subset(name)) for name in ("x", "y")]
    fewer = min(map(len, names))
    return len(names[0] & names[1]) / fewer if fewer else 0.0


def count_copies(copies: CopiesByKind, domain: str) -> tuple[int, int]:
    """How many training images of a domain are equal to an earlier one, and nearly equal."""
    counts = {False: set[Path](), True: set[Path]()}
    for near, later in counts.items():
        for one, other in copies.get((WITHIN, near), ()):
            if one.domain == domain and not one.subset.held_out:
                later.add(max(one.facts.path, other.facts.path))
    return len(counts[False]), len(counts[True] - counts[False])


def _files(
    copies: CopiesByKind, kinds: Collection[object], domain: str = "", held_out: bool = False
) -> set[Path]:
    """The files among copies of some kinds that are of a domain, or held out."""
    return {
        each.facts.path
        for (kind, _), pairs in copies.items()
        if kind in kinds
        for both in pairs
        for each in both
        if each.domain == domain or (held_out and each.subset.held_out)
    }


def _same_bytes(gallery: Gallery) -> set[Path]:
    """The training images of x whose files are also among those of y, decoded or not."""
    x, y = (_images(gallery, name, held_out=False) for name in ("x", "y"))
    return {file for file, _ in find_leaks(y, x)}


def _leaks(gallery: Gallery) -> set[Path]:
    """The images to test on whose files are also trained on in their domain, decoded or not."""
    both = [[_images(gallery, name, held_out) for held_out in (False, True)] for name in ("x", "y")]
    return {file for trained, tested in both for file, _ in find_leaks(trained, tested)}


def _images(gallery: Gallery, name: str, held_out: bool) -> list[Path]:
    subsets = gallery.contents.subsets
    of_domain = [each for each in subsets if name in each.domains and each.held_out == held_out]
    return [path for each in of_domain for path in each.images if path not in gallery.wrong]


def _names(subset: Subset | None) -> set[str]:
    images = subset.images if subset else ()
    folder = subset.folder if subset else Path()
    return {path.relative_to(folder).with_suffix("").as_posix() for path in images}


def _correlation(gallery: Gallery) -> float | None:
    """How much more the outlines of partners are alike than those of others."""
    pairs = find_pairs(gallery, held_out=False)
    if len(pairs) < FEWEST:
        return None
    x, y = (outlines([both[side].glance for both in pairs]) for side in (0, 1))
    own = float((x * y).sum(1).mean())
    count = len(pairs)
    others = (float(x.sum(0) @ y.sum(0)) - own * count) / (count * (count - 1))
    return own - others


def _colour_distance(x: Sequence[CloseUp], y: Sequence[CloseUp]) -> float:
    """Between normal distributions of each channel's values (Wasserstein-2), their mean square."""
    (mean_x, deviation_x), (mean_y, deviation_y) = _colours(x), _colours(y)
    squares = (mean_x - mean_y) ** 2 + (deviation_x - deviation_y) ** 2
    return float(np.sqrt(squares.mean()))


def _colours(close_ups: Sequence[CloseUp]) -> tuple[Floats, Floats]:
    """Means and deviations (3,) of all pixels, each image counting alike."""
    means = np.stack([each.means for each in close_ups])
    within = np.stack([each.deviations for each in close_ups]) ** 2
    return means.mean(0), np.sqrt(within.mean(0) + means.var(0))


def _structure_distance(x: Sequence[CloseUp], y: Sequence[CloseUp]) -> float:
    """Between mean shares of contrast by octave (total variation), of strong edges, of calm."""
    textures = [np.mean([each.texture for each in side], 0) for side in (x, y)]
    shift = np.abs(textures[0] - textures[1])
    *octaves, strongest, calm = shift
    return float(np.mean([np.sum(octaves) / 2, strongest, calm]))


def _separation(x: Sequence[Entry], y: Sequence[Entry]) -> float:
    if min(len(x), len(y)) < FEWEST_SEPARATED:
        return 1.0
    first, second = (np.stack([each.glance.statistics for each in side]) for side in (x, y))
    return held_out_accuracy(first, second)
