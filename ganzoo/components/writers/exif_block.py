"""The EXIF block of an image, for an image that was made from it."""

from __future__ import annotations

from PIL import ExifTags, Image

ORIENTATION = 0x0112
COLOUR_SPACE, WIDTH, HEIGHT, INTEROP = 0xA001, 0xA002, 0xA003, 0xA005
SRGB = 1
# Longer blocks, of which JPEG holds none, are left out whole.
LONGEST = 65533 - 6
# Tags of texts that a TIFF holds beside its image: description, maker, model, date, artist, rights.
TEXTS = (0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298)


def adapt_exif(block: bytes, is_srgb: bool) -> bytes:
    """An EXIF block without the thumbnail, the orientation and the size, as TIFF.

    is_srgb: colours were converted to sRGB, whatever the block says of them.
    Camera, dates, places, texts stay. A block that is broken or too long becomes b"".
    """
    try:
        exif = _parse(block)
        exif.pop(ORIENTATION, None)
        details = exif.get_ifd(ExifTags.IFD.Exif)
        for tag in (WIDTH, HEIGHT, *((INTEROP,) if is_srgb else ())):
            details.pop(tag, None)
        if is_srgb and COLOUR_SPACE in details:
            details[COLOUR_SPACE] = SRGB
        if not details:
            exif.pop(ExifTags.IFD.Exif, None)
        adapted = exif.tobytes().removeprefix(b"Exif\0\0") if exif else b""
    except Exception:  # a broken block raises struct.error, SyntaxError, ValueError ...
        return b""
    return adapted if len(adapted) <= LONGEST else b""


def list_texts(block: bytes) -> dict[int, bytes]:
    """The texts that a TIFF holds in tags of its own, by tag."""
    try:
        exif = _parse(block)
        return {tag: str(exif[tag]).encode() for tag in TEXTS if exif.get(tag)}
    except Exception:
        return {}


def _parse(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    if block and len(block) <= 4 * LONGEST:
        exif.load(block)
    return exif
