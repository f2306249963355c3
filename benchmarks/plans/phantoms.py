"""Drawn slices of a head, as two scanners' contrasts show the same tissues."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
# By tissue: air, fat and skin, bone, fluid, gray matter, white matter, lesion.
FIRST = np.array([60.0, 3300, 350, 500, 1750, 2500, 1300])
SECOND = np.array([60.0, 2300, 250, 3700, 2100, 1450, 3100])
AIR, FAT, BONE, FLUID, GRAY, WHITE, LESION = range(7)
FINER = 3


def draw_scan(rng: np.random.Generator, side: int) -> tuple[Pixels, Pixels]:
    """One slice in both contrasts (H, W), 0 ... 4095."""
    tissues = _draw_tissues(rng, side * FINER)
    fields = (_shade(rng, side), _shade(rng, side))
    first, second = (
        _expose(rng, tissues, values, shade, side)
        for values, shade in zip((FIRST, SECOND), fields, strict=True)
    )
    return first, second


def _draw_tissues(rng: np.random.Generator, side: int) -> Pixels:
    """The tissue of each pixel: shells of a wavy ellipse, ventricles and a lesion or none."""
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    turn = rng.normal(0, 0.15)
    down = rows * np.cos(turn) - columns * np.sin(turn) + rng.normal(0, 0.05)
    right = rows * np.sin(turn) + columns * np.cos(turn) + rng.normal(0, 0.05)
    radius = np.hypot(down / rng.uniform(0.8, 0.95), right / rng.uniform(0.62, 0.8))
    angle = np.arctan2(down, right)
    waves = [rng.uniform(0, 2 * np.pi) for _ in range(2)]
    folds = 0.04 * np.sin(rng.integers(7, 13) * angle + waves[0])
    tissues = np.full(rows.shape, AIR)
    for tissue, edge in ((FAT, 1.0), (BONE, 0.92), (FLUID, 0.85), (GRAY, 0.8)):
        tissues[radius < edge] = tissue
    tissues[radius + folds + 0.03 * np.sin(5 * angle + waves[1]) < 0.62] = WHITE
    for sign in (-1, 1):
        inside = np.hypot((down + 0.05) / rng.uniform(0.2, 0.3), (right - sign * 0.11) / 0.09) < 1
        tissues[inside] = FLUID
    if rng.random() < 0.4:
        place = rng.uniform(-0.35, 0.35, 2)
        near = np.hypot(down - place[0], right - place[1]) < rng.uniform(0.06, 0.14)
        tissues[near & (tissues == WHITE)] = LESION
    return tissues


def _shade(rng: np.random.Generator, side: int) -> Pixels:
    """A coil's sensitivity: smooth, about 1."""
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    return 1 + rng.normal(0, 0.05) * rows + rng.normal(0, 0.05) * columns


def _expose(
    rng: np.random.Generator, tissues: Pixels, values: Pixels, shade: Pixels, side: int
) -> Pixels:
    """Values (H, W) of the tissues, averaged over a pixel, with the magnitude of some noise."""
    fine = values[tissues].reshape(side, FINER, side, FINER).mean((1, 3)) * shade
    noise = rng.normal(0, 60, (2, side, side))
    return np.hypot(fine + noise[0], noise[1]).clip(0, 4095).round().astype(np.uint16)
