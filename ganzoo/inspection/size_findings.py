"""Findings about sizes and proportions, and about gray and coloured images in one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import quantiles

from ganzoo.inspection.fact_reading import Gallery
from ganzoo.inspection.finding import Finding, about, images
from ganzoo.inspection.image_facts import ImageFacts

# Proportions that vary more, leaving out a twentieth at either end, are worth a note.
WIDEST = 1.5
# The smallest size that is advised; others are multiples of it.
SMALLEST = 16


def size_findings(gallery: Gallery, size: int) -> Iterator[Finding]:
    """Images smaller than `size`, of differing proportions, or of differing colours.

    size: the side in pixels of the squares that will be trained on.
    """
    yield from _small(gallery, size)
    yield from _proportions(gallery)
    yield from _mixed(gallery)


def shown_size(facts: ImageFacts) -> str:
    """`640 x 480`, width first."""
    return f"{facts.size[1]} x {facts.size[0]}"


def shorter_side(facts: ImageFacts) -> int:
    """The shorter side of an image, or of one of two side by side."""
    height, width = facts.size
    return min(height, width // len(facts.glances))


def _small(gallery: Gallery, size: int) -> Iterator[Finding]:
    everything = [facts for subset, facts in gallery.everything() if not subset.held_out]
    small = sorted((f for f in everything if shorter_side(f) < size), key=shorter_side)
    if small:
        all_are = len(small) == len(everything)
        which = f"all {len(small)}" if all_are else f"{len(small)} of {len(everything)}"
        text = (
            f"{which} training images are smaller than {size} px (the smallest is "
            f"{shown_size(small[0])}) and would be enlarged"
        )
        paths = [] if all_are else [facts.path for facts in small]
        yield about("small", "note", text, gallery.folder, paths, _smaller(gallery, size))


def fitting_size(gallery: Gallery, size: int) -> int:
    """The size to train at: `size`, or a smaller multiple of 16 that nine of ten images cover."""
    sides = sorted(shorter_side(f) for subset, f in gallery.everything() if not subset.held_out)
    fitting = sides[len(sides) // 10] // SMALLEST * SMALLEST if sides else size
    return fitting if SMALLEST <= fitting < size else size


def _smaller(gallery: Gallery, size: int) -> str:
    """Advises a size that most images cover."""
    fitting = fitting_size(gallery, size)
    if fitting == size:
        return "remove them, or find larger ones"
    return f"train on smaller squares, which most of them cover: --set data.size={fitting}"


def _proportions(gallery: Gallery) -> Iterator[Finding]:
    ratios = sorted(f.size[1] / f.size[0] for _, f in gallery.everything())
    if len(ratios) < 2:
        return
    low, *_, high = quantiles(ratios, n=20, method="inclusive")
    if high > WIDEST * low:
        text = (
            f"proportions differ: width over height is {round(ratios[0], 3):g} to "
            f"{round(ratios[-1], 3):g}; "
            "squares are cut out of them at random places"
        )
        advice = "cut them to what should be learnt, or take them whole but distorted: "
        yield Finding("proportions", "note", text, advice=f"{advice}--set data.aspect=squash")


def _mixed(gallery: Gallery) -> Iterator[Finding]:
    """Gray and coloured images in one subset; the fewer are named."""
    for subset in gallery.contents.subsets:
        facts = gallery.facts[subset.name]
        kinds = Counter(each.kind for each in facts)
        depths = Counter(each.dtype for each in facts)
        where = "here" if subset.name == "." else f"in '{subset.name}'"
        if len(kinds) > 1:
            rare = kinds.most_common()[-1][0]
            paths = [each.path for each in facts if each.kind == rare]
            others = " and ".join(kind for kind, _ in kinds.most_common()[:-1])
            text = f"{images(len(paths))} {rare} colours, where the others {where} have {others}"
            yield about("mixed_colours", "note", text, gallery.folder, paths, "look at them")
        if len(depths) > 1:
            rare = depths.most_common()[-1][0]
            paths = [each.path for each in facts if each.dtype == rare]
            others = " and ".join(depth for depth, _ in depths.most_common()[:-1])
            text = f"{images(len(paths))} values of {rare}, where the others {where} have {others}"
            yield about("mixed_depths", "note", text, gallery.folder, paths, "save all alike")
