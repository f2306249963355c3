"""The values of an image opened by Pillow, which hides some: the low bytes of 16 bits, for one."""

from __future__ import annotations

from typing import IO

import numpy as np
from PIL import Image, ImageFile

from ganzoo.components.data.image_opening import open_image_in
from ganzoo.interfaces.reader import Raw, Values, key_opacity

# Layouts of 16-bit PNGs, and those that make Pillow read the low bytes instead of the high ones.
LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
# Gray and opacity of 16 bits: four bytes a pixel, which are read as RGBA.
GRAY_16_ALPHA = "LA;16B"
# Factors that turn the transparent level of an image of few bits into one of 8 bits.
KEY_FACTOR = {"L;2": 85, "L;4": 17}


def is_deep(image: Image.Image, layout: str) -> bool:
    """Whether values of more than 8 bits can be had."""
    return image.mode.startswith("I") or layout in LOW_BYTES or layout == GRAY_16_ALPHA


def layout_of(image: ImageFile.ImageFile) -> str:
    """How the file lays out a pixel, such as `RGB;16B`; known until the image is loaded."""
    args = image.tile[0].args if image.tile else None
    return str(args[0] if isinstance(args, tuple) else args)


def depth_of(image: ImageFile.ImageFile, file: IO[bytes]) -> int:
    """The number of bits of a value, as the file's header says."""
    if image.format not in ("JPEG2000", "AVIF"):
        return 16 if image.mode.startswith("I") or ";16" in layout_of(image) else 8
    place = file.tell()
    file.seek(0)
    start = file.read(1 << 16)
    file.seek(place)
    return _depth_of_jpeg_2000(start) if image.format == "JPEG2000" else _depth_of_avif(start)


def _depth_of_jpeg_2000(start: bytes) -> int:
    """From the first component in the SIZ segment (ISO/IEC 15444-1, A.5.1)."""
    place = start.find(b"\xff\x4f\xff\x51")
    sizes = start[place + 42 : place + 43] if place >= 0 else b""
    return (sizes[0] & 0x7F) + 1 if sizes else 8


def _depth_of_avif(start: bytes) -> int:
    """From the property `pixi` (ISO/IEC 23008-12, 6.5.6)."""
    place = start.find(b"pixi")
    depths = start[place + 9 : place + 10] if place >= 0 else b""
    return depths[0] if depths else 8


def read_values(image: ImageFile.ImageFile, file: IO[bytes], layout: str, depth: int) -> Raw:
    """The values of the current frame. layout, depth: as they were before it was loaded."""
    if layout == GRAY_16_ALPHA:
        values = _as_laid_out(image, file, "RGBA").astype(np.uint16)
        pairs = values[..., 0::2] * 256 + values[..., 1::2]
        return Raw(pairs[..., :1], _share(pairs[..., 1], 65535))
    image.load()
    if layout in LOW_BYTES:
        low = _as_laid_out(image, file, LOW_BYTES[layout])
        return _split(np.array(image).astype(np.uint16) * 256 + low, 65535, image)
    if image.mode.startswith("I"):
        values = np.array(image).astype(np.uint16)[..., None]
        return _split(values >> (16 - depth) if depth < 16 else values, 65535, image)
    if image.mode == "F":
        return Raw(np.array(image)[..., None])
    return _shallow(image, layout)


def _shallow(image: Image.Image, layout: str) -> Raw:
    """The values of an image of 8 bits or less."""
    key = image.info.get("transparency")
    if image.mode in ("P", "PA"):
        transparent = image.mode == "PA" or key is not None
        return _split(np.array(image.convert("RGBA" if transparent else "RGB")), 255)
    if image.mode in ("1", "YCbCr", "RGBX"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    values = np.array(image)
    values = values[..., None] if values.ndim == 2 else values
    if isinstance(key, int):
        return Raw(values, key_opacity(values, key * KEY_FACTOR.get(layout, 1)))
    return Raw(values) if image.mode == "CMYK" else _split(values, 255, image)


def _split(values: Values, top: int, image: Image.Image | None = None) -> Raw:
    """Colours and opacity: the 2nd or 4th band, or else one transparent colour if there is one."""
    if values.shape[-1] in (2, 4):
        return Raw(values[..., :-1], _share(values[..., -1], top))
    return Raw(values, key_opacity(values, image.info.get("transparency") if image else None))


def _share(opacity: Values, top: int) -> Values:
    return opacity.astype(np.float32) / top


def _as_laid_out(image: Image.Image, file: IO[bytes], layout: str) -> Values:
    """The file's bytes (H, W, bands), read again as if they were laid out like that."""
    file.seek(0)
    with open_image_in(file, [str(image.format)]) as again:
        again.tile = [tile._replace(args=layout) for tile in again.tile]
        return np.array(again)
