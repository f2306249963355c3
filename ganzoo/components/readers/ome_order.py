"""The order of the planes of an OME-TIFF, as its XML says (docs.openmicroscopy.org/ome-model)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree import ElementTree

AXES = "ZCT"


def ome_order(xml: str | None, count: int) -> list[int] | None:
    """The page of each plane of the first image, or None: as they are stored.

    count: how many pages the file has. The last of its axes, in `DimensionOrder`, varies slowest.
    An order that the file cannot have, and one that names other files, is None.
    """
    if xml is None or "<!" in xml:  # a declaration may expand without bounds
        return None
    try:
        pixels = ElementTree.fromstring(xml.encode()).find("{*}Image/{*}Pixels")
        return None if pixels is None else _order(pixels, count)
    except (ElementTree.ParseError, ValueError, KeyError):
        return None


def _order(pixels: ElementTree.Element, count: int) -> list[int] | None:
    axes = [axis for axis in pixels.attrib["DimensionOrder"] if axis in AXES]
    sizes = {axis: int(pixels.attrib[f"Size{axis}"]) for axis in axes}
    samples = [int(each.get("SamplesPerPixel", 1)) for each in pixels.findall("{*}Channel")]
    sizes["C"] //= max(1, *samples, 1)
    if not 0 < math.prod(sizes.values()) <= count:
        return None
    places: dict[int, int] = {}
    for data in pixels.findall("{*}TiffData"):
        if data.find("{*}UUID[@FileName]") is not None and _is_elsewhere(pixels):
            return None
        places.update(_places(data, axes, sizes, count))
    wanted = range(math.prod(sizes.values()))
    whole = set(places) == set(wanted) and len(set(places.values())) == len(places)
    return [places[plane] for plane in wanted] if whole else None


def _is_elsewhere(pixels: ElementTree.Element) -> bool:
    """Whether planes are in several files."""
    names = {each.get("FileName") for each in pixels.findall("{*}TiffData/{*}UUID")}
    return len(names) > 1


def _places(
    data: ElementTree.Element, axes: list[str], sizes: dict[str, int], count: int
) -> Iterator[tuple[int, int]]:
    """Planes and their pages, of one block of successive ones."""
    first, step = 0, 1
    for axis in axes:
        first += step * int(data.get(f"First{axis}", 0))
        step *= sizes[axis]
    page = int(data.get("IFD", 0))
    number = int(data.get("PlaneCount", 1 if "IFD" in data.attrib else step))
    for i in range(min(number, count - page, step - first)):
        yield first + i, page + i
