"""An image at a glance: small pictures and statistics, by which images are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats: TypeAlias = NDArray[np.float32]

# The sides of the gray and of the coloured small picture.
GRAY, COLOUR = 32, 8
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Red against green, and blue against both.
OPPONENTS = np.array([[1, -1, 0], [-0.5, -0.5, 1]], np.float32)
BINS = 8


@dataclass(frozen=True)
class Glance:
    """What is kept of an image: 1.5 kB, however large it is.

    gray: (32, 32) levels of 0 ... 255. colour: (8, 8, 3) levels.
    spread: the standard deviation of its most varied channel, in levels.
    statistics: of colours and texture, for comparing kinds of images.
    """

    gray: NDArray[np.uint8]
    colour: NDArray[np.uint8]
    spread: float
    statistics: Floats


def glance(levels: Floats, middle: Floats) -> Glance:
    """A glance at an image.

    levels: it (H, W, 3) in 0 ... 255, possibly reduced. middle: its middle (h, w, 3) at full size.
    """
    gray = levels @ LUMA
    small = resize_by_boxes(gray, (GRAY, GRAY))
    colours = np.stack([resize_by_boxes(levels[..., c], (COLOUR, COLOUR)) for c in range(3)], -1)
    means, covariance = channel_moments(levels)
    return Glance(
        as_levels(small),
        as_levels(colours),
        float(np.sqrt(covariance.diagonal().max())),
        _statistics(means, covariance, gray, middle @ LUMA),
    )


def channel_moments(levels: Floats) -> tuple[Floats, Floats]:
    """The means (3,) and the covariance (3, 3) of the channels of an image (H, W, 3).

    Channel by channel, which takes a twentieth of the time of means over rows of three numbers.
    """
    planes = np.ascontiguousarray(levels.reshape(-1, 3).T)
    means = planes.mean(1)
    planes -= means[:, None]
    products: Floats = np.einsum("in,jn->ij", planes, planes)
    return means, products / np.float32(planes.shape[1])


def resize_by_boxes(gray: Floats, size: tuple[int, int]) -> Floats:
    """A picture (H, W) resized by averages over boxes. size: (height, width)."""
    picture = Image.fromarray(np.ascontiguousarray(gray, np.float32))
    return np.asarray(picture.resize(size[::-1], Image.Resampling.BOX))


def as_levels(values: Floats) -> NDArray[np.uint8]:
    """Values rounded to levels of 0 ... 255."""
    return values.round().clip(0, 255).astype(np.uint8)


def _statistics(means: Floats, covariance: Floats, gray: Floats, middle: Floats) -> Floats:
    histogram = np.histogram(gray, BINS, (0, 255))[0] / gray.size
    opponents = np.asarray(OPPONENTS @ covariance @ OPPONENTS.T, np.float32)
    groups = [means, _deviations(covariance), OPPONENTS @ means, _deviations(opponents), histogram]
    groups += [_texture(gray), _texture(middle)]
    return np.concatenate(groups).astype(np.float32)


def _deviations(covariance: Floats) -> Floats:
    deviations: Floats = np.sqrt(covariance.diagonal().clip(0))
    return deviations


def _texture(gray: Floats) -> Floats:
    """The logarithm of mean differences of neighbours and of their own; how many are equal."""
    across, down = np.diff(gray, axis=1), np.diff(gray, axis=0)
    first = np.concatenate([across.ravel(), down.ravel()])
    second = np.concatenate([np.diff(across, axis=1).ravel(), np.diff(down, axis=0).ravel()])
    means = [np.abs(each).mean() if each.size else 0.0 for each in (first, second)]
    equal = np.mean(np.abs(first) < 0.5) if first.size else 1.0
    return np.array([*np.log1p(means), equal], np.float32)
