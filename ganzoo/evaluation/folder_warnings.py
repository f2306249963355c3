"""What a person should know of two folders of images before their scores are believed."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from ganzoo.components.data.image_files import read_full_header
from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.image_opening import BROKEN, UNOPENED, open_image
from ganzoo.components.data.leaked_files import find_leaks
from ganzoo.errors import DataError
from ganzoo.interfaces.variable import Variable

# So many files of each folder are looked at, spread evenly.
MOST = 64
# Sides and quantisation steps that differ by less than these factors are taken for alike.
SIDES, STEPS = 1.25, 1.5
JPEG = "JPEG"


def describe_equal(real: Sequence[Path], fake: Sequence[Path]) -> str:
    """A sentence if files of the same bytes are in both folders; otherwise ""."""
    same = {*real} & {*fake}
    leaks = find_leaks(real, fake)
    count = len(same) + len(leaks)
    if not count:
        return ""
    example = f", e.g. {shown(leaks[0][0])} = {shown(leaks[0][1])}" if leaks else ""
    return (
        f"{count} of {len(fake)} generated files are real ones, byte for byte{example}: scores say "
        "little of a model then"
    )


def describe_differences(real: Sequence[Path], fake: Sequence[Path]) -> Iterator[str]:
    """Sentences on sizes that differ, and on compression that differs.

    Distances between distributions see both, and take them for a difference of the images
    (Parmar, Zhang, Zhu 2022, arXiv:2104.11222). A file that cannot be read is passed over.
    """
    folders = [_pick(files) for files in (real, fake)]
    yield from _describe_sizes(*folders)
    yield from _describe_compression(*folders)


def _describe_sizes(real: Sequence[Path], fake: Sequence[Path]) -> Iterator[str]:
    sizes = [[size for path in files if (size := _size(path))] for files in (real, fake)]
    if not all(sizes):
        return
    sides = [statistics.median((h * w) ** 0.5 for h, w in each) for each in sizes]
    if max(sides) > SIDES * min(sides):
        said = [f"{w} x {h} px" for (h, w), _ in (Counter(s).most_common(1)[0] for s in sizes)]
        yield (
            f"real images are mostly {said[0]}, generated ones {said[1]}: the smaller are less "
            "sharp, which distances between distributions see; compare images of one size"
        )


def _describe_compression(real: Sequence[Path], fake: Sequence[Path]) -> Iterator[str]:
    steps = [[step for path in files if (step := _quantisation(path))] for files in (real, fake)]
    are_jpeg = [2 * len(s) > len(files) for s, files in zip(steps, (real, fake), strict=True)]
    advice = "which distances between distributions see; save both alike"
    if are_jpeg[0] != are_jpeg[1]:
        kinds = ("real", "generated") if are_jpeg[0] else ("generated", "real")
        yield f"most {kinds[0]} images are JPEG, most {kinds[1]} ones are not, {advice}"
    elif all(are_jpeg):
        medians = [statistics.median(each) for each in steps]
        if max(medians) > STEPS * min(medians):
            more, less = ("real", "generated") if medians[0] > medians[1] else ("generated", "real")
            yield f"{more} images are JPEG of lower quality than {less} ones, {advice}"


def _pick(files: Sequence[Path]) -> list[Path]:
    count = min(MOST, len(files))
    return [files[place * len(files) // count] for place in range(count)]


def _size(path: Path) -> tuple[int, int] | None:
    try:
        return read_full_header(path, Variable(3)).size
    except DataError:
        return None


def _quantisation(path: Path) -> float | None:
    """The mean quantisation step of a JPEG's brightness; None for other files."""
    try:
        with open_image(path, [JPEG]) as image:
            tables = getattr(image, "quantization", {})
            return statistics.fmean(tables[0]) if tables.get(0) else None
    except (*UNOPENED, *BROKEN, Image.DecompressionBombError):
        return None
