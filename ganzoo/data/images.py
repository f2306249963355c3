"""Image files in and out. Every file that cannot be read is a DataError that names it."""

from __future__ import annotations

import functools
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import torch
from PIL import Image, ImageFile, UnidentifiedImageError
from torch import Tensor

from ganzoo.data.decode import decode
from ganzoo.data.headers import Look
from ganzoo.data.listing import SUFFIXES as SUFFIXES
from ganzoo.data.listing import list_images as list_images
from ganzoo.data.listing import shown as shown
from ganzoo.errors import DataError
from ganzoo.files import write_with
from ganzoo.variable import Variable

# 64 Mpixel are 192 MB as 8-bit RGB; more is a bomb or belongs in tiles.
MAX_PIXELS = 2**26
# Never all that Pillow knows: EPS would start Ghostscript. JPEG includes MPO.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")
RGB = Variable()


def read_image(path: Path, variable: Variable = RGB) -> Tensor:
    """One image file as a tensor (channels, H, W) of 0 ... 255, upright.

    variable: how it is read: channels (3 is RGB, 1 is gray), range and colour. It is not resized.
    8-bit sources are uint8. Deeper ones are float32 on the same scale: 16-bit gray, RGB and RGBA
    divided by 257, float TIFF (which must hold 0 ... 1) times 255. The EXIF orientation is applied,
    transparency is laid on white, the first frame of an animation and the first picture of a
    stereo pair are read, colour profiles are ignored.

    Raises:
        DataError: the file is missing, unreadable, broken, larger than MAX_PIXELS, not an image of
            FORMATS, or holds values that are not finite or out of range.
    """
    try:
        with _opened(path) as (image, file):
            return decode(image, file, variable.channels)
    except Exception as error:  # broken files raise a dozen kinds, from SyntaxError to OSError
        raise DataError(f"{shown(path)} cannot be read: {_reason(error)}") from error


def look_at(path: Path, variable: Variable = RGB) -> Look:
    """What the header of an image file says, and what reading it as that variable leaves out.

    Raises:
        DataError: the header shows that `read_image` would refuse it.
    """
    try:
        with _opened(path) as (image, _):
            return Look((image.height, image.width), len(image.getbands()), "uint8")
    except Exception as error:
        raise DataError(f"{shown(path)} cannot be read: {_reason(error)}") from error


def save_image(image: Tensor, path: Path) -> None:
    """Write an image (C, H, W) in [-1, 1], C = 1 or 3, as 8-bit PNG; nothing half-written is seen.

    Values are clamped and rounded; NaN becomes black.

    Raises:
        OSError: the folder cannot be written.
        ValueError: the image has other than 1 or 3 channels.
    """
    if len(image) not in (1, 3):
        raise ValueError(f"an image of {len(image)} channels cannot be written; 1 or 3 can")
    levels = ((image.detach().float().nan_to_num(-1.0) + 1) * 127.5).round().clamp(0, 255)
    array = levels.to("cpu", torch.uint8).permute(1, 2, 0).numpy()
    picture = Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)
    write_with(path, lambda file: picture.save(file, "PNG"))


def to_range(image: Tensor) -> Tensor:
    """0 ... 255 to [-1, 1], float32; exact, as multiplying by 1 / 127.5 would not be."""
    return image / 127.5 - 1


@functools.cache
def _formats() -> tuple[str, ...]:
    """FORMATS, less those that this Pillow was built without."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[ImageFile.ImageFile, IO[bytes]]]:
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe or a device might never return
        raise ValueError("it is not a regular file")
    with path.open("rb") as file, Image.open(file, formats=_formats()) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        yield image, file


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"it is broken, no image, or in none of the formats {', '.join(_formats())}"
    if isinstance(error, Image.DecompressionBombError):
        return f"it has more than {MAX_PIXELS} pixels; cut it into tiles"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
