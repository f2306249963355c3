"""Four ways to spoil an image. Intensities are (C, H, W) in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Noise = Literal["gaussian", "poisson", "speckle", "salt_pepper"]
Intensities = NDArray[np.floating[Any]]
Spoil = Callable[[Intensities, float, np.random.Generator], Intensities]


def gaussian(clean: Intensities, level: float, rng: np.random.Generator) -> Intensities:
    """Electronics: clean + n, n ~ N(0, level²) in every channel of every pixel."""
    return clean + level * rng.standard_normal(clean.shape)


def poisson(clean: Intensities, level: float, rng: np.random.Generator) -> Intensities:
    """Light: Poisson(level * clean) / level; white is `level` photons; variance clean / level."""
    return rng.poisson(level * clean) / level


def speckle(clean: Intensities, level: float, rng: np.random.Generator) -> Intensities:
    """Interference: clean * (1 + n), n ~ N(0, level²); variance (level * clean)²."""
    return clean * (1 + level * rng.standard_normal(clean.shape))


def salt_pepper(clean: Intensities, level: float, rng: np.random.Generator) -> Intensities:
    """Dead pixels: each, in all its channels, is white or black with probability level / 2."""
    uniform = rng.random(clean.shape[-2:])
    return np.where(uniform < level, np.where(uniform < level / 2, 0.0, 1.0), clean)


@dataclass(frozen=True)
class NoiseKind:
    """A kind of noise: its function, and what `level` means for it."""

    spoil: Spoil
    default: float
    most: float
    meaning: str


KINDS: dict[str, NoiseKind] = {
    "gaussian": NoiseKind(
        gaussian, 0.1, 1.0, "sigma as a fraction of the range (25 / 255 = 0.098)"
    ),
    "poisson": NoiseKind(poisson, 30.0, 1e6, "the photons of a white pixel"),
    "speckle": NoiseKind(speckle, 0.2, 1.0, "sigma as a fraction of the pixel's own value"),
    "salt_pepper": NoiseKind(salt_pepper, 0.05, 1.0, "the fraction of pixels that are lost"),
}


def check_level(noise: Noise, level: float | None) -> float:
    """The level, or the default of that noise.

    Raises:
        ValueError: it is out of range; says what a level is.
    """
    kind = KINDS[noise]
    if level is None:
        return kind.default
    if not 0 < level <= kind.most:
        raise ValueError(
            f"level is {level:g}: for {noise} noise it is {kind.meaning}, "
            f"above 0 and at most {kind.most:g}"
        )
    return level


def degrade(clean: Tensor, noise: Noise, level: float, rng: np.random.Generator) -> Tensor:
    """A noisy copy of an image (C, H, W) in [-1, 1], clamped to that range as a camera's file is.

    So near black and white the noise is smaller, and its mean is not 0.
    """
    intensities = (clean.double().numpy() + 1) / 2
    spoiled = KINDS[noise].spoil(intensities, level, rng).clip(0, 1)
    return torch.from_numpy(spoiled * 2 - 1).to(clean.dtype)
