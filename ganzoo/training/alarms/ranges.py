"""What a critic's loss can be, found out by trying: of the core's losses and of any plugin's."""

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


def loss_range(loss: AdversarialLoss) -> LossRange | None:
    """The loss_range of a critic's loss; None where it has no end, as a Wasserstein critic's."""
    loss = deepcopy(loss)  # a trial, which must not teach it anything
    try:
        near, far = _least(loss, NEAR), _least(loss, FAR)
        chance = min(_loss(loss, logit, logit) for logit in NEAR)
    except (ValueError, RuntimeError, IndexError):
        return None
    width = chance - near
    ends = math.isfinite(width) and width > 0 and near - far < 0.1 * width
    return LossRange(far, chance) if ends else None


def loss_ranges(players: Iterable[Player]) -> dict[tuple[str, str], LossRange]:
    """The loss_ranges of all critics' losses that have one, by player and term."""
    found = {
        (player.name, term.name): loss_range(term.loss)
        for player in players
        for term in player.terms
        if isinstance(term, DiscriminatorTerm | PenalisedTerm)
    }
    return {key: known for key, known in found.items() if known is not None}


def _least(loss: AdversarialLoss, logits: Sequence[float]) -> float:
    return min(_loss(loss, real, fake) for real in logits for fake in logits)


def _loss(loss: AdversarialLoss, real: float, fake: float) -> float:
    with torch.no_grad():
        sides = (torch.full((1, 1, 1, 1), logit) for logit in (real, fake))
        return float(loss.discriminator_loss(*sides))
