"""Summaries of the headers of image files, and warnings of what reading the files leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ganzoo.components.data.decode import ORIENTATIONS, list_left_out
from ganzoo.components.data.image_listing import shown
from ganzoo.interfaces.reader import Box, Header
from ganzoo.interfaces.variable import Variable

TURNED = [number for number, (swap, _) in ORIENTATIONS.items() if swap]


@dataclass(frozen=True)
class HeaderSummary:
    """What the header of a file says. For most formats it takes less than a millisecond to read.

    size: (height, width) as the image is read, upright.
    channels: of colour: 1 for gray, 3 for RGB, 4 for CMYK; opacity is not counted.
    dtype: of the file's values, such as `uint8`.
    pages: pages of a TIFF, frames of an animation, slices of a volume.
    unread: how many of them are not read.
    left_out: what reading the file leaves out or ignores, in words that many files may share.
    """

    size: tuple[int, int]
    channels: int
    dtype: str
    pages: int = 1
    left_out: tuple[str, ...] = ()
    unread: int = 0


def summarise(header: Header, variable: Variable) -> HeaderSummary:
    """A header as a person reads it, for a file that is read as that variable."""
    left_out = list_left_out(header, variable)
    unread = header.pages - 1 if variable.pages == "first" else 0
    return HeaderSummary(
        turned_size(header), header.bands, header.dtype, header.pages, left_out, unread
    )


def turned_size(header: Header) -> tuple[int, int]:
    """(height, width) of the image as it is read, upright."""
    height, width = header.size
    return (width, height) if header.orientation in TURNED else (height, width)


def stored_box(box: Box, header: Header) -> Box:
    """Where a box (top, left, height, width) of the upright image is in the image as stored."""
    (top, left, height, width), (rows, columns) = box, turned_size(header)
    swap, flips = ORIENTATIONS.get(header.orientation, (False, []))
    top = rows - top - height if -2 in flips else top
    left = columns - left - width if -1 in flips else left
    return (left, top, width, height) if swap else (top, left, height, width)


def header_warnings(headers: Mapping[Path, HeaderSummary]) -> list[str]:
    """What reading these files leaves out: one sentence a kind, with counts and one name."""
    pages = [_of_pages(headers)] if any(each.unread for each in headers.values()) else []
    kinds = dict.fromkeys(what for each in headers.values() for what in each.left_out)
    return [*pages, *(_of_kind(what, headers) for what in kinds)]


def _of_pages(headers: Mapping[Path, HeaderSummary]) -> str:
    several = [path for path, each in headers.items() if each.unread]
    unread = sum(headers[path].unread for path in several)
    return (
        f"{_files(several)} more than one page or frame: the first is read, {unread} "
        f"{'is' if unread == 1 else 'are'} left out; data.pages = 'each', 'channels' or 'depth' "
        "reads them"
    )


def _of_kind(what: str, headers: Mapping[Path, HeaderSummary]) -> str:
    return f"{_files([path for path, each in headers.items() if what in each.left_out])} {what}"


def _files(paths: list[Path]) -> str:
    more = f" and {len(paths) - 1} more images have" if len(paths) > 1 else " has"
    return f"{shown(paths[0])}{more}"
