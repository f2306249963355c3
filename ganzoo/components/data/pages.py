"""Pages of a file: an image each, the channels of one image, or the slices of a volume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from ganzoo.components.data.decode import check, decode
from ganzoo.components.data.image_opening import MAX_PIXELS
from ganzoo.interfaces.reader import Header, Raw
from ganzoo.interfaces.variable import Variable

# How many pages of a file may be images of their own.
MOST_PAGES = 2**16
# How many values all pages may have that become one image or volume: 1 GB of float32.
MOST_VALUES = 4 * MAX_PIXELS


class ImagePage(NamedTuple):
    """An image in a file. page: counted from 0, where each page is an image of its own."""

    path: Path
    page: int = 0

    @property
    def name(self) -> str:
        """`a.tif`, or `a.tif, page 3`."""
        return f"{self.path.name}, page {self.page + 1}" if self.page else self.path.name


def check_pages(header: Header, variable: Variable) -> None:
    """Refuse a file whose pages cannot become this variable, before its pixels are read.

    Raises:
        ValueError: as `check`; or its pages are too many, or no volume.
    """
    check(header, _of_page(header, variable))
    if variable.pages == "channels" and _joined_channels(header) != variable.channels:
        raise ValueError(
            f"its {_counted(header.pages)} together {_joined_channels(header)} channels, and "
            f"channels = {variable.channels}"
        )
    if variable.pages == "first" and header.volume:
        raise ValueError(
            f"it is a volume of {header.pages} slices, of which pages = 'first' would read one; "
            "'each', 'channels' and 'depth' read all"
        )
    if variable.pages == "depth" and header.pages < 2:
        raise ValueError("it is a flat image, and pages = 'depth' takes files of several slices")
    if variable.pages == "each" and header.pages > MOST_PAGES:
        raise ValueError(f"it has {header.pages} pages; {MOST_PAGES} are read at most")


def check_together(header: Header, variable: Variable) -> None:
    """Refuse a file whose pages take too much memory together.

    Raises:
        ValueError: they have more than MOST_VALUES.
    """
    pages = header.pages if variable.pages in ("channels", "depth") else 1
    height, width = header.size
    if pages > 1 and pages * height * width * max(header.bands, header.samples) > MOST_VALUES:
        raise ValueError(f"its {pages} pages have more than {MOST_VALUES} values together")


def decode_pages(
    header: Header, read: Callable[[int], Raw], variable: Variable, page: int = 0
) -> Tensor:
    """An image (channels, H, W) or a volume (channels, pages, H, W) in 0 ... 255, as of `decode`.

    read: the values of a page. page: which one, where each page is an image of its own.

    Raises:
        ValueError: as `decode`.
    """
    if page >= header.pages:
        raise ValueError(f"it has no page {page + 1}")
    one = _of_page(header, variable)
    if variable.pages not in ("channels", "depth"):
        return decode(header, read(page), one)
    first = decode(header, read(0), one)
    # All pages stand in memory once; a list of them, joined, would be twice as much.
    joined = first.new_empty((header.pages, *first.shape))
    joined[0] = first
    for index in range(1, header.pages):
        joined[index] = decode(header, read(index), one)
    return joined.flatten(0, 1) if variable.pages == "channels" else joined.transpose(0, 1)


def shown_page(header: Header, variable: Variable) -> int:
    """A page that shows how a file's values are: the middle one, where all are read."""
    return 0 if variable.pages == "first" else header.pages // 2


def _of_page(header: Header, variable: Variable) -> Variable:
    """The variable that one page is read as."""
    if variable.pages != "channels":
        return variable
    return replace(variable, channels=_own_channels(header))


def _own_channels(header: Header) -> int:
    return {"gray": 1, "rgb": 3, "cmyk": 3}.get(header.kind, header.bands)


def _joined_channels(header: Header) -> int:
    return header.pages * _own_channels(header)


def _counted(pages: int) -> str:
    return "page has" if pages == 1 else f"{pages} pages have"
