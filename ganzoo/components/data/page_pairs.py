"""Pairs of images, where each page of a file may be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from ganzoo.components.data.image_listing import counted, shown
from ganzoo.components.data.inspecting import list_pages
from ganzoo.components.data.pages import ImagePage
from ganzoo.errors import DataError
from ganzoo.interfaces.variable import Variable

Pair: TypeAlias = tuple[ImagePage, ImagePage]
"""The images of x and y; one image twice where they are side by side."""


def pair_halves(files: Sequence[Path], one: Variable, two: Variable) -> list[Pair]:
    """Images of which each half is one of a pair.

    Raises:
        DataError: the halves' pages are not the same.
    """
    if one.pages != two.pages:
        raise DataError("data.pages: x and y are halves of one file; give both one value")
    return [(image, image) for images in list_pages(files, one).values() for image in images]


def pair_partners(
    first: Mapping[str, Path], second: Mapping[str, Path], one: Variable, two: Variable
) -> list[Pair]:
    """The images of two folders' files, which have the same names, page by page.

    Raises:
        DataError: a file holds more images than its partner.
    """
    names = sorted(first)
    x = list_pages([first[name] for name in names], one).values()
    y = list_pages([second[name] for name in names], two).values()
    return [pair for images in zip(x, y, strict=True) for pair in _match_pages(*images)]


def _match_pages(x: Sequence[ImagePage], y: Sequence[ImagePage]) -> list[Pair]:
    if len(x) != len(y):
        raise DataError(
            f"data.pages: {shown(x[0].path)} holds {counted(len(x))} and {shown(y[0].path)} "
            f"{len(y)}, but pairs are matched page by page"
        )
    return list(zip(x, y, strict=True))
