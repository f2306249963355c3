"""Image files in and out. Every file that cannot be read is a DataError that names it."""

from __future__ import annotations

import functools
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from PIL import Image, ImageFile, UnidentifiedImageError
from torch import Tensor

from ganzoo.errors import DataError
from ganzoo.files import write_with

# 64 Mpixel are 192 MB as 8-bit RGB; more is a bomb or belongs in tiles.
MAX_PIXELS = 2**26
# Never all that Pillow knows: EPS would start Ghostscript. JPEG includes MPO.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")
SUFFIXES = (
    *(".avif", ".bmp", ".jfif", ".jp2", ".jpeg", ".jpg", ".mpo"),
    *(".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"),
)
# ITU-R BT.601, as Pillow's own conversion to gray.
LUMA = (0.299, 0.587, 0.114)
# Pixel layouts of 16-bit colour, and the same in the other byte order (N is this machine's).
_FOREIGN = "B" if sys.byteorder == "little" else "L"
OTHER_ORDER = {
    f"{mode};16{order}": f"{mode};16{other}"
    for mode in ("RGB", "RGBA")
    for order, other in (("B", "L"), ("L", "B"), ("N", _FOREIGN))
}
# EXIF orientation: swap rows and columns?, then flip these dimensions.
ORIENTATION_TAG = 0x0112
ORIENTATIONS: dict[int, tuple[bool, list[int]]] = {
    2: (False, [-1]),
    3: (False, [-2, -1]),
    4: (False, [-2]),
    5: (True, []),
    6: (True, [-1]),
    7: (True, [-2, -1]),
    8: (True, [-2]),
}


def read_image(path: Path, channels: int = 3) -> Tensor:
    """One image file as a tensor (channels, H, W) of 0 ... 255, upright.

    channels: 3 is RGB, 1 is gray.
    8-bit sources are uint8. Deeper ones are float32 on the same scale: 16-bit gray, RGB and RGBA
    divided by 257, float TIFF (which must hold 0 ... 1) times 255. The EXIF orientation is applied, transparency is laid on white, the first frame of an
    animation and the first picture of a stereo pair are read, colour profiles are ignored.

    Raises:
        DataError: the file is missing, unreadable, broken, larger than MAX_PIXELS, not an image of
            FORMATS, or holds values that are not finite or out of range.
    """
    try:
        return _read(path, channels)
    except Exception as error:  # broken files raise a dozen kinds, from SyntaxError to OSError
        raise DataError(f"{shown(path)} cannot be read: {_reason(error)}") from error


def list_images(folder: Path) -> list[Path]:
    """All image files below a folder, sorted; what is an image is told by SUFFIXES, in any case.

    Hidden files and folders (`._photo.jpg`, `.ipynb_checkpoints`) are left out; folders that are
    links are followed, but never in a circle.

    Raises:
        DataError: a folder cannot be listed.
    """
    return sorted(_walk(folder, frozenset()))


def save_image(image: Tensor, path: Path) -> None:
    """Write an image (C, H, W) in [-1, 1], C = 1 or 3, as 8-bit PNG; nothing half-written is seen.

    Values are clamped and rounded; NaN becomes black.

    Raises:
        OSError: the folder cannot be written.
    """
    levels = ((image.detach().float().nan_to_num(-1.0) + 1) * 127.5).round().clamp(0, 255)
    array = levels.to("cpu", torch.uint8).permute(1, 2, 0).numpy()
    picture = Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)
    write_with(path, lambda temporary: picture.save(temporary, "PNG"))


def to_range(image: Tensor) -> Tensor:
    """0 ... 255 to [-1, 1], float32; exact, as multiplying by 1 / 127.5 would not be."""
    return image / 127.5 - 1


def shown(path: Path) -> str:
    r"""A path for messages: bytes that are not UTF-8, which no terminal can print, as `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@functools.cache
def _formats() -> tuple[str, ...]:
    """FORMATS, less those that this Pillow was built without."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _read(path: Path, channels: int) -> Tensor:
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe or a device might never return
        raise ValueError("it is not a regular file")
    with path.open("rb") as file, Image.open(file, formats=_formats()) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        rawmode = _rawmode(image)
        image.load()
        pixels = _deep(image, rawmode, file)
        pixels = _shallow(image, channels) if pixels is None else _with_channels(pixels, channels)
        return _upright(pixels, _orientation(image))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"it is broken, no image, or in none of the formats {', '.join(_formats())}"
    if isinstance(error, Image.DecompressionBombError):
        return f"it has more than {MAX_PIXELS} pixels; cut it into tiles"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _shallow(image: Image.Image, channels: int) -> Tensor:
    """An 8-bit image of any mode as uint8 (channels, H, W)."""
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    pixels = torch.from_numpy(np.array(image.convert("RGB" if channels == 3 else "L")))
    # The permuted view is channels_last in memory, which torch's uint8 resize is fastest on.
    return pixels.permute(2, 0, 1) if channels == 3 else pixels[None]


def _deep(image: Image.Image, rawmode: str, file: IO[bytes]) -> Tensor | None:
    """A source of more than 8 bits as float32 (1 or 3, H, W) in 0 ... 255; None for the others."""
    if image.mode == "F":
        return _in_range(torch.from_numpy(np.array(image)), 1.0)[None] * 255
    if image.mode.startswith("I"):
        gray = torch.from_numpy(np.array(image).astype(np.float32))[None]
        return _keyed(_in_range(gray, 65535.0), image) / 257
    if rawmode in OTHER_ORDER:
        return _on_white(_both_bytes(image, file), image) / 257
    return None


def _rawmode(image: ImageFile.ImageFile) -> str:
    """How the file lays out a pixel, such as `RGB;16B`; known until the image is loaded."""
    args = image.tile[0].args if image.tile else None
    return str(args[0] if isinstance(args, tuple) else args)


def _both_bytes(image: Image.Image, file: IO[bytes]) -> Tensor:
    """16-bit values (3 or 4, H, W) of a loaded colour image, of which Pillow keeps the high bytes.

    Read a second time, as if the byte order was the other one, it gives the low bytes.
    """
    file.seek(0)
    with Image.open(file, formats=_formats()) as again:
        again.tile = [tile._replace(args=_other_order(tile.args)) for tile in again.tile]
        low = np.array(again)
    values = np.array(image).astype(np.float32) * 256 + low
    return torch.from_numpy(values).permute(2, 0, 1)


def _other_order(args: str | tuple[Any, ...] | None) -> str | tuple[Any, ...]:
    return (OTHER_ORDER[args[0]], *args[1:]) if isinstance(args, tuple) else OTHER_ORDER[str(args)]


def _on_white(values: Tensor, image: Image.Image) -> Tensor:
    """16-bit values (3 or 4, H, W) as (3, H, W)."""
    if len(values) == 3:
        return _keyed(values, image)
    opacity = values[3:] / 65535
    return values[:3] * opacity + 65535 * (1 - opacity)


def _keyed(values: Tensor, image: Image.Image) -> Tensor:
    """16-bit values (C, H, W) with white in place of a PNG's one transparent colour."""
    key = image.info.get("transparency")
    if key is None:
        return values
    hidden = (values == torch.tensor(key, dtype=torch.float32).view(-1, 1, 1)).all(0)
    return values.masked_fill(hidden, 65535.0)


def _in_range(values: Tensor, top: float) -> Tensor:
    if not torch.isfinite(values).all():
        raise ValueError("it holds NaN or infinite values")
    low, high = values.min().item(), values.max().item()
    if low < 0 or high > top:
        raise ValueError(f"its values are {low:g} ... {high:g}; scale them to 0 ... {top:g}")
    return values


def _with_channels(pixels: Tensor, channels: int) -> Tensor:
    """(1 or 3, H, W) as (channels, H, W)."""
    if len(pixels) == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(3, 1, 1)
    return (pixels * torch.tensor(LUMA).view(3, 1, 1)).sum(0, keepdim=True)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1, upright, where there is none or the block is broken."""
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # a broken block raises struct.error, SyntaxError, ValueError ...
        return 1


def _upright(pixels: Tensor, orientation: int) -> Tensor:
    swap, flips = ORIENTATIONS.get(orientation, (False, []))
    turned = pixels.transpose(-2, -1) if swap else pixels
    return turned.flip(flips) if flips else turned


def _walk(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise DataError(f"{shown(folder)} cannot be listed: {_reason(error)}") from error
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        if _is_folder(entry):
            yield from _walk(path, above | {real})
        elif path.suffix.lower() in SUFFIXES:
            yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False
