"""A drawn street as a camera would see it: light, clouds, surfaces, haze and sensor noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.data.street_scene import (
    BUILDING,
    ROAD,
    SKY,
    Street,
    draw_street,
)

Plane = NDArray[np.float32]
"""A value for each pixel, (H, W) or (H, W, 3)."""
Pixels = NDArray[np.uint8]

# Part of the cache's name: it must change whenever a seed would give another scene.
VERSION = 1
# Scenes are drawn this many times larger and reduced, which smooths the photo's edges.
OVERSAMPLING = 3
# The sensor's noise in levels, and the seed of its own stream of random numbers.
SENSOR_NOISE, SENSOR_SEED = 3.0, 10**9

# Brightness = (a + b * blotches) * (c + d * grain), one row (a, b, c, d) for each class.
SURFACES = np.array(
    [
        (1.0, 0.0, 1.0, 0.0),  # sky: lit by itself
        (0.85, 0.3, 0.97, 0.06),  # building
        (0.625, 0.75, 0.97, 0.06),  # vegetation
        (0.78, 0.3, 0.94, 0.12),  # pavement
        (0.74, 0.4, 0.9, 0.2),  # road
        (0.97, 0.06, 0.97, 0.06),  # car
        (0.96, 0.08, 0.97, 0.06),  # window
    ],
    np.float32,
)
# Noon and dusk; a scene's hour lies between.
HIGH_SKY = np.array([(86, 140, 214), (64, 62, 110)], np.float32)
LOW_SKY = np.array([(196, 220, 242), (240, 160, 110)], np.float32)
LIGHT = np.array([(1.04, 1.02, 0.98), (0.92, 0.78, 0.72)], np.float32)
CLOUD = np.array((246, 244, 242), np.float32)
LANE_MARK = np.array((222, 220, 208), np.float32)


def street_scene(seed: int, height: int, width: int) -> tuple[Pixels, Pixels]:
    """The scene of that seed: photo (height, width, 3) and labels (height, width) of 0 ... 6."""
    rng = np.random.default_rng(seed)
    street, canvas = draw_street(rng, height * OVERSAMPLING, width * OVERSAMPLING)
    labels = canvas.labels()
    image = _expose(street, labels, canvas.colours(), rng)
    photo = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    photo = photo.resize((width, height), Image.Resampling.LANCZOS)
    return _sense(np.asarray(photo), seed), _reduced(labels, height, width)


def street_labels(seed: int, height: int, width: int) -> Pixels:
    """The labels (height, width) of that seed's scene, without rendering its photo."""
    rng = np.random.default_rng(seed)
    _, canvas = draw_street(rng, height * OVERSAMPLING, width * OVERSAMPLING)
    return _reduced(canvas.labels(), height, width)


def _reduced(labels: Pixels, height: int, width: int) -> Pixels:
    return np.array(Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST))


def _sense(photo: Pixels, seed: int) -> Pixels:
    noise = np.random.default_rng(seed + SENSOR_SEED).normal(0, SENSOR_NOISE, photo.shape)
    sensed: Pixels = np.clip(photo + noise, 0, 255).astype(np.uint8)
    return sensed


def _expose(street: Street, labels: Pixels, colours: Pixels, rng: np.random.Generator) -> Plane:
    """The lit scene (H, W, 3), with some values slightly outside of 0 ... 255."""
    hour = rng.random()
    light, low_sky = _at(hour, LIGHT), _at(hour, LOW_SKY)
    sky = _sky(street, hour, rng)
    brightness = _brightness(street, labels, rng)
    image = colours * light * brightness[..., None]
    image[_lane_marks(street, labels, rng.random())] = LANE_MARK * light
    image += (low_sky - image) * _haze(street)[:, None, None]
    return np.where(labels[..., None] == SKY, sky, image)


def _at(hour: float, noon_and_dusk: Plane) -> Plane:
    noon, dusk = noon_and_dusk
    mixed: Plane = noon * np.float32(1 - hour) + dusk * np.float32(hour)
    return mixed


def _sky(street: Street, hour: float, rng: np.random.Generator) -> Plane:
    """A gradient down to the horizon, and clouds that thin out at dusk."""
    depth = np.clip(_rows(street) / np.float32(street.horizon), 0, 1)[:, None, None]
    clear = _at(hour, HIGH_SKY) * (1 - depth) + _at(hour, LOW_SKY) * depth
    cover = np.clip((_value_noise(rng, street, octaves=4, cells=3) - 0.5) * 3.4, 0, 1)
    clouds = (cover * np.float32(rng.uniform(0.2, 0.95)))[..., None]
    clouds *= np.float32(1 - 0.25 * hour)
    sky: Plane = clear * (1 - clouds) + CLOUD * clouds
    return sky


def _brightness(street: Street, labels: Pixels, rng: np.random.Generator) -> Plane:
    """How bright each pixel's surface is (H, W), by its class."""
    blotches = _value_noise(rng, street, octaves=5, cells=6)
    grain = rng.random(labels.shape).astype(np.float32)
    a, b, c, d = SURFACES.T
    brightness: Plane = (a[labels] + b[labels] * blotches) * (c[labels] + d[labels] * grain)
    nearer = 0.85 + 0.25 * _rows(street)[:, None] / np.float32(street.height)
    brightness *= np.where(labels == ROAD, nearer, np.float32(1))
    brightness[_mortar(street) & (labels == BUILDING)] *= np.float32(0.9)
    return brightness


def _mortar(street: Street) -> NDArray[np.bool_]:
    """The joints of a brick wall (H, W): courses of 3 pixels of the photo, bricks of 5."""
    y, x = _rows(street) / OVERSAMPLING, _columns(street) / OVERSAMPLING
    shift = 2 * (y // 3 % 2)
    mortar: NDArray[np.bool_] = (y % 3 < 0.5)[:, None] | ((x + shift[:, None]) % 5 < 0.5)
    return mortar


def _lane_marks(street: Street, labels: Pixels, phase: float) -> NDArray[np.bool_]:
    """The broken line along the middle of the road (H, W), shorter with distance."""
    rows = (_rows(street) - street.horizon) / (street.height - street.horizon)
    nearness = np.clip(rows, 1e-3, 1)[:, None]
    middle = street.vanishing + (street.width / 2 - street.vanishing) * nearness
    beside = np.abs(_columns(street)[None, :] - middle) / street.unit
    painted = (2.2 / (nearness + 0.08) + phase) % 1 < 0.55
    marks: NDArray[np.bool_] = (beside < 0.004 + 0.014 * nearness) & painted & (labels == ROAD)
    return marks


def _haze(street: Street) -> Plane:
    """How much of the low sky's colour lies over each row (H)."""
    far = 1 - np.abs(_rows(street) - np.float32(street.horizon)) / (street.height * 0.3)
    haze: Plane = np.clip(far, 0, 1) * np.float32(0.22)
    return haze


def _rows(street: Street) -> Plane:
    return np.arange(street.height, dtype=np.float32)


def _columns(street: Street) -> Plane:
    return np.arange(street.width, dtype=np.float32)


def _value_noise(rng: np.random.Generator, street: Street, octaves: int, cells: int) -> Plane:
    """Smooth noise (H, W) in [0, 1]: random grids of `cells`, twice `cells` ..., enlarged."""
    noise = np.zeros((street.height, street.width), np.float32)
    weights = 0.55 ** np.arange(octaves)
    for octave, weight in enumerate(weights / weights.sum() / 255):
        across = cells * 2**octave / street.unit
        shape = round(street.height * across), round(street.width * across)
        grid = Image.fromarray((rng.random(shape) * 255).astype(np.uint8))
        large = grid.resize((street.width, street.height), Image.Resampling.BICUBIC)
        noise += np.asarray(large) * np.float32(weight)
    return noise
