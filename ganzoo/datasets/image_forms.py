"""As which files the images of a data set are written, so that nothing of them is lost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from ganzoo.components.writers.installed_writers import get_format, make_writer
from ganzoo.errors import GanzooError
from ganzoo.files.untrusted import UntrustedError, read_plain
from ganzoo.files.writing import write_with
from ganzoo.interfaces.levels import from_levels, to_levels
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm

SUFFIXES = {"png": ".png", "tiff": ".tif"}


class FileForm(NamedTuple):
    """A kind of file, and the type of the values in it; float32 holds [-1, 1]."""

    format: Literal["png", "tiff"]
    dtype: Literal["uint8", "float32"]

    @property
    def suffix(self) -> str:
        """Of the files' names."""
        return SUFFIXES[self.format]


def choose_form(images: Iterable[Tensor], wanted: str = "") -> FileForm:
    """PNG where some images are of 8 bits, gray or RGB; else TIFF, of 8 bits or of floats.

    wanted: "png" or "tiff", whatever they are.
    """
    some = list(images)
    of_8_bits = all(map(is_of_8_bits, some))
    flat = all(image.ndim == 3 and len(image) in (1, 3) for image in some)
    if wanted == "png" or (of_8_bits and flat and not wanted):
        return FileForm("png", "uint8")
    return FileForm("tiff", "uint8" if of_8_bits else "float32")


def is_of_8_bits(image: Tensor) -> bool:
    """Whether an image in [-1, 1] is exactly levels of 0 ... 255."""
    return torch.equal(from_levels(to_levels(image)), image)


def write_image(path: Path, image: Tensor, form: FileForm) -> None:
    """Write an image (C, H, W) or a volume (C, D, H, W) in [-1, 1], unless the file has it already.

    After a power cut, a file may be there without its content, unless `sync_everything` was called.

    Raises:
        GanzooError: the form cannot hold it exactly.
        OSError: it cannot be written.
    """
    channels, *depth, height, width = image.shape
    written = ImageForm((height, width), channels, form.dtype, math.prod(depth))
    writer = make_writer(get_format(form.format))
    obstacle = writer.find_obstacle(written)
    if not obstacle and form.dtype == "uint8" and not is_of_8_bits(image):
        obstacle = "of 8 bits would round its values"
    if obstacle:
        raise GanzooError(f"{path}: {form.format.upper()} {obstacle}; give another --format")
    encoded = BytesIO()
    writer.write(encoded, written, _strips(image, form))
    content = encoded.getvalue()
    if not _holds(path, content):
        write_with(path, lambda file: file.write(content), durable=False)


def _holds(path: Path, content: bytes) -> bool:
    """Whether a file has that content."""
    try:
        return read_plain(path, most=len(content)) == content
    except (OSError, UntrustedError):
        return False


def _strips(image: Tensor, form: FileForm) -> Iterator[Values]:
    """The values (H, W, C) of each page."""
    values = to_levels(image) if form.dtype == "uint8" else image.float()
    for page in values.unbind(1) if values.ndim == 4 else (values,):
        yield page.permute(1, 2, 0).contiguous().numpy()
