"""Pixels of an opened image, of any mode and depth, as a tensor."""

from __future__ import annotations

import sys
from typing import IO, Any

import numpy as np
import torch
from PIL import Image, ImageFile
from torch import Tensor

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


def decode(image: ImageFile.ImageFile, file: IO[bytes], channels: int) -> Tensor:
    """The image just opened from that file, upright: (channels, H, W) in 0 ... 255.

    8-bit sources are uint8, deeper ones float32.

    Raises:
        ValueError: values that are not finite or out of range.
        Exception: whatever Pillow raises for a broken file, of a dozen kinds.
    """
    rawmode = _rawmode(image)
    image.load()
    deep = _deep(image, rawmode, file)
    pixels = _shallow(image, channels) if deep is None else _with_channels(deep, channels)
    return _upright(pixels, _orientation(image))


def _shallow(image: Image.Image, channels: int) -> Tensor:
    """An 8-bit image of any mode as uint8 (channels, H, W)."""
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    mode = "RGB" if channels == 3 else "L"
    pixels = torch.from_numpy(np.array(image if image.mode == mode else image.convert(mode)))
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
    with Image.open(file, formats=(str(image.format),)) as again:
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
