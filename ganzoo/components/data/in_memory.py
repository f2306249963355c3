"""Pictures in memory, read as their files would be."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ganzoo.components.data.decode import check, decode
from ganzoo.components.data.image_files import read_header, read_image
from ganzoo.components.data.image_source import ImageContent
from ganzoo.errors import DataError
from ganzoo.interfaces.reader import Header, Kind, Raw
from ganzoo.interfaces.variable import Variable

Picture = str | Path | Image.Image | NDArray[Any]
"""A file, a picture of Pillow's, or an array (H, W, C) or (H, W) of the values that files hold.

Of a volume it is a file, or an array (D, H, W, C) or (D, H, W).
"""
# Modes that a PNG can hold, and that a TIFF can; others become RGB.
PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I;16L")
TIFF_MODES = ("F", "I", "CMYK")
# Black and white of unsigned integers.
SCALES = {"uint8": (0.0, 255.0), "uint16": (0.0, 65535.0)}


def is_picture(value: object) -> bool:
    """Whether a value is a picture rather than a tensor."""
    return isinstance(value, (str, Path, Image.Image, np.ndarray))


def read_picture(picture: Picture, variable: Variable) -> Tensor:
    """A picture as (channels, H, W) in 0 ... 255, upright, as `read_image` reads its file.

    A volume is (channels, D, H, W).

    Raises:
        DataError: a file cannot be read.
        ValueError: an array is no picture, a picture is no volume, or the picture's values need a
            range.
    """
    if isinstance(picture, (str, Path)):
        _refuse_stack(Path(picture), variable)
        return read_image(Path(picture), variable)
    if variable.depth is not None:
        return _read_slices(picture, variable)
    if isinstance(picture, np.ndarray) and not _is_plain(picture, variable):
        return _read_array(picture, variable)
    image = picture if isinstance(picture, Image.Image) else _of_array(picture)
    try:
        return read_image(_encode(image), variable)
    except DataError as error:  # its message names a file, and there is none
        raise ValueError(str(error).partition(" cannot be read: ")[2]) from error


def _is_plain(array: NDArray[Any], variable: Variable) -> bool:
    """Whether Pillow has such an image: 8 bits, of gray, RGB, or RGB with opacity."""
    channels = array.shape[-1] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3):
        return False
    return channels in (1, 3) or (channels == 4 and variable.channels in (1, 3))


def _read_array(array: NDArray[Any], variable: Variable) -> Tensor:
    """An array (H, W, C) or (H, W) as a file of such values is read."""
    values = array[..., None] if array.ndim == 2 else array
    if values.ndim != 3 or not values.size or values.dtype.kind not in "uif":
        raise ValueError(
            f"an array of {array.dtype} and shape {array.shape} is no picture: give numbers of "
            "(height, width, channels), or a tensor (channels, height, width) in [-1, 1]"
        )
    header = _header(values)
    check(header, variable)
    return decode(header, Raw(values), variable)


def _refuse_stack(path: Path, variable: Variable) -> None:
    count = read_header(path, variable).pages if variable.pages == "each" else 1
    if count > 1:
        raise ValueError(
            f"{path} holds {count} images: give one of them as an array, or translate the file"
        )


def _read_slices(picture: Image.Image | NDArray[Any], variable: Variable) -> Tensor:
    """An array (D, H, W, C) or (D, H, W) as a volume."""
    slices: NDArray[Any] = picture if isinstance(picture, np.ndarray) else np.empty(0)
    slices = slices[..., None] if slices.ndim == 3 else slices
    if slices.ndim != 4 or not slices.size or slices.dtype.kind not in "uif":
        raise ValueError(
            "it is no volume: give a file of several pages, an array (depth, height, width) or "
            "(depth, height, width, channels) of numbers, or a tensor (channels, depth, height, "
            "width) in [-1, 1]"
        )
    header = _header(slices[0])
    check(header, variable)
    return torch.stack([decode(header, Raw(values), variable) for values in slices], 1)


def _header(values: NDArray[Any]) -> Header:
    """What a file of these values (H, W, C) would say: black and white are the type's own."""
    height, width, bands = values.shape
    kinds: dict[int, Kind] = {1: "gray", 3: "rgb"}
    scale = SCALES.get(values.dtype.name, (0.0, 1.0) if values.dtype.kind == "f" else None)
    return Header((height, width), kinds.get(bands, "bands"), bands, values.dtype.name, scale)


def _of_array(array: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array)


def _of_16_bits(image: Image.Image) -> Image.Image:
    """An image of 32-bit integers as one of 16 bits, if all values fit."""
    values = np.array(image)
    fits = values.min() >= 0 and values.max() <= 65535
    return Image.fromarray(values.astype(np.uint16)) if fits else image


def _encode(image: Image.Image) -> ImageContent:
    """The image as the content of a file, with its profile, transparency and orientation."""
    profile, exif = image.info.get("icc_profile"), image.getexif()
    image, encoded = _of_16_bits(image) if image.mode == "I" else image, BytesIO()
    if image.mode in TIFF_MODES:
        image.save(encoded, "TIFF", icc_profile=profile, exif=exif)
        return ImageContent("picture.tif", encoded.getvalue())
    fits = image if image.mode in PNG_MODES else image.convert("RGB")
    fits.save(encoded, "PNG", compress_level=1, icc_profile=profile, exif=exif)
    return ImageContent("picture.png", encoded.getvalue())
