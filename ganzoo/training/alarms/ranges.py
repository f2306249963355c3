"""The range of a discriminator's loss, measured by trying logits: for any loss of any plugin."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import deepcopy

import torch

from ganzoo.engine.player import Player
from ganzoo.engine.terms import DiscriminatorTerm, PenalisedTerm
from ganzoo.interfaces import AdversarialLoss
from ganzoo.training.alarms.detectors import LossRange

NEAR = (-10.0, -1.0, -0.5, 0.0, 0.5, 1.0, 10.0)
FAR = (-20.0, *NEAR, 20.0)


def measure_loss_range(loss: AdversarialLoss) -> LossRange | None:
    """The range of a discriminator's loss; None where it has no lower end, as Wasserstein's."""
    loss = deepcopy(loss)  # trying it must not change what it remembers
    try:
        near, far = _least(loss, NEAR), _least(loss, FAR)
        guessing = min(_loss(loss, logit, logit) for logit in NEAR)
    except (ValueError, RuntimeError, IndexError):
        return None
    width = guessing - near
    ends = math.isfinite(width) and width > 0 and near - far < 0.1 * width
    return LossRange(far, guessing) if ends else None


def measure_loss_ranges(players: Iterable[Player]) -> dict[tuple[str, str], LossRange]:
    """The ranges of all discriminators' losses that have one, by player and term."""
    ranges = {
        (player.name, term.name): measure_loss_range(term.loss)
        for player in players
        for term in player.terms
        if isinstance(term, DiscriminatorTerm | PenalisedTerm)
    }
    return {key: known for key, known in ranges.items() if known is not None}


def _least(loss: AdversarialLoss, logits: Sequence[float]) -> float:
    return min(_loss(loss, real, fake) for real in logits for fake in logits)


def _loss(loss: AdversarialLoss, real: float, fake: float) -> float:
    with torch.no_grad():
        sides = (torch.full((1, 1, 1, 1), logit) for logit in (real, fake))
        return float(loss.discriminator_loss(*sides))
