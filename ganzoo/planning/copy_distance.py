"""Distances of sets of images by the features of a small network: what copying would score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ganzoo.components.metrics.distribution import FEWEST
from ganzoo.components.metrics.feature_extractor import TINY, shared_extractor
from ganzoo.components.metrics.kid import kernel
from ganzoo.components.metrics.quick_kid import unbiased_kid
from ganzoo.inspection.glance import LUMA, as_levels
from ganzoo.planning.close_up import SQUARE, CloseUp, Levels

BATCH = 32


def measure_spread(close_ups: Sequence[CloseUp]) -> float | None:
    """The KID of two halves of some images; None of too few."""
    features = extract_features([each.square for each in close_ups])
    halves = features[::2], features[1::2]
    return None if min(map(len, halves)) < FEWEST else measure_kid(*halves, matched=False)


def measure_copying(
    x: Sequence[CloseUp], y: Sequence[CloseUp], grays: tuple[bool, bool], paired: bool
) -> tuple[float, float] | None:
    """The KID of images x taken for y, and of y taken for x; None of too few.

    grays: whether x and y are gray; what is taken for gray images becomes gray.
    paired: images of equal numbers show one scene, and are not compared.
    """
    if min(len(x), len(y)) < FEWEST:
        return None
    sides = [[each.square for each in side] for side in (x, y)]
    own = [extract_features(each) for each in sides]
    kids = []
    for source, target in ((0, 1), (1, 0)):
        copied = own[source]
        if grays[target] and not grays[source]:
            copied = extract_features([_as_gray(each) for each in sides[source]])
        kids.append(measure_kid(copied, own[target], matched=paired))
    return kids[0], kids[1]


def measure_kid(generated: Tensor, real: Tensor, matched: bool) -> float:
    """The KID of features (N, d), as `quick_kid` has it."""
    tables = kernel(generated, generated), kernel(real, real), kernel(generated, real)
    return unbiased_kid(*tables, matched)


def extract_features(squares: Sequence[Levels]) -> Tensor:
    """The features (N, 128), float64, of pictures (128, 128, 3) of levels."""
    extractor = shared_extractor(TINY, "wheel", SQUARE)
    extractor.open(torch.device("cpu"))
    assert extractor.network is not None
    features = []
    with torch.no_grad():
        for start in range(0, len(squares), BATCH):
            batch = torch.from_numpy(np.stack(squares[start : start + BATCH]))
            features.append(extractor.network(batch.permute(0, 3, 1, 2).float() / 127.5 - 1))
    return torch.cat(features).double()


def _as_gray(square: Levels) -> Levels:
    return as_levels(square.astype(np.float32) @ LUMA)[..., None].repeat(3, -1)
