"""One `nn.Module` a player: `forward(values) -> named losses`, a pure function of tensors.

Accelerate prepares a player whole. It registers only what it trains: another player's networks are
held by reference, or two DDP processes would each wrap the same critic and drift apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from torch import Tensor, nn

from ganzoo.expression import Call, Expression, Name, networks
from ganzoo.interfaces import AdversarialLoss, Buffer, Loss, Value
from ganzoo.play.objective import Values, detach, evaluate, plan


@dataclass(frozen=True)
class PlainTerm:
    """`weight * loss(**wires)`, for one player."""

    name: str
    loss: Loss
    wires: Mapping[str, Expression]
    weight: float

    def expressions(self) -> list[Expression]:
        """What the term needs evaluated."""
        return list(self.wires.values())

    def value(self, values: Values) -> Tensor:
        """The loss, before its weight."""
        result: Tensor = self.loss(**{wire: values[str(e)] for wire, e in self.wires.items()})
        return result


@dataclass(frozen=True)
class GeneratorTerm:
    """The generators' side of an adversarial term; `real` is None where its loss is blind to it."""

    name: str
    loss: AdversarialLoss
    fake: Expression
    real: Expression | None
    weight: float

    def expressions(self) -> list[Expression]:
        """What the term needs evaluated."""
        return [self.fake] if self.real is None else [self.fake, self.real]

    def value(self, values: Values) -> Tensor:
        """The loss, before its weight; averaged over a critic's scales."""
        fakes = scales(values[str(self.fake)])
        reals = [None] * len(fakes) if self.real is None else scales(values[str(self.real)])
        return mean([self.loss.generator_loss(f, r) for f, r in zip(fakes, reals, strict=True)])


@dataclass(frozen=True)
class CriticTerm:
    """The critic's side of an adversarial term. Fakes come first, as in the reference."""

    name: str
    loss: AdversarialLoss
    real: Expression
    fake: Expression
    weight: float = 1.0

    def expressions(self) -> list[Expression]:
        """What the term needs evaluated."""
        return [self.fake, self.real]

    def value(self, values: Values) -> Tensor:
        """The loss, averaged over a critic's scales."""
        sides = zip(scales(values[str(self.real)]), scales(values[str(self.fake)]), strict=True)
        return mean([self.loss.discriminator_loss(real, fake) for real, fake in sides])


Term = PlainTerm | GeneratorTerm | CriticTerm


def scales(logits: Value) -> list[Tensor]:
    """Logits as a list: a multi-scale critic returns several."""
    return logits if isinstance(logits, list) else [logits]


def mean(losses: Sequence[Tensor]) -> Tensor:
    """The average of scalars."""
    return sum(losses[1:], losses[0]) / len(losses) if len(losses) > 1 else losses[0]


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


def placeholder(side: str, index: int) -> str:
    """A name no wire can hold, for the index-th tensor of a side's sample."""
    return f"<{side}.{index}>"


def cut_side(name: str, wire: Expression, own: set[str], buffer: Buffer | None) -> Side:
    """Replace every largest part of the wire that holds none of the player's own networks."""
    arguments: dict[str, Expression] = {}

    def cut(expression: Expression) -> Expression:
        if isinstance(expression, Call) and networks(expression) & own:
            inner = tuple(map(cut, expression.arguments))
            return Call(expression.network, inner, expression.head)
        arguments.setdefault(str(expression), expression)
        return Name(placeholder(name, list(arguments).index(str(expression))))

    cut_wire = cut(wire)
    return Side(name, tuple(arguments.values()), cut_wire, buffer)


class Player(nn.Module):
    """Networks that move together, and the terms they minimise.

    own: the networks it trains.
    others: networks its wires run through; held by reference.
    sides: the samples it is shown by others.
    first: expressions to evaluate before all else, so that chance falls on them as it did when
        they were made ahead.
    """

    def __init__(
        self,
        name: str,
        own: Mapping[str, nn.Module],
        others: Mapping[str, nn.Module],
        terms: Sequence[Term],
        sides: Sequence[Side] = (),
        first: Sequence[Expression] = (),
    ) -> None:
        super().__init__()
        self.name = name
        self.networks = nn.ModuleDict(dict(own))
        self.losses = nn.ModuleDict({term.name: term.loss for term in terms})
        self.terms = tuple(terms)
        self.sides = tuple(sides)
        self.frozen = frozenset(n for n, p in self.named_parameters() if not p.requires_grad)
        self._resting = [module for module in self.modules() if not module.training]
        self._others = dict(others)
        shown = {name for side in sides for name in side.placeholders}
        wanted = [e for term in terms for e in term.expressions()]
        ahead = plan(first, shown)
        done = shown | {str(call) for level in ahead for call in level}
        self.levels = ahead + plan(wanted, done)
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
        """Each term's weight."""
        return {term.name: term.weight for term in self.terms}

    def forward(
        self, values: dict[str, Value], returns: Sequence[str] = ()
    ) -> tuple[dict[str, Tensor], Values]:
        """Losses by term, before their weights; and the values of `returns`, detached.

        values: data and latents (N, ...) by name, and the samples of this player's sides.
        """
        networks: dict[str, nn.Module] = {**self._others, **dict(self.networks.items())}
        found = evaluate(self.levels, values, networks)
        losses = {term.name: term.value(found) for term in self.terms}
        return losses, {text: detach(found[text]) for text in returns}
