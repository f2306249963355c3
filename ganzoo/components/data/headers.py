"""What the header of an image file says, and what reading many files leaves out, with counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ganzoo.components.data.decode import ORIENTATIONS, left_out
from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.raw import Header
from ganzoo.interfaces.variable import Variable

TURNED = [number for number, (swap, _) in ORIENTATIONS.items() if swap]


@dataclass(frozen=True)
class Look:
    """What a file holds, read in a fraction of a millisecond for most formats.

    size: (height, width) as the image is read, upright.
    channels: of colour: 1 for gray, 3 for RGB, 4 for CMYK; opacity is not counted.
    dtype: of the file's values, such as `uint8`.
    pages: pages of a TIFF, frames of an animation; only the first is read.
    left_out: what reading the file leaves out or ignores, in words that many files may share.
    """

    size: tuple[int, int]
    channels: int
    dtype: str
    pages: int = 1
    left_out: tuple[str, ...] = ()


def look(header: Header, variable: Variable) -> Look:
    """What `look_at` tells of a header."""
    height, width = header.size
    turned = header.orientation in TURNED
    size = (width, height) if turned else (height, width)
    return Look(size, header.bands, header.dtype, header.pages, left_out(header, variable))


def notes(looks: Mapping[Path, Look]) -> list[str]:
    """What reading all these files leaves out: a sentence a kind, with counts and one name."""
    told = [_of_pages(looks)] if any(look.pages > 1 for look in looks.values()) else []
    kinds = dict.fromkeys(what for look in looks.values() for what in look.left_out)
    return [*told, *(_of_kind(what, looks) for what in kinds)]


def _of_pages(looks: Mapping[Path, Look]) -> str:
    several = [path for path, look in looks.items() if look.pages > 1]
    unread = sum(looks[path].pages - 1 for path in several)
    return (
        f"{_files(several)} more than one page or frame: the first is read, {unread} "
        f"{'is' if unread == 1 else 'are'} left out; save them as files of their own to use them"
    )


def _of_kind(what: str, looks: Mapping[Path, Look]) -> str:
    return f"{_files([path for path, look in looks.items() if what in look.left_out])} {what}"


def _files(paths: list[Path]) -> str:
    more = f" and {len(paths) - 1} more images have" if len(paths) > 1 else " has"
    return f"{shown(paths[0])}{more}"
