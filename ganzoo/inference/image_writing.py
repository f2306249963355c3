"""Writes what an output gives as image files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO

import torch
from PIL import Image
from torch import Tensor

from ganzoo.components.writers.installed_writers import make_writer
from ganzoo.components.writers.png_writer import encode_png
from ganzoo.errors import GanzooError, ModelError
from ganzoo.files.writing import write_with
from ganzoo.inference.value_type import BYTES, ValueType
from ganzoo.interfaces.levels import to_levels, to_pixels, to_range
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm
from ganzoo.registry.components import Component

# About how many values are converted and encoded at a time.
TOGETHER = 2**22
# Where an ICC profile names the colour space that it is for (ICC.1:2022, 7.2), by channels.
SPACE = slice(16, 20)
SPACES = {1: b"GRAY", 3: b"RGB "}


@dataclass(frozen=True)
class PlannedImage:
    """An image that is to be written.

    format: the writer. form: what the file is to hold. values: the type of the values.
    """

    format: Component
    form: ImageForm
    values: ValueType

    @property
    def obstacle(self) -> str:
        """Why the format cannot hold the image, after the format's name; "" if it can."""
        reason = make_writer(self.format).find_obstacle(self.form)
        return f"{self.format.name} {reason}" if reason else ""

    def shaped_as(self, result: Tensor, pages: int) -> PlannedImage:
        """The same with so many pages of the size and channels of a result (C, H, W)."""
        size, channels = (result.shape[-2], result.shape[-1]), len(result)
        profile = self.form.profile
        profile = profile if profile[SPACE] == SPACES.get(channels) else b""
        form = replace(self.form, size=size, channels=channels, pages=pages, profile=profile)
        return replace(self, form=form)

    def write(self, file: IO[bytes], strips: Iterable[Tensor]) -> None:
        """Write the image of a plan without obstacle.

        strips: it in [-1, 1], (C, h, W) each, from top to bottom and page after page.

        Raises:
            OSError: the file cannot be written.
        """
        values = (to_values(strip, self.values) for strip in strips)
        make_writer(self.format).write(file, self.form, values)


def to_values(image: Tensor, values: ValueType) -> Values:
    """An image (C, H, W) in [-1, 1] as values (H, W, C) of a type; NaN becomes the lowest."""
    if values == BYTES:
        return to_levels(image).permute(1, 2, 0).cpu().numpy()
    scaled = to_range(image, values.range)
    whole = scaled if values.dtype == "float32" else scaled.round()
    return whole.permute(1, 2, 0).cpu().numpy().astype(values.dtype)


def encode_planned(result: Tensor, wire: str, planned: PlannedImage) -> bytes:
    """The result of a wire, (C, [D,] H, W) in [-1, 1], as the content of a file.

    Raises:
        ModelError: the result is no image, or the format cannot hold it.
    """
    pages = split_pages(result)
    return encode_pages(pages, len(pages), wire, planned)


def encode_pages(results: Iterable[Tensor], count: int, wire: str, planned: PlannedImage) -> bytes:
    """Results of a wire, (C, H, W) in [-1, 1], as the content of a file of `count` pages.

    Raises:
        ModelError: a result is no image or has another shape than the first one, or the format
            cannot hold them.
    """
    coming = iter(results)
    first = next(coming)
    if first.ndim != 3:
        raise ModelError(f"'{wire}' gives the shape {[*first.shape]}; only images can be written")
    shaped = planned.shaped_as(first, count)
    if misfit := find_misfit(wire, shaped):
        raise ModelError(misfit)
    encoded = BytesIO()
    shaped.write(encoded, _cut_pages(chain([first], coming), first.shape, wire))
    return encoded.getvalue()


def _cut_pages(pages: Iterable[Tensor], shape: tuple[int, ...], wire: str) -> Iterator[Tensor]:
    for page in pages:
        if page.shape != shape:
            sizes = f"{[*shape]} and {[*page.shape]}"
            raise ModelError(f"'{wire}' gives the shapes {sizes}; pages of a file are alike")
        yield from cut_strips(page)


def split_pages(result: Tensor) -> tuple[Tensor, ...]:
    """The pages (C, H, W) of a result (C, [D,] H, W)."""
    return result.unbind(1) if result.ndim == 4 else (result,)


def find_misfit(wire: str, shaped: PlannedImage) -> str:
    """Why the result of a wire cannot be written in its format, as a sentence; "" if it can."""
    reason = shaped.obstacle
    if not reason:
        return ""
    advice = "" if shaped.format.name == "tiff" else "; --format tiff holds it"
    return f"'{wire}' gives {_describe(shaped.form)}; {reason}{advice}"


def cut_strips(result: Tensor) -> Iterator[Tensor]:
    """The strips (C, h, W) of a result (C, [D,] H, W), page after page."""
    rows = max(1, TOGETHER // (len(result) * result.shape[-1]))
    for page in split_pages(result):
        yield from torch.split(page, rows, 1)


def check_image(result: Tensor, wire: str) -> None:
    """Check that the result of a wire can be written as a PNG of 8 bits.

    Raises:
        ModelError: the result is no image (C, H, W) of 1 or 3 channels.
    """
    if result.ndim != 3 or len(result) not in (1, 3):
        count = f"{len(result)} channels" if result.ndim == 3 else f"the shape {[*result.shape]}"
        raise ModelError(f"'{wire}' gives {count}; only images of 1 or 3 channels can be written")


def encode_image(result: Tensor, wire: str) -> bytes:
    """The result of a wire, (C, H, W) in [-1, 1], as the content of a PNG file of 8 bits.

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


def _describe(form: ImageForm) -> str:
    channels = f"{form.channels} channel{'' if form.channels == 1 else 's'}"
    return f"{channels} in {form.pages} pages" if form.pages > 1 else channels
