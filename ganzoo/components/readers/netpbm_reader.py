"""PGM and PPM files, whose values have any depth up to 16 bits, as the header says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np

from ganzoo.components.data.image_opening import check_values
from ganzoo.components.readers.stored_rows import StoredRows
from ganzoo.interfaces.reader import Header, Kind, OpenedImage, Raw, Reader, Values

KINDS: dict[bytes, tuple[Kind, int]] = {
    b"P2": ("gray", 1),
    b"P3": ("rgb", 3),
    b"P5": ("gray", 1),
    b"P6": ("rgb", 3),
}
PLAIN = (b"P2", b"P3")
# Four words, with spaces and comments between them; a comment ends with its line.
GAP = rb"(?:\s|#[^\n\r]*[\n\r])+"
HEADER = re.compile(
    rb"(P[2356])" + GAP + rb"(\d{1,9})" + GAP + rb"(\d{1,9})" + GAP + rb"(\d{1,5})\s"
)
START = 1 << 16
MOST = 65535


class NetpbmReader(Reader):
    """Reads PGM and PPM, as text or not."""

    def recognises(self, start: bytes) -> bool:
        """Whether a file that begins like that is a PGM or PPM."""
        return start[:2] in KINDS

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open a PGM or PPM.

        Raises:
            ValueError: its header is broken.
        """
        yield _opened(file)


def _opened(file: IO[bytes]) -> OpenedImage:
    file.seek(0)
    match = HEADER.match(file.read(START))
    if not match:
        raise ValueError("its header is broken")
    magic, (width, height, top) = match[1], map(int, match.groups()[1:])
    if not 0 < top <= MOST or not width or not height:
        raise ValueError("its header is broken")
    kind, bands = KINDS[magic]
    dtype = "uint8" if top < 256 else "uint16"
    header = Header((height, width), kind, bands, dtype, (0.0, float(top)))
    start = match.end()
    if magic in PLAIN:
        return OpenedImage(header, lambda page: Raw(_written(file, start, header)))
    stored = np.dtype(">u2" if dtype == "uint16" else "u1")
    rows = StoredRows(file, start, stored, (height, width, bands))
    return OpenedImage(
        header, lambda page: Raw(rows.read()), None, lambda box, page: Raw(rows.read(box))
    )


def _written(file: IO[bytes], start: int, header: Header) -> Values:
    """Values (H, W, bands) that are written as text."""
    shape = (*header.size, header.bands)
    check_values(*shape)
    count = int(np.prod(shape))
    file.seek(start)
    # A value has at most 5 digits and a space; comments are few.
    words = re.sub(rb"#[^\n\r]*", b"", file.read(8 * count + START)).split()[:count]
    if len(words) < count:
        raise ValueError("it ends before its last row")
    return np.array([int(word) for word in words], header.dtype).reshape(shape)
