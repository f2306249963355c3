"""How large the image in a strip or tile of a TIFF says that it is, where it is a file in itself.

Such a stream may hold more pixels than the strip or tile that it stands for, and would be decoded
whole: a JPEG 2000 of a kilobyte may have gigabytes of zeros.
"""

from __future__ import annotations

import io
import struct

from ganzoo.components.data.image_opening import open_image_in

JPEG, JPEG_2000, LERC = 7, 34712, 34887
WEBP, JPEG_XL = (50001, 34927), (50002, 52546)
STREAMS = {JPEG, JPEG_2000, LERC, *WEBP, *JPEG_XL}
# Width as so many parts of height, by the ratio of a JPEG XL (ISO/IEC 18181-1, D.2).
RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
# Markers of JPEG that begin a frame: all of C0 ... CF but tables and an extension.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def stream_size(content: bytes, compression: int) -> tuple[int, int] | None:
    """(height, width) of the image in a strip or tile; None for those that are no images.

    Raises:
        ValueError: it does not say, or is of a kind that is not read.
    """
    try:
        if compression == JPEG:
            return _of_jpeg(content)
        if compression == JPEG_2000:
            return _of_jpeg_2000(content)
        if compression == LERC:
            return _of_lerc(content)
        if compression in JPEG_XL:
            return _of_jpeg_xl(content)
        return _of_webp(content) if compression in WEBP else None
    except (struct.error, IndexError) as error:
        raise ValueError("a strip or tile of it is broken") from error


def _of_jpeg(content: bytes) -> tuple[int, int]:
    place = 2
    while True:
        mark, kind, length = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF:
            raise ValueError("a strip or tile of it is broken")
        if kind in FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return height, width
        place += 1 if kind == 0xFF else 2 + length


def _of_jpeg_2000(content: bytes) -> tuple[int, int]:
    """From the segment SIZ (ISO/IEC 15444-1, A.5.1)."""
    place = content.find(b"\xff\x4f\xff\x51")
    width, height, left, top = struct.unpack_from(">IIII", content, max(place, 0) + 8)
    return height - top, width - left


def _of_lerc(content: bytes) -> tuple[int, int]:
    """From the header of Lerc2 (github.com/Esri/lerc)."""
    if content[:6] != b"Lerc2 ":
        raise ValueError("its compression, LERC, is of a kind that is not read")
    (version,) = struct.unpack_from("<i", content, 6)
    height, width = struct.unpack_from("<ii", content, 14 if version >= 3 else 10)
    return height, width


def _of_webp(content: bytes) -> tuple[int, int]:
    with open_image_in(io.BytesIO(content), ["WEBP"]) as image:
        return image.height, image.width


def _of_jpeg_xl(content: bytes) -> tuple[int, int]:
    """From the header of the size (ISO/IEC 18181-1, D.2), which may be in a box."""
    for box, start in ((b"jxlc", 4), (b"jxlp", 8)):
        if content[4:8] == b"JXL " and box in content:
            content = content[content.index(box) + start :]
    bits = Bits(content[2:16])
    is_small = bits.take(1)
    height = bits.take_side(is_small)
    ratio = bits.take(3)
    if not ratio:
        return height, bits.take_side(is_small)
    numerator, denominator = RATIOS[ratio]
    return height, height * numerator // denominator


class Bits:
    """Numbers of so many bits each, the lowest first."""

    def __init__(self, content: bytes) -> None:
        self._rest = int.from_bytes(content, "little")

    def take(self, count: int) -> int:
        """The next number."""
        taken = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return taken

    def take_side(self, is_small: int) -> int:
        """The next side of an image."""
        if is_small:
            return 8 * (self.take(5) + 1)
        return 1 + self.take((9, 13, 18, 30)[self.take(2)])
