"""Losses on the features inside of a network."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from ganzoo.components.losses.plain import check_shapes
from ganzoo.interfaces import Loss, Value


class FeatureMatching(Loss):
    """Distance of the features of fakes from those of real images, mostly the discriminator's.

    Salimans et al. 2016, arXiv:1606.03498, sec. 3.1; L1 in every layer, as Wang et al. 2018,
    arXiv:1711.11585, eq. 4, who sum over the layers where this averages: their weight of 10 for L
    layers is 10 L here. As wires: prediction = "D.features(G(x))", target = "D.features(y)".
    """

    notation: ClassVar[str] = "‖{prediction} - {target}‖₁"

    def forward(self, prediction: Value, target: Value) -> Tensor:
        """The average of E|prediction - target| over the features; no gradient reaches the target.

        prediction, target: a tensor, or a list of them that agree one by one in shape.

        Raises:
            ValueError: they differ in shape or in number.
        """
        predictions, targets = _listed(prediction), _listed(target)
        if len(predictions) != len(targets):
            raise ValueError(
                f"prediction has {len(predictions)} features and target {len(targets)}: "
                "take both from one network"
            )
        pairs = zip(predictions, targets, strict=True)
        return torch.stack([_distance(*pair) for pair in pairs]).mean()


def _listed(value: Value) -> list[Tensor]:
    return value if isinstance(value, list) else [value]


def _distance(prediction: Tensor, target: Tensor) -> Tensor:
    check_shapes(prediction, target)
    return l1_loss(prediction, target.detach())
