"""One `nn.Module` a player: `forward(values) -> named losses`, a pure function of tensors.

Accelerate prepares a player whole. It registers only what it trains: another player's networks are
held by reference, or two DDP processes would each wrap the same critic and drift apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from torch import Tensor, nn

from ganzoo.engine.cutting import find_leaves, number_distinct, placeholder, replace_leaves
from ganzoo.engine.expressions import (
    Values,
    detach,
    differentiates,
    evaluate,
    full_precision,
    no_autocast,
    plan,
)
from ganzoo.engine.terms import DiscriminatorTerm, PenalisedTerm, Term
from ganzoo.expression import Expression
from ganzoo.interfaces import Buffer, Value


@dataclass(frozen=True)
class Side:
    """A critic's wire whose arguments other players make: `D(x, G(x))` becomes `D(<0>, <1>)`.

    name: the term and its side, `adversarial.fake`.
    arguments: what is made, or read from the data, for the critic, in the order of its sample.
    wire: the wire with a placeholder for each of them.
    buffer: swaps the sample for past ones; None shows the critic what was just made.
    """

    name: str
    arguments: tuple[Expression, ...]
    wire: Expression
    buffer: Buffer | None = None

    @property
    def placeholders(self) -> list[str]:
        """The names under which the critic finds the sample's tensors."""
        return [placeholder(self.name, i) for i in range(len(self.arguments))]


def cut_side(name: str, wire: Expression, own: set[str], buffer: Buffer | None) -> Side:
    """Replace every largest part of the wire that holds none of the player's own networks."""
    parts = find_leaves(wire, own)
    places = number_distinct([str(part) for part in parts])
    cut_wire = replace_leaves(wire, own, [placeholder(name, place) for place in places])
    return Side(name, tuple({str(part): part for part in parts}.values()), cut_wire, buffer)


@dataclass(frozen=True)
class UpdateInterval:
    """When a player moves.

    every: it moves on the steps every - 1, 2 every - 1, ... (n_critic is the generators' every).
    fresh: it is given batches and latents of its own.
    """

    every: int = 1
    fresh: bool = False


class Player(nn.Module):
    """Networks that move together, and the terms they minimise.

    own: the networks it trains.
    others: networks its wires run through; held by reference.
    sides: the samples it is shown by others.
    first: expressions to evaluate before all else, so that chance falls on them as it did when
        they were made ahead.
    update_interval: how often it moves, and on whose batches.
    """

    def __init__(
        self,
        name: str,
        own: Mapping[str, nn.Module],
        others: Mapping[str, nn.Module],
        terms: Sequence[Term],
        sides: Sequence[Side] = (),
        first: Sequence[Expression] = (),
        update_interval: UpdateInterval = UpdateInterval(),
    ) -> None:
        super().__init__()
        self.name, self.update_interval = name, update_interval
        self.networks = nn.ModuleDict(dict(own))
        self.losses = nn.ModuleDict({term.name: term.loss for term in terms})
        self.penalties = nn.ModuleList(collect_penalties(terms).values())
        self.terms = tuple(terms)
        self.differentiates = False  # whether a loss does, as the trial step finds
        self.sides = tuple(sides)
        self.frozen = frozenset(n for n, p in self.named_parameters() if not p.requires_grad)
        self._resting = [module for module in self.modules() if not module.training]
        self._others = dict(others)
        shown = {name for side in sides for name in side.placeholders}
        wanted = [e for term in terms for e in term.expressions()]
        ahead = plan(first, shown)
        done = shown | {str(call) for level in ahead for call in level}
        self.levels = ahead + plan(wanted, done)
        self._read = list(dict.fromkeys(str(e) for e in wanted))
        self.makes = {str(call) for level in self.levels for call in level}

    def freeze(self, names: Collection[str]) -> None:
        """Freeze parameters for good, beside those that a part froze itself."""
        self.frozen |= frozenset(names)
        for name in names:
            self.get_parameter(name).requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Set the mode of all but what a part put in evaluation mode itself (a frozen backbone)."""
        super().train(mode)
        for module in self._resting:
            module.training = False
        return self

    def trainable(self) -> dict[str, nn.Parameter]:
        """The parameters that move, by name."""
        return {n: p for n, p in self.named_parameters() if n not in self.frozen}

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss, penalties included."""
        return {name: weight for term in self.terms for name, weight in term.weights.items()}

    @property
    def unscaled(self) -> set[str]:
        """The losses that no weight scales: the critics' sides of adversarial terms."""
        return {t.name for t in self.terms if isinstance(t, DiscriminatorTerm | PenalisedTerm)}

    @property
    def double_backward(self) -> bool:
        """Whether it takes gradients itself, which compiled code cannot differentiate again."""
        networks = {**self._others, **dict(self.networks.items())}
        calls = [call for level in self.levels for call in level]
        inner = any(differentiates(call, networks) for call in calls)
        return inner or self.differentiates or len(self.penalties) > 0

    def forward(
        self, values: dict[str, Value], returns: Sequence[str] = ()
    ) -> tuple[dict[str, Tensor], Values]:
        """Losses by term, before their weights; and the values of `returns`, detached.

        Networks run in the precision of the surrounding autocast, losses always in full.

        values: data and latents (N, ...) by name, and the samples of this player's sides.
        """
        networks: dict[str, nn.Module] = {**self._others, **dict(self.networks.items())}
        found = evaluate(self.levels, values, networks)
        losses: dict[str, Tensor] = {}
        with no_autocast(values.values()):
            read = {text: full_precision(found[text]) for text in (*self._read, *returns)}
            for term in self.terms:
                losses |= term.losses(read, networks)
        return losses, {text: detach(read[text]) for text in returns}


def collect_penalties(terms: Sequence[Term]) -> dict[str, nn.Module]:
    """The penalties of all terms, by the names of their losses."""
    priced = [term for term in terms if isinstance(term, PenalisedTerm)]
    return {weighted.name: weighted.penalty for term in priced for weighted in term.penalties}
