"""What light and air do to a drawn street: the same scene by day, at dusk, at night and in fog.

Intensities are in [0, 1], planes are (H, W) or (H, W, 3), float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ganzoo.components.data.street_scene import ROAD, SKY, WINDOW
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Colour = tuple[float, float, float]

# A window with somebody at home is this much redder than blue, whatever the photo's own hour.
WARM = 0.17
LAMP = np.array((1.0, 0.83, 0.42), np.float32)
# Of 1 / nearness, so that the end of the street is not infinitely far.
NEAREST_TO_NOTHING = 0.1


@dataclass(frozen=True)
class Grade:
    """A kind of light, and the air.

    ground: what the colours of everything but the sky are multiplied by.
    high, low: the sky overhead and above the horizon; fog has the colour of the latter.
    clouds: how much of the photo's own clouds is seen.
    lamps: how much of lit windows shines by itself, 0 ... 1.
    fog: what the air takes of what stands at the distance 1, the bottom of the picture.
    """

    ground: Colour
    high: Colour
    low: Colour
    clouds: float = 0.0
    lamps: float = 0.0
    fog: float = 0.0


GRADES = {
    "day": Grade((1.08, 1.08, 1.06), (0.24, 0.50, 0.88), (0.72, 0.86, 0.97), clouds=1.0),
    "dusk": Grade((0.92, 0.56, 0.44), (0.32, 0.20, 0.46), (1.0, 0.58, 0.26), clouds=0.6, lamps=0.6),
    "night": Grade((0.24, 0.28, 0.46), (0.02, 0.03, 0.11), (0.10, 0.13, 0.30), 0.15, lamps=1.0),
    "fog": Grade((0.86, 0.87, 0.89), (0.82, 0.83, 0.85), (0.78, 0.79, 0.81), 0.05, fog=0.4),
}


def grade(photo: Pixels, labels: Pixels, kind: Grade) -> Pixels:
    """The photo (H, W, 3) of a scene in another light, by its labels (H, W) of 0 ... 6."""
    image: Plane = photo.astype(np.float32) / np.float32(255)
    horizon, vanishing = find_horizon(labels)
    lit = image * _rgb(kind.ground)
    shines = kind.lamps * (labels == WINDOW) * (image[..., 0] - image[..., 2] > WARM)
    lit += (LAMP - lit) * shines[..., None].astype(np.float32)
    air = 1 - np.exp(-kind.fog * distance(labels.shape, horizon, vanishing))
    lit += (_rgb(kind.low) - lit) * air[..., None]
    sky = labels == SKY
    graded = np.where(sky[..., None], _sky(image, sky, horizon, kind), lit)
    pixels: Pixels = (np.clip(graded, 0, 1) * 255).round().astype(np.uint8)
    return pixels


def find_horizon(labels: Pixels) -> tuple[float, float]:
    """Where the road ends: its y and x in pixels; the middle where no road is seen."""
    rows, columns = np.nonzero(labels == ROAD)
    if not len(rows):
        return labels.shape[0] / 2, labels.shape[1] / 2
    top = rows.min()
    return float(top), float(columns[rows == top].mean())


def distance(shape: tuple[int, ...], horizon: float, vanishing: float) -> Plane:
    """How far away each pixel is (H, W): 0.9 at the bottom, 10 at the end of the street.

    A thing is the nearer, the farther it is from the vanishing point, down or to the side.
    """
    height, width = shape
    down = (np.arange(height, dtype=np.float32) - horizon) / (height - horizon)
    aside = np.abs(np.arange(width, dtype=np.float32) - vanishing) / (0.75 * width)
    nearness = np.maximum(down[:, None], aside[None, :])
    far: Plane = (1 / (np.clip(nearness, 0, 1) + NEAREST_TO_NOTHING)).astype(np.float32)
    return far


def _sky(image: Plane, sky: Mask, horizon: float, kind: Grade) -> Plane:
    """A gradient down to the horizon (H, W, 3), and the photo's clouds on it."""
    rows = np.arange(len(image), dtype=np.float32)[:, None, None]
    down = np.clip(rows / max(horizon, 1), 0, 1)
    clear = _rgb(kind.high) * (1 - down) + _rgb(kind.low) * down
    painted: Plane = clear + np.float32(kind.clouds) * clouds(image, sky)[..., None]
    return painted


def clouds(image: Plane, sky: Mask) -> Plane:
    """How much brighter each pixel (H, W) is than the sky of its row; nothing of the gradient."""
    brightness = image.mean(2)
    mean = (brightness * sky).sum(1) / np.maximum(sky.sum(1), 1)
    contrast: Plane = (brightness - mean[:, None]).astype(np.float32)
    return contrast


def _rgb(colour: Colour) -> Plane:
    return np.array(colour, np.float32)
