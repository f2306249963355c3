"""A few hundred images of a domain looked at closely: colours, detail, texture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.inspection.glance import (
    LUMA,
    Floats,
    as_levels,
    channel_moments,
    resize_by_boxes,
)
from ganzoo.inspection.image_facts import (
    cut_levels,
    cut_middle,
    find_ends,
    own_variable,
    read_reduced,
    reduce_values,
    split_sides,
)
from ganzoo.interfaces.reader import Header, Raw, Values

Levels: TypeAlias = NDArray[np.uint8]
Limits: TypeAlias = tuple[float, float] | None

# Images are looked at with at least so many pixels on their shorter side, less than twice as many,
# and at most LONGEST on the other one.
SIDE, LONGEST = 512, 2048
# Contrast is measured at these shorter sides.
DETAIL = (32, 64, 128, 256, 512)
# The side of the square that texture and KID are measured on, and the sides of its octaves.
SQUARE, OCTAVES = 128, (4, 8, 16, 32, 64, 128)
# Different colours are counted up to this.
COLOURS = 1_000
PACK = np.array([1, 256, 65536], np.int32)  # a colour as one number
# Neighbours that differ by less of an image's standard deviation count as equal.
CALM = 0.05
# Noise is measured in squares of so many pixels, in this share of them.
BLOCK, CALMEST = 8, 0.1
# The share of an image's places that hold the strongest edges.
STRONGEST = 0.1


@dataclass(frozen=True)
class CloseUp:
    """What is known of an image that was looked at closely.

    square: (128, 128, 3) levels, whatever its proportions are.
    means, deviations: (3,) of its red, green and blue, in 0 ... 1.
    saturation: the mean difference of the highest and the lowest of these, in 0 ... 1.
    palette: the different colours of its middle, as numbers; empty if there are more than 1,000.
    flat: the share of neighbouring pixels there that are equal.
    detail: by side, the share of contrast that is left at it.
    texture: (8,) shares of contrast by octave, of edges in the strongest tenth, and of calm places.
    noise: the standard deviation of independent noise in its calmest places, in 0 ... 1.
    bits: the bits that are set in any of its values; 0 of values that are no whole numbers.
    """

    square: Levels
    means: Floats
    deviations: Floats
    saturation: float
    palette: NDArray[np.int32]
    flat: float
    detail: Mapping[int, float]
    texture: Floats
    noise: float
    bits: int

    @property
    def colours(self) -> int:
        """How many different colours there are, counted up to 1,000."""
        return len(self.palette) or COLOURS


def take_close_ups(path: Path, halves: bool, limits: Limits) -> tuple[CloseUp, ...]:
    """An image file, or the left and the right half of it, looked at closely.

    limits: the values of black and white, where they are not the type's own.

    Raises:
        DataError: it cannot be read.
    """
    return read_reduced(path, halves, lambda h, raw: _close_ups(h, raw, halves, limits), SIDE)


def _close_ups(header: Header, raw: Raw, halves: bool, limits: Limits) -> tuple[CloseUp, ...]:
    variable = own_variable(header, *find_ends(raw))
    variable = replace(variable, range=limits or variable.range)
    raw = raw if limits is None else raw._replace(values=raw.values.clip(*limits))
    whole, middle = (
        split_sides(cut_levels(header, raw, variable, cut), halves) for cut in (_reduce, cut_middle)
    )
    bits = _bits(raw.values)
    return tuple(_look(*both, bits) for both in zip(whole, middle, strict=True))


def _reduce(values: Values) -> Values:
    return reduce_values(values, SIDE, LONGEST)


def _look(levels: Floats, middle: Floats, bits: int) -> CloseUp:
    square = _squared(levels)
    means, deviations = _colours(levels)
    packed = as_levels(middle).astype(np.int32) @ PACK
    return CloseUp(
        square,
        means,
        deviations,
        _saturation(levels),
        _palette(packed),
        _flat(packed),
        _detail(levels @ LUMA),
        _texture(square.astype(np.float32) @ LUMA),
        measure_noise(middle[..., 1]) / 255,
        bits,
    )


def _squared(levels: Floats) -> Levels:
    picture = Image.fromarray(as_levels(levels))
    return np.asarray(picture.resize((SQUARE, SQUARE), Image.Resampling.BICUBIC))


def _bits(values: Values) -> int:
    return int(np.bitwise_or.reduce(values, None)) if values.dtype.kind == "u" else 0


def _colours(levels: Floats) -> tuple[Floats, Floats]:
    """The mean and the deviation (3,) of each channel, in 0 ... 1."""
    means, covariance = channel_moments(levels)
    deviations = np.sqrt(covariance.diagonal())
    return np.asarray(means / 255, np.float32), np.asarray(deviations / 255, np.float32)


def _saturation(levels: Floats) -> float:
    red, green, blue = (levels[..., channel] for channel in range(3))
    highest, lowest = (f(f(red, green), blue) for f in (np.maximum, np.minimum))
    return float((highest - lowest).mean()) / 255


def _palette(packed: NDArray[np.int32]) -> NDArray[np.int32]:
    counted = Image.fromarray(packed).getcolors(COLOURS)
    if counted is None:
        return np.empty(0, np.int32)
    return np.array(sorted(colour for _, colour in counted), np.int32)


def _flat(packed: NDArray[np.int32]) -> float:
    equal = [(packed[1:] == packed[:-1]).ravel(), (packed[:, 1:] == packed[:, :-1]).ravel()]
    both = np.concatenate(equal)
    return float(both.mean()) if both.size else 1.0


def measure_noise(levels: Floats) -> float:
    """The standard deviation of the noise in one channel (H, W), of a single pixel.

    The differences of differences between neighbours take away all that is even or sloped; what
    is left in the calmest tenth of blocks of 8 x 8 is hardly content.
    """
    rests = np.diff(np.diff(levels, axis=0), axis=1) / 2
    height, width = (side // BLOCK * BLOCK for side in rests.shape)
    if not height * width:
        return 0.0
    blocks = rests[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    deviations = np.sqrt((blocks**2).mean((1, 3)))
    return float(np.quantile(deviations, CALMEST))


def _detail(gray: Floats) -> dict[int, float]:
    full, shares = float(gray.std()), dict[int, float]()
    for side in reversed(DETAIL):  # each of the one before: boxes of boxes
        gray = _shrunk(gray, side)
        shares[side] = float(gray.std()) / full if full > 0 else 1.0
    return shares


def _shrunk(gray: Floats, side: int) -> Floats:
    """A picture (H, W) whose shorter side becomes `side`, averaged; itself if it has no more."""
    height, width = gray.shape
    scale = side / min(height, width)
    if scale >= 1:
        return gray
    return resize_by_boxes(gray, (max(1, round(height * scale)), max(1, round(width * scale))))


def _texture(gray: Floats) -> Floats:
    """Shares in 0 ... 1 that neither brightness nor contrast changes, of a square picture."""
    variances = [float(resize_by_boxes(gray, (side, side)).var()) for side in OCTAVES]
    octaves = np.maximum(np.diff([0.0, *variances]), 0)
    across, down = np.diff(gray, axis=1)[:-1], np.diff(gray, axis=0)[:, :-1]
    edges = np.sort(np.hypot(across, down), axis=None)
    strongest = edges[-int(STRONGEST * edges.size) :].sum() / max(float(edges.sum()), 1e-6)
    calm = float((edges < CALM * max(float(gray.std()), 1e-6)).mean())
    return np.array([*octaves / max(octaves.sum(), 1e-6), strongest, calm], np.float32)
