"""Image files that are read by Pillow: every format but TIFF and Netpbm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
from PIL import ExifTags, Image, ImageFile

from ganzoo.components.data.image_opening import open_image_in
from ganzoo.interfaces.reader import (
    Header,
    Kind,
    OpenedImage,
    Raw,
    Reader,
    Values,
    key_opacity,
)

ORIENTATION_TAG = 0x0112
# Where Pillow keeps the blocks in which it looks for EXIF tags.
EXIF = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")
# Layouts of 16-bit PNGs, and those that make Pillow read the low bytes instead of the high ones.
LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
# Gray and opacity of 16 bits: four bytes a pixel, which are read as RGBA.
GRAY_16_ALPHA = "LA;16B"
# Factors that turn the transparent level of an image of few bits into one of 8 bits.
KEY_FACTOR = {"L;2": 85, "L;4": 17}
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("1", "L", "LA", "I;16", "I;16B", "F"), "gray"),
    **dict.fromkeys(("P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"), "rgb"),
    "CMYK": "cmyk",
}
BANDS: dict[Kind, int] = {"gray": 1, "rgb": 3, "cmyk": 4}
SRGB_GAMMA = 0.45455
# A JPEG is decoded at an eighth, a quarter or a half of its size, which saves most of the time, if
# so many times the wanted size are left. Resized, 64 photos of 600 x 400 px and 4 of 12 megapixels
# differed from the same of the whole image by 0.2 to 0.3 levels on average, and by 7 at most.
ENOUGH = 2.5
DEPTH = "more than 8 bits a value in this format, of which 8 are read"


class PillowReader(Reader):
    """Reads JPEG, PNG, WebP and what else Pillow knows, as far as `readable` goes."""

    def recognises(self, start: bytes) -> bool:
        """True: Pillow itself tells what it cannot read."""
        return True

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open an image.

        Raises:
            ValueError: its colours are of a kind that is not read.
            OSError: it is broken, or in no format that Pillow reads.
        """
        with open_image_in(file) as image:
            yield _opened(image, file)


def _opened(image: ImageFile.ImageFile, file: IO[bytes]) -> OpenedImage:
    if image.mode not in KINDS:
        raise ValueError(f"its colours are {image.mode}; save it as gray or RGB")
    layout, depth = _layout(image), _depth(image, file)
    header = _header(image, layout, depth)
    reduces = image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB")
    return OpenedImage(
        header,
        lambda page: _turned(_read(image, file, layout, depth), image),
        (lambda enough: _reduce(image, enough)) if reduces else None,
    )


def orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1, upright, where there is none or the block is broken."""
    if image.info.keys().isdisjoint(EXIF):
        return 1
    try:
        return int(_exif(image).get(ORIENTATION_TAG, 1))
    except Exception:  # a broken block raises struct.error, SyntaxError, ValueError ...
        return 1


def _reduce(image: ImageFile.ImageFile, enough: tuple[int, int]) -> bool:
    """Let a JPEG be decoded at a fraction of its size, one that leaves no part of a pixel over."""
    least = min(image.height / enough[0], image.width / enough[1]) / ENOUGH
    for factor in (8, 4, 2):
        if factor <= least and image.height % factor == 0 and image.width % factor == 0:
            image.draft(None, (image.width // factor, image.height // factor))
            return True
    return False


def _header(image: ImageFile.ImageFile, layout: str, depth: int) -> Header:
    kind, deep = KINDS[image.mode], _is_deep(image, layout)
    if layout == GRAY_16_ALPHA:
        kind = "gray"
    top = 1.0 if image.mode == "F" else 2.0**depth - 1 if deep else 255.0
    return Header(
        (image.height, image.width),
        kind,
        BANDS[kind],
        "float32" if image.mode == "F" else "uint16" if deep else "uint8",
        (0.0, top),
        profile=_profile(image),
        orientation=orientation(image),
        pages=int(getattr(image, "n_frames", 1)),
        left_out=tuple(_ignored(image, depth > 8 and not deep)),
    )


def _ignored(image: Image.Image, cut: bool) -> Iterator[str]:
    """What of the file's header is ignored, in words that follow "has"."""
    if cut:
        yield DEPTH
    if _profile(image):
        return
    gamma = image.info.get("gamma", SRGB_GAMMA)
    if "srgb" not in image.info and abs(gamma / SRGB_GAMMA - 1) > 0.1:
        yield f"a gamma of {gamma:.3g}, which is ignored: convert it to sRGB"
    if not image.info.keys().isdisjoint(EXIF) and _is_adobe_rgb(image):
        yield "the colours of Adobe RGB without a profile, read as sRGB: embed the profile"


def _is_adobe_rgb(image: Image.Image) -> bool:
    """Whether EXIF says so, by an index of R03 (Exif 2.3, 4.6.6, and DCF 2.0, 3.1)."""
    try:
        return _exif(image).get_ifd(ExifTags.IFD.Interop).get(1) == "R03"
    except Exception:
        return False


def _exif(image: Image.Image) -> Image.Exif:
    """The EXIF block, read through an image without a format.

    Pillow's own PNG image would load its pixels to read the block. Their errors would be lost here,
    and a block behind the pixels would not be read later.
    """
    bare = Image.new("1", (1, 1))
    bare.info = image.info
    return bare.getexif()


def _profile(image: Image.Image) -> bytes:
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) else b""


def _is_deep(image: Image.Image, layout: str) -> bool:
    return image.mode.startswith("I") or layout in LOW_BYTES or layout == GRAY_16_ALPHA


def _layout(image: ImageFile.ImageFile) -> str:
    """How the file lays out a pixel, such as `RGB;16B`; known until the image is loaded."""
    args = image.tile[0].args if image.tile else None
    return str(args[0] if isinstance(args, tuple) else args)


def _depth(image: ImageFile.ImageFile, file: IO[bytes]) -> int:
    """The number of bits of a value, as the file's header says."""
    if image.format not in ("JPEG2000", "AVIF"):
        return 16 if image.mode.startswith("I") or ";16" in _layout(image) else 8
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


def _turned(raw: Raw, image: Image.Image) -> Raw:
    """With the orientation, which a PNG may hold behind its pixels."""
    return raw._replace(orientation=orientation(image)) if image.format == "PNG" else raw


def _read(image: ImageFile.ImageFile, file: IO[bytes], layout: str, depth: int) -> Raw:
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
