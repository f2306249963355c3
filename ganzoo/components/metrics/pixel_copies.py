"""Which images are copies of others, as their pixels tell.

Small pictures are compared by correlation, so it does not matter whether a copy is brighter,
larger, compressed or mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats: TypeAlias = NDArray[np.float32]

# How much copies correlate at least, in 32 x 32 gray and in 8 x 8 colours.
FINE, COLOURS = 0.985, 0.95
GRAY_SIDE, COLOUR_SIDE = 32, 8
# Slices of a volume's small pictures.
SLICES = 4
# An image that deviates less from its mean, in [-1, 1], shows next to nothing and is no copy.
LEAST_SPREAD = 0.02
NO_COPY = -1


def unit_rows(rows: Floats) -> Floats:
    """Rows without their mean, of length 1: their products are correlations."""
    centred = rows - rows.mean(1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: Floats = (centred / np.maximum(lengths, 1e-6)).astype(np.float32)
    return unit


@dataclass(frozen=True)
class SmallPictures:
    """What is kept of images to find copies, some 5 kB each, of whatever size and channels.

    gray: (N, ..., 32, 32). colour: (N, C, ..., 8, 8). Of volumes there are 4 slices.
    """

    gray: Floats
    colour: Floats

    @classmethod
    def of(cls, images: Tensor) -> SmallPictures:
        """Images (N, C, H, W), or volumes (N, C, D, H, W), in [-1, 1]."""
        shown = images.detach().float().nan_to_num(0).clamp(-1, 1)
        return cls(_pool(shown.mean(1, keepdim=True), GRAY_SIDE), _pool(shown, COLOUR_SIDE))

    @classmethod
    def joined(cls, batches: Sequence[SmallPictures]) -> SmallPictures:
        """The pictures of all batches, which have equal channels, in order."""
        grays, colours = [each.gray for each in batches], [each.colour for each in batches]
        return cls(np.concatenate(grays), np.concatenate(colours))

    def mirrored(self) -> SmallPictures:
        """The same, each mirrored from left to right."""
        return SmallPictures(self.gray[..., ::-1], self.colour[..., ::-1])

    def __len__(self) -> int:
        return len(self.gray)


class OriginalSearch:
    """Finds the originals of copies among some images, which it prepares once."""

    def __init__(self, originals: SmallPictures) -> None:
        ways = (originals, originals.mirrored()) if len(originals) else ()
        self.units = [_units(each) for each in ways]

    def find(self, image: SmallPictures) -> tuple[int, float]:
        """The original that one image is most like, and how much they correlate.

        (NO_COPY, 0) if the image is a copy of none, or shows next to nothing.
        """
        best = NO_COPY, 0.0
        if image.gray.std() < LEAST_SPREAD:
            return best
        gray, colour = _units(image)
        for grays, colours in self.units:
            alike = grays @ gray[0]
            alike[(alike < FINE) | (_correlate(colours, colour[0]) < COLOURS)] = 0
            place = int(alike.argmax())
            if alike[place] > best[1]:
                best = place, float(alike[place])
        return best


def _units(pictures: SmallPictures) -> tuple[Floats, Floats]:
    count = len(pictures)
    gray, colour = pictures.gray.reshape(count, -1), pictures.colour.reshape(count, -1)
    return unit_rows(gray), unit_rows(colour)


def _correlate(rows: Floats, row: Floats) -> Floats:
    """Of unit rows with one; gray beside colours counts as equal colours."""
    width = max(rows.shape[1], len(row))
    repeats = width // rows.shape[1], width // len(row)
    products: Floats = np.tile(rows, repeats[0]) @ np.tile(row, repeats[1])
    return products if repeats == (1, 1) else products / np.float32(np.sqrt(max(repeats)))


def _pool(images: Tensor, side: int) -> Floats:
    """Means over boxes, which need not begin and end between pixels, as NumPy's."""
    sides = (SLICES, side, side)[5 - images.dim() :]
    pooled = images.cpu()
    for axis, wanted in enumerate(sides, start=2):
        weights = _overlaps(images.shape[axis], wanted)
        pooled = torch.tensordot(pooled, weights, ([axis], [1])).movedim(-1, axis)
    values: Floats = pooled.numpy()
    return values


def _overlaps(count: int, boxes: int) -> Tensor:
    """The share (boxes, count) that each of `count` pixels in a row has in the mean of a box."""
    edges = torch.linspace(0, count, boxes + 1)
    first, last = edges[:-1, None], edges[1:, None]
    pixels = torch.arange(count)[None]
    return (torch.minimum(last, pixels + 1) - torch.maximum(first, pixels)).clamp(0) * boxes / count
