"""What holds for a game beside its players: rates, weights, averages, augmentations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ganzoo.engine.augmenting import AugmentationStep
from ganzoo.engine.ema import Ema
from ganzoo.engine.player import Player
from ganzoo.engine.player_optimizer import AssignedOptimizer
from ganzoo.engine.scheduled import Factor


@dataclass(frozen=True)
class Rules:
    """The rules of the game in addition to its players.

    rate: the factor of all learning rates. weights: the factors of scheduled terms, by name.
    optimizers_of: makes a player's optimizers. averages: the averages of weights, if any.
    compiled: whether to run players through torch.compile, if possible.
    channels_last: whether convolutions compute in channels_last memory on CUDA.
    augmentations: of training samples, in their order.
    """

    rate: Factor
    optimizers_of: Callable[[Player], Sequence[AssignedOptimizer]]
    weights: Mapping[str, Factor] = field(default_factory=dict)
    averages: Ema | None = None
    compiled: bool = False
    channels_last: bool = False
    augmentations: Sequence[AugmentationStep] = ()
