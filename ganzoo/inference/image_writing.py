"""Writes what an output gives as image files."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from torch import Tensor

from ganzoo.components.writers.png_writer import encode_png
from ganzoo.errors import GanzooError, ModelError
from ganzoo.files.writing import write_with
from ganzoo.interfaces.levels import to_pixels


def check_image(result: Tensor, wire: str) -> None:
    """Check that the result of a wire can be written as an image.

    Raises:
        ModelError: the result is no image (C, H, W) of 1 or 3 channels.
    """
    if result.ndim != 3 or len(result) not in (1, 3):
        count = f"{len(result)} channels" if result.ndim == 3 else f"the shape {[*result.shape]}"
        raise ModelError(f"'{wire}' gives {count}; only images of 1 or 3 channels can be written")


def encode_image(result: Tensor, wire: str) -> bytes:
    """The result of a wire, (C, H, W) in [-1, 1], as the content of a PNG file.

    Raises:
        ModelError: the result is no image of 1 or 3 channels.
    """
    check_image(result, wire)
    return encode_png(Image.fromarray(to_pixels(result)))


def write_content(target: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        GanzooError: the file cannot be written.
    """
    try:
        write_with(target, lambda file: file.write(content))
    except OSError as error:
        raise GanzooError(f"{target}: cannot be written ({error.strerror or error})") from error
