"""PNG written chunk by chunk from strips (PNG, third edition, W3C 2025), 8 and 16 bits alike."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

from ganzoo.components.writers.strips import LEVEL, STRATEGY, cut_anew
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2}
METRE = 1 / 0.0254  # inches
# Values that are filtered at a time: some megabytes in work.
TOGETHER = 2**18


def write_chunks(file: IO[bytes], form: ImageForm, strips: Iterable[Values]) -> None:
    """Write a PNG of 1 or 3 channels, uint8 or uint16, with a few rows in memory at a time."""
    height, width = form.size
    depth = 8 * np.dtype(form.dtype).itemsize
    start = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[form.channels], 0, 0, 0)
    file.write(SIGNATURE)
    _write_chunk(file, b"IHDR", start)
    if form.profile:
        _write_chunk(file, b"iCCP", b"ICC Profile\0\0" + zlib.compress(form.profile))
    if form.dpi:
        _write_chunk(file, b"pHYs", struct.pack(">IIB", *(round(d * METRE) for d in form.dpi), 1))
    if form.exif:
        _write_chunk(file, b"eXIf", form.exif)
    packer = zlib.compressobj(LEVEL, strategy=STRATEGY)
    for rows in _filtered(form, strips):
        _write_chunk(file, b"IDAT", packer.compress(rows))
    _write_chunk(file, b"IDAT", packer.flush())
    _write_chunk(file, b"IEND", b"")


def _write_chunk(file: IO[bytes], kind: bytes, content: bytes) -> None:
    if content or kind == b"IEND":
        check = zlib.crc32(content, zlib.crc32(kind))
        file.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check))


def _filtered(form: ImageForm, strips: Iterable[Values]) -> Iterator[bytes]:
    """The image's bytes, a few rows at a time, each row after the filter that suits it."""
    stored = np.dtype(form.dtype).newbyteorder(">")
    pixel = stored.itemsize * form.channels
    above = np.zeros((1, form.size[1] * pixel), np.uint8)
    for strip in cut_anew(strips, form, max(1, TOGETHER // above.size)):
        rows = np.ascontiguousarray(strip, stored).reshape(len(strip), -1).view(np.uint8)
        yield _filter(rows, np.concatenate([above, rows[:-1]]), pixel).tobytes()
        above = rows[-1:]


def _filter(rows: Values, above: Values, pixel: int) -> Values:
    """Rows (h, bytes) as differences, each by the one of four filters whose sum is the least.

    That rule is the standard's (12.7). above: each row's upper neighbour. pixel: its bytes.
    """
    left, corner = _shifted(rows, pixel), _shifted(above, pixel)
    mean = ((left.astype(np.uint16) + above) >> 1).astype(np.uint8)
    guesses = left, above, mean, _paeth(left, above, corner)  # filters 1 to 4
    candidates = [rows - guess for guess in guesses]
    costs = [np.abs(each.view(np.int8).astype(np.int16)).sum(1) for each in candidates]
    best = np.argmin(costs, 0)
    chosen = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    chosen[:, 0] = best + 1
    for number, candidate in enumerate(candidates):
        chosen[best == number, 1:] = candidate[best == number]
    return chosen


def _shifted(rows: Values, pixel: int) -> Values:
    """Each byte's neighbour to the left; 0 where there is none."""
    return np.pad(rows, ((0, 0), (pixel, 0)))[:, : rows.shape[1]]


def _paeth(left: Values, above: Values, corner: Values) -> Values:
    """The neighbour that is closest to left + above - corner (9.4)."""
    down, right = above.astype(np.int16) - corner, left.astype(np.int16) - corner
    to_left, to_above, to_corner = np.abs(down), np.abs(right), np.abs(down + right)
    upper = np.where(to_above <= to_corner, above, corner)
    nearest: Values = np.where((to_left <= to_above) & (to_left <= to_corner), left, upper)
    return nearest
