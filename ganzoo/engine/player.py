"""A player as an `nn.Module`: `forward(values) -> named losses`, a pure function of tensors.

Accelerate prepares a player as one module. A player registers only the networks that it trains, and
refers to the others without registering them: DDP would wrap a network twice otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from torch import Tensor, nn

from ganzoo.engine.cutting import find_leaves, name_placeholder, number_distinct, replace_leaves
from ganzoo.engine.expressions import (
    Values,
    detach,
    differentiates,
    evaluate,
    full_precision,
    no_autocast,
    plan,
)
from ganzoo.engine.terms import DiscriminatorTerm, PenalisedTerm, Sides, Term
from ganzoo.expression import Expression
from ganzoo.interfaces import Buffer, Value


@dataclass(frozen=True)
class Side:
    """A discriminator's wire, cut at its networks' arguments: `D(x, G(x))` becomes `D(<0>, <1>)`.

    name: the term and its side, `adversarial.fake`.
    arguments: the expressions that were cut off, each once. Their values are the side's sample.
    wire: the wire with a placeholder for each of them.
    buffer: may replace the sample by past ones; without a buffer, the sample of this step is shown.
    """

    name: str
    arguments: tuple[Expression, ...]
    wire: Expression
    buffer: Buffer | None = None

    @property
    def placeholders(self) -> list[str]:
        """The names of the sample's tensors in `wire`."""
        return [name_placeholder(self.name, i) for i in range(len(self.arguments))]


def cut_side(name: str, wire: Expression, own: set[str], buffer: Buffer | None) -> Side:
    """The side of a wire, for the player that trains the networks `own`."""
    leaves = find_leaves(wire, own)
    places = number_distinct([str(leaf) for leaf in leaves])
    cut_wire = replace_leaves(wire, own, [name_placeholder(name, place) for place in places])
    return Side(name, tuple({str(leaf): leaf for leaf in leaves}.values()), cut_wire, buffer)


@dataclass(frozen=True)
class UpdateInterval:
    """How often a player moves, and whether it has batches of its own.

    every: the player moves in each `every`-th step: 5 for the generators of a WGAN.
    fresh: whether it has its own batches and latents instead of those that all players share.
    """

    every: int = 1
    fresh: bool = False


class Player(nn.Module):
    """Networks that are trained together, and the terms that they minimise.

    own: the networks it trains, by name.
    others: the other networks that its wires call, by name; they are not registered.
    sides: the wires of its discriminators; the game fills in what they are shown.
    first: expressions that `forward` evaluates first. They are also made ahead for other players,
        and evaluating them first lets them draw the same random numbers both times.
    update_interval: how often it moves, and whether it has batches of its own.
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
        self.differentiates = False  # the trial step sets it: whether a loss takes gradients
        self.sides = tuple(sides)
        self.frozen = frozenset(n for n, p in self.named_parameters() if not p.requires_grad)
        self._resting = [module for module in self.modules() if not module.training]
        self._others = dict(others)
        placeholders = {name for side in sides for name in side.placeholders}
        wanted = [e for term in terms for e in term.expressions()]
        ahead = plan(first, placeholders)
        evaluated = placeholders | {str(call) for level in ahead for call in level}
        self.levels = ahead + plan(wanted, evaluated)
        self._read = list(dict.fromkeys(str(e) for e in wanted))
        self.makes = {str(call) for level in self.levels for call in level}

    def freeze(self, names: Collection[str]) -> None:
        """Freeze parameters for good, in addition to those that a component froze itself."""
        self.frozen |= frozenset(names)
        for name in names:
            self.get_parameter(name).requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Set the mode; modules that a component put in evaluation mode (a backbone) stay in it."""
        super().train(mode)
        for module in self._resting:
            module.training = False
        return self

    def trainable(self) -> dict[str, nn.Parameter]:
        """The parameters that are trained, by name."""
        return {n: p for n, p in self.named_parameters() if n not in self.frozen}

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss, penalties included."""
        return {name: weight for term in self.terms for name, weight in term.weights.items()}

    @property
    def unscaled(self) -> set[str]:
        """The losses that no schedule scales: the discriminators' sides of adversarial terms."""
        return {t.name for t in self.terms if isinstance(t, DiscriminatorTerm | PenalisedTerm)}

    @property
    def double_backward(self) -> bool:
        """Whether its forward pass computes gradients, which compiled code cannot do."""
        networks = {**self._others, **dict(self.networks.items())}
        calls = [call for level in self.levels for call in level]
        inner = any(differentiates(call, networks) for call in calls)
        return inner or self.differentiates or len(self.penalties) > 0

    def forward(
        self, values: dict[str, Value], returns: Sequence[str] = (), keeps_logits: bool = False
    ) -> tuple[dict[str, Tensor], Values, dict[str, Sides]]:
        """Compute scalar losses by name, before their weights; the values of `returns`; the logits.

        Networks run in the precision of the surrounding autocast, losses in full precision.

        values: data and latents (N, ...) by name, and the samples of this player's sides by their
            placeholders.
        returns: the expressions, as text, whose values other players need.
        keeps_logits: whether to return the logits of discriminators' terms, by term.
        """
        networks: dict[str, nn.Module] = {**self._others, **dict(self.networks.items())}
        computed = evaluate(self.levels, values, networks)
        losses: dict[str, Tensor] = {}
        logits: dict[str, Sides] = {}
        with no_autocast(values.values()):
            read = {text: full_precision(computed[text]) for text in (*self._read, *returns)}
            for term in self.terms:
                if keeps_logits and isinstance(term, DiscriminatorTerm | PenalisedTerm):
                    losses |= term.losses(read, networks, logits)
                else:
                    losses |= term.losses(read, networks)
        return losses, {text: detach(read[text]) for text in returns}, logits


def collect_penalties(terms: Sequence[Term]) -> dict[str, nn.Module]:
    """The penalties of all terms, by the names of their losses."""
    penalised = [term for term in terms if isinstance(term, PenalisedTerm)]
    return {weighted.name: weighted.penalty for term in penalised for weighted in term.penalties}
