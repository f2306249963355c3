"""Contrast between the places of an image."""

from __future__ import annotations

from typing import ClassVar

import torch
from ganzoo.interfaces import Loss, Value
from torch import Tensor
from torch.nn.functional import cross_entropy


class PatchNCE(Loss):
    """Which of an image's places is this? (Park et al. 2020, arXiv:2007.15651, eqs. 2 and 3.)

    Each query has to be told from the keys of all places of the same image by its likeness with
    the key of its own: a softmax over places, by InfoNCE (van den Oord et al. 2018,
    arXiv:1807.03748). The keys are given; no gradient reaches them.

    temperature: what likenesses are divided by; below 1 it sharpens the softmax.

    Raises:
        ValueError: temperature is not above 0.
    """

    notation: ClassVar[str] = "PatchNCE({query}, {key})"

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"temperature is {temperature:g}: it must be above 0")
        self.temperature = temperature

    def forward(self, query: Value, key: Value) -> Tensor:
        """The mean of -log softmax(q · k / temperature)ₚ over places p, then over layers.

        query, key: vectors (N, P, C) of P places, or a list of them, one for each layer; unit
            vectors in the paper. The paper sums over layers, its authors' code averages as here.

        Raises:
            ValueError: they differ in shape or in number.
        """
        queries, keys = _listed(query), _listed(key)
        shapes = [[tuple(features.shape) for features in side] for side in (queries, keys)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"query and key differ in shape: {shapes[0]} and {shapes[1]}")
        layers = zip(queries, keys, strict=True)
        return torch.stack([self._layer(*layer) for layer in layers]).mean()

    def _layer(self, query: Tensor, key: Tensor) -> Tensor:
        """Row p of the logits (N, P, P) says how much place p's query is like each place's key."""
        logits = query @ key.detach().mT / self.temperature
        own = torch.arange(query.shape[-2], device=query.device).expand(logits.shape[:-1])
        return cross_entropy(logits.flatten(0, -2), own.flatten())


def _listed(value: Value) -> list[Tensor]:
    return value if isinstance(value, list) else [value]
