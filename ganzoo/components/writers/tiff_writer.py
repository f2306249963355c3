"""TIFF and BigTIFF."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

from ganzoo.components.writers.exif_block import list_texts
from ganzoo.components.writers.strips import LEVEL, STRATEGY, cut_anew
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm, Writer

# Larger images get tiles, so that a region is read without the whole rows beside it.
TILED = 2048
TILE = 256
# About how many bytes a strip has before it is compressed (TIFF 6.0 says 8 kB; disks grew).
STRIP = 2**18
# Classic TIFF ends at 4 GiB; incompressible values grow a little, and tags take some room.
MOST_CLASSIC = 2**32 - 2**26
HORIZONTAL = 2  # the predictor


class TiffWriter(Writer):
    """TIFF: any type, channels and pages, deflated; BigTIFF where it might exceed 4 GiB.

    Three channels are RGB. Of others, the first is gray and the rest are unspecified.
    """

    def find_obstacle(self, form: ImageForm) -> str:
        """Nothing: it holds whatever networks make."""
        return ""

    def write(self, file: IO[bytes], form: ImageForm, strips: Iterable[Values]) -> None:
        """Write it in strips or tiles, with its profile, its resolution and the texts of EXIF."""
        import tifffile

        block = _block(form)
        tiled = block[1] < form.size[1]
        is_rgb = form.channels == 3
        texts = list_texts(form.exif)
        named = tifffile.FileHandle(file, name="image.tif")  # an open file may have no name
        with tifffile.TiffWriter(named, bigtiff=_bytes(form) > MOST_CLASSIC, byteorder="<") as tiff:
            tiff.write(
                _encoded(strips, form, block),
                shape=form.shape,
                dtype=form.dtype,
                photometric="rgb" if is_rgb else "minisblack",
                planarconfig="contig" if form.channels > 1 else None,
                extrasamples=() if is_rgb else ("unspecified",) * (form.channels - 1),
                tile=block if tiled else None,
                rowsperstrip=None if tiled else block[0],
                compression="zlib",
                predictor=_differs(form),
                iccprofile=form.profile or None,
                resolution=form.dpi,
                resolutionunit="inch" if form.dpi else None,
                metadata=None,
                software=False,
                extratags=[(tag, "s", 0, text, True) for tag, text in texts.items()],
            )


def _bytes(form: ImageForm) -> int:
    return math.prod(form.shape) * np.dtype(form.dtype).itemsize


def _block(form: ImageForm) -> tuple[int, int]:
    """(height, width) of what is compressed at a time: a tile, or a strip of a smaller image."""
    height, width = form.size
    if min(height, width) >= TILED:
        return TILE, TILE
    row = _bytes(form) // (form.pages * height)
    return min(height, max(1, STRIP // row)), width


def _differs(form: ImageForm) -> bool:
    """Whether differences are stored; readers know them for integers, hardly for floats."""
    return form.dtype != "float32"


def _encoded(strips: Iterable[Values], form: ImageForm, block: tuple[int, int]) -> Iterator[bytes]:
    """Strips or tiles, compressed. Tiles at the right and lower edge are filled up with zeros."""
    height, width = block
    for rows in cut_anew(strips, form, height):
        for left in range(0, form.size[1], width):
            piece = rows[:, left : left + width]
            if width < form.size[1]:
                more = height - len(piece), width - piece.shape[1]
                piece = np.pad(piece, ((0, more[0]), (0, more[1]), (0, 0)))
            yield _compress(piece, form)


def _compress(piece: Values, form: ImageForm) -> bytes:
    values = np.array(piece, np.dtype(form.dtype).newbyteorder("<"), order="C")
    if _differs(form):
        values[:, 1:] -= piece[:, :-1]
    packer = zlib.compressobj(LEVEL, strategy=STRATEGY)
    return packer.compress(values.data) + packer.flush()
