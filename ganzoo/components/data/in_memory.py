"""Pictures in memory, read as their files would be."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ganzoo.components.data.decode import check, decode
from ganzoo.components.data.image_files import read_image
from ganzoo.errors import DataError
from ganzoo.interfaces.reader import Header, Raw
from ganzoo.interfaces.variable import Variable

Picture = str | Path | Image.Image | NDArray[np.uint8]
"""A file, a picture of Pillow's, or an array (H, W, C) or (H, W) of 0 ... 255.

Of a volume it is a file, or an array (D, H, W, C) or (D, H, W).
"""
# Modes that a PNG can hold, and that a TIFF can; others become RGB.
PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I;16L")
TIFF_MODES = ("F", "I", "CMYK")


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
        return read_image(Path(picture), variable)
    if variable.depth is not None:
        return _read_slices(picture, variable)
    image = picture if isinstance(picture, Image.Image) else _of_array(picture)
    with TemporaryDirectory() as folder:
        try:
            return read_image(_written(image, Path(folder)), variable)
        except DataError as error:  # its message names the temporary file
            raise ValueError(str(error).partition(" cannot be read: ")[2]) from error


def _read_slices(picture: Image.Image | NDArray[np.uint8], variable: Variable) -> Tensor:
    """An array (D, H, W, C) or (D, H, W) as a volume."""
    slices: NDArray[Any] = picture if isinstance(picture, np.ndarray) else np.empty(0)
    slices = slices[..., None] if slices.ndim == 3 else slices
    if slices.dtype != np.uint8 or slices.ndim != 4 or slices.shape[-1] not in (1, 3):
        raise ValueError(
            "it is no volume: give a file of several pages, an array (depth, height, width) or "
            "(depth, height, width, 3) of uint8, or a tensor (channels, depth, height, width) in "
            "[-1, 1]"
        )
    height, width, bands = slices.shape[1:]
    header = Header((height, width), "gray" if bands == 1 else "rgb", bands)
    check(header, variable)
    return torch.stack([decode(header, Raw(values), variable) for values in slices], 1)


def _of_array(array: NDArray[np.uint8]) -> Image.Image:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise ValueError(
            f"an array of {array.dtype} and shape {array.shape} is no picture: give uint8 of "
            "(height, width, channels), or a tensor (channels, height, width) in [-1, 1]"
        )
    return Image.fromarray(array[..., 0] if array.ndim == 3 and channels == 1 else array)


def _of_16_bits(image: Image.Image) -> Image.Image:
    """An image of 32-bit integers as one of 16 bits, if all values fit."""
    values = np.array(image)
    fits = values.min() >= 0 and values.max() <= 65535
    return Image.fromarray(values.astype(np.uint16)) if fits else image


def _written(image: Image.Image, folder: Path) -> Path:
    """The image as a file, with its profile, transparency and orientation."""
    profile, exif = image.info.get("icc_profile"), image.getexif()
    image = _of_16_bits(image) if image.mode == "I" else image
    if image.mode in TIFF_MODES:
        image.save(folder / "picture.tif", icc_profile=profile, exif=exif)
        return folder / "picture.tif"
    fits = image if image.mode in PNG_MODES else image.convert("RGB")
    fits.save(folder / "picture.png", compress_level=1, icc_profile=profile, exif=exif)
    return folder / "picture.png"
