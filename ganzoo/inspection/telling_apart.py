"""Two kinds of images told apart by a line through their statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ganzoo.inspection.glance import Floats

# The share of the covariance that is replaced by its diagonal's mean, against few images.
SHRINKAGE = 0.1
FOLDS = 5

Classify: TypeAlias = Callable[[Floats], Floats]
"""Takes statistics (N, F); negative for images of the first kind, positive for the second."""


def fit(first: Floats, second: Floats) -> Classify:
    """Fisher's linear discriminant, with shrinkage, of two kinds of images (N, F)."""
    both = np.concatenate([first, second]).astype(np.float64)
    mean, scale = both.mean(0), both.std(0) + 1e-6
    groups = [(each - mean) / scale for each in (first, second)]
    centres = [each.mean(0) for each in groups]
    within = sum(np.cov(each, rowvar=False, bias=True) for each in groups) / 2
    mixed = (1 - SHRINKAGE) * within + SHRINKAGE * np.eye(len(mean))
    direction = np.linalg.solve(mixed, centres[1] - centres[0])
    middle = direction @ (centres[0] + centres[1]) / 2
    return lambda images: np.asarray(((images - mean) / scale) @ direction - middle)


def held_out_accuracy(first: Floats, second: Floats) -> float:
    """How often images are told apart that were not learnt from, half for each kind.

    A fold is a stretch of images that follow one another, as neighbours by name may be kin.
    """
    hits: list[list[float]] = [[], []]
    for fold in range(FOLDS):
        subsets = [_split(each, fold) for each in (first, second)]
        classify = fit(subsets[0][0], subsets[1][0])
        for hit, (_, tested), sign in zip(hits, subsets, (-1, 1), strict=True):
            hit += (sign * classify(tested) > 0).tolist()
    return float(np.mean([np.mean(hit) for hit in hits]))


def _split(images: Floats, fold: int) -> tuple[Floats, Floats]:
    folds = np.arange(len(images)) * FOLDS // len(images)
    return images[folds != fold], images[folds == fold]
