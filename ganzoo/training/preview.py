"""A picture of the first training samples, as networks will see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from ganzoo.builder.blueprint import Blueprint
from ganzoo.engine.augmenting import augment
from ganzoo.engine.loader import Key, ShuffledBatches, TrainingSamples
from ganzoo.engine.rng import numpy_generator
from ganzoo.errors import DataError
from ganzoo.inference.grid import grid
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.levels import convert_levels
from ganzoo.printing.text import visible

AGAIN = 3  # later epochs in which the first sample is shown once more
LARGEST = 256  # pixels: larger images are shrunk to this side
DIM = 0.25  # of the range from -1 to 1: images whose values lie within are hardly seen
FEW = 64  # colours: a label map has no more


@dataclass(frozen=True)
class PreviewRow:
    """A training sample, before and after augmentation: images in [-1, 1], labels as they are.

    title: when training comes to it. captions: of images, by variable.
    """

    title: str
    plain: Sample
    augmented: Sample
    captions: Mapping[str, str]


class Preview:
    """The first training samples of a recipe, and the first of them in later epochs.

    count: how many of the first samples.

    Raises:
        DataError: there are no training images, or one cannot be read.
    """

    def __init__(self, blueprint: Blueprint, count: int) -> None:
        assert blueprint.dataset is not None
        self.blueprint, self.data, self.train = blueprint, blueprint.dataset, blueprint.recipe.train
        self.steps = blueprint.augmentation_steps
        self.changed = {name for step in self.steps for group in step.groups for name in group}
        self.images = {n: v for n, v in self.data.variables.items() if v.size and not v.classes}
        self.data.prepare()
        if not self.images or len(self.data) == 0:
            raise DataError("data: there are no training images")
        for step in self.steps:
            step.augmentation.prepare()
        self.rows = list(self._rows(count))

    def picture(self) -> Image.Image:
        """A row a sample, a column a variable; where it is augmented, a second one."""
        columns = [*self._columns()]
        cells = [
            [_shrink(getattr(row, kind)[name], self.images[name]) for name, kind, _ in columns]
            for row in self.rows
        ]
        captions = [
            [row.captions.get(name, "") if kind == "plain" else "" for name, kind, _ in columns]
            for row in self.rows
        ]
        named = any(chain.from_iterable(captions))
        headings, titles = [heading for *_, heading in columns], [row.title for row in self.rows]
        return grid(cells, headings, titles, captions if named else ())

    def facts(self) -> list[str]:
        """What the images of each variable are, a line each."""
        kind = "augmented" if self.steps else "plain"
        return [
            describe_images(name, variable, [getattr(row, kind)[name] for row in self.rows])
            for name, variable in self.images.items()
        ]

    def summary(self) -> list[str]:
        """What the rows are, and what is augmented, in a line or two."""
        titles = [row.title for row in self.rows]
        later = [title for title in titles if title.startswith("epoch")]
        first = f"{len(titles) - len(later)} samples of the first steps"
        again = f", and the first of them in {len(later)} later epochs" if later else ""
        names = ", then ".join(step.name for step in self.steps)
        return [f"rows: {first}{again}", *([f"augmented by {names}"] if names else [])]

    def _columns(self) -> Iterator[tuple[str, str, str]]:
        """The variable of each column, what of a row it shows, and its heading."""
        for name in self.images:
            yield name, "plain", name
            if name in self.changed:
                yield name, "augmented", f"{name} augmented"

    def _rows(self, count: int) -> Iterator[PreviewRow]:
        a_step = self.train.batch_size * self.train.accumulate
        batches = ShuffledBatches(len(self.data), self.train.batch_size, self.train.seed, 0, count)
        keys = list(chain.from_iterable(batches))[:count]
        for place, key in enumerate(keys):
            yield self._row(key, f"step {place // a_step + 1}")
        first, index = keys[0]
        again = [self._row((first + n, index), f"epoch {n + 1}") for n in range(1, AGAIN + 1)]
        start = self._row(keys[0], "")
        yield from again if any(not _alike(start, row) for row in again) else ()

    def _row(self, key: Key, title: str) -> PreviewRow:
        plain = TrainingSamples(self.data, self.train.seed)[key]
        augmented = augment(self.steps, plain, self.train.seed, *key)
        names = self.data.train_names(key[1], numpy_generator(self.train.seed, "data", *key))
        captions = {name: visible(text) for name, text in names.items()}
        labels = ", ".join(_describe_labels(self.data, plain))
        if labels:
            first = next(iter(self.images))
            captions[first] = ", ".join(filter(None, (labels, captions.get(first))))
        return PreviewRow(title, convert_levels(plain), convert_levels(augmented), captions)


def describe_images(name: str, variable: Variable, images: list[Tensor]) -> str:
    """`x: 3 channels, 64 x 64 px, values -1.00 ... 0.98`, and what is odd about the values."""
    height, width = variable.size or (0, 0)
    depth = f" x {variable.depth} slices" if variable.depth else ""
    channels = f"{variable.channels} channel{'s' if variable.channels > 1 else ''}"
    low, high = (float(end(torch.stack(images))) for end in (torch.amin, torch.amax))
    fact = f"{name}: {channels}, {width} x {height} px{depth}, values {low:.2f} ... {high:.2f}"
    if variable.interpolation == "nearest":
        return f"{fact}, {_count_colours(images)} colours in these images"
    if high - low < DIM:
        fact += (
            ": they differ by little, of the 2 from -1 to 1; `data.range` says which values of a "
            "file become -1 and 1"
        )
    return fact


def _count_colours(images: list[Tensor]) -> str:
    pixels = torch.cat([image.flatten(1) for image in images], 1)
    colours = torch.unique(pixels, dim=1).shape[1]
    return str(colours) if colours <= FEW else f"{colours:,} (label maps have few)"


def _describe_labels(data: Data, sample: Sample) -> Iterator[str]:
    for name, variable in data.variables.items():
        if variable.classes and name in sample:
            number = int(sample[name])
            yield f"{name} = {variable.labels[number] if variable.labels else number}"


def _alike(one: PreviewRow, other: PreviewRow) -> bool:
    return all(
        torch.equal(torch.as_tensor(value), torch.as_tensor(other.augmented[name]))
        for name, value in one.augmented.items()
    )


def _shrink(image: Tensor, variable: Variable) -> Tensor:
    """An image (C, H, W) or volume (C, D, H, W), made smaller where a side exceeds LARGEST."""
    sides = image.shape[-2:]
    if max(sides) <= LARGEST:
        return image
    size = [max(1, round(side * LARGEST / max(sides))) for side in sides]
    how: dict[str, Any] = (
        {"mode": "nearest-exact"} if variable.interpolation == "nearest" else {"mode": "area"}
    )
    batch = image if image.dim() == 4 else image[None]
    return interpolate(batch, size, **how).view(*image.shape[:-2], *size)
