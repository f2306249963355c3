"""The terms of an objective: what each needs evaluated, and its loss, before its weight."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from ganzoo.engine.cutting import find_leaves, number_distinct, placeholder, replace_leaves
from ganzoo.engine.expressions import Values, evaluate, flatten, nest_like, plan
from ganzoo.expression import Expression
from ganzoo.interfaces import AdversarialLoss, DiscriminatorOutput, Loss, Penalty, Value

Losses = dict[str, Tensor]
Networks = Mapping[str, nn.Module]


@dataclass(frozen=True)
class PlainTerm:
    """`weight * loss(**wires)`, for one player."""

    name: str
    loss: Loss
    wires: Mapping[str, Expression]
    weight: float

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss."""
        return {self.name: self.weight}

    def expressions(self) -> list[Expression]:
        """What the term needs evaluated."""
        return list(self.wires.values())

    def losses(self, values: Values, networks: Networks) -> Losses:
        """The loss."""
        return {self.name: self.loss(**{wire: values[str(e)] for wire, e in self.wires.items()})}


@dataclass(frozen=True)
class GeneratorTerm:
    """The generators' side of an adversarial term; `real` is None where its loss is blind to it."""

    name: str
    loss: AdversarialLoss
    fake: Expression
    real: Expression | None
    weight: float

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss."""
        return {self.name: self.weight}

    def expressions(self) -> list[Expression]:
        """What the term needs evaluated."""
        return [self.fake] if self.real is None else [self.fake, self.real]

    def losses(self, values: Values, networks: Networks) -> Losses:
        """The loss, averaged over a critic's scales."""
        fakes = list_scales(values[str(self.fake)])
        reals = [None] * len(fakes) if self.real is None else list_scales(values[str(self.real)])
        sides = zip(fakes, reals, strict=True)
        return {self.name: mean([self.loss.generator_loss(fake, real) for fake, real in sides])}


@dataclass(frozen=True)
class DiscriminatorTerm:
    """The critic's side of an adversarial term. Fakes come first, as in the reference."""

    name: str
    loss: AdversarialLoss
    real: Expression
    fake: Expression

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss: a critic's is never scaled."""
        return {self.name: 1.0}

    def expressions(self) -> list[Expression]:
        """What the term needs evaluated."""
        return [self.fake, self.real]

    def losses(self, values: Values, networks: Networks) -> Losses:
        """The loss, averaged over a critic's scales."""
        real, fake = (list_scales(values[str(wire)]) for wire in (self.real, self.fake))
        return {self.name: _discriminator_loss(self.loss, real, fake)}


@dataclass(frozen=True)
class WeightedPenalty:
    """A penalty, the name of its loss, and its weight."""

    name: str
    penalty: Penalty
    weight: float


@dataclass(frozen=True)
class PenalisedSide:
    """One side of a penalised term: what the critic is shown, and its wire as a function of that.

    arguments: what stands where the critic's own networks begin, each once.
    names: what they are called in `wire`.
    """

    arguments: tuple[Expression, ...]
    names: tuple[str, ...]
    wire: Expression

    def logits(self, values: Sequence[Value], networks: Networks) -> list[Tensor]:
        """The critic's logits, of values for the arguments."""
        given = dict(zip(self.names, values, strict=True))
        return list_scales(evaluate(plan([self.wire], given), given, networks)[str(self.wire)])


def penalised_sides(
    real: Expression, fake: Expression, own: Collection[str]
) -> tuple[PenalisedSide, PenalisedSide]:
    """Both sides' wires, cut where the critic's own networks begin.

    Penalties mix the two sides argument by argument: what comes twice is one argument only if it
    does so on both.
    """
    sides = [find_leaves(wire, own) for wire in (real, fake)]
    texts = [[str(leaf) for leaf in side] for side in sides]
    alike = len(texts[0]) == len(texts[1])
    keys: list[list[object]] = [[*zip(*texts, strict=True)]] * 2 if alike else [[*t] for t in texts]
    found = []
    for wire, parts, side in zip((real, fake), sides, keys, strict=True):
        places = number_distinct(side)
        names = [placeholder("shown", place) for place in places]
        arguments = dict(zip(names, parts, strict=True))
        cut = replace_leaves(wire, own, names)
        found.append(PenalisedSide(tuple(arguments.values()), tuple(arguments), cut))
    return found[0], found[1]


@dataclass(frozen=True)
class PenalisedTerm:
    """The critic's side with penalties: it runs the critic itself, on arguments with a gradient."""

    name: str
    loss: AdversarialLoss
    real: PenalisedSide
    fake: PenalisedSide
    penalties: Sequence[WeightedPenalty]

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss: only penalties have one."""
        return {self.name: 1.0, **{weighted.name: weighted.weight for weighted in self.penalties}}

    def expressions(self) -> list[Expression]:
        """What the term needs evaluated: what the critic is shown."""
        return [*self.fake.arguments, *self.real.arguments]

    def losses(self, values: Values, networks: Networks) -> Losses:
        """The loss, and that of each penalty, by its name."""
        fake, real = (
            _discriminator_output(side, values, networks) for side in (self.fake, self.real)
        )
        found = {self.name: _discriminator_loss(self.loss, real.logits, fake.logits)}
        shape = [values[str(argument)] for argument in self.real.arguments]

        def discriminate(*arguments: Tensor) -> list[Tensor]:
            return self.real.logits(nest_like(shape, arguments), networks)

        for weighted in self.penalties:
            found[weighted.name] = weighted.penalty(discriminate, real, fake)
        return found


Term = PlainTerm | GeneratorTerm | DiscriminatorTerm | PenalisedTerm


def list_scales(logits: Value) -> list[Tensor]:
    """Logits as a list: a multi-scale critic returns several."""
    return logits if isinstance(logits, list) else [logits]


def mean(losses: Sequence[Tensor]) -> Tensor:
    """The average of scalars."""
    return sum(losses[1:], losses[0]) / len(losses) if len(losses) > 1 else losses[0]


def _discriminator_loss(loss: AdversarialLoss, real: list[Tensor], fake: list[Tensor]) -> Tensor:
    sides = zip(real, fake, strict=True)
    return mean([loss.discriminator_loss(on_real, on_fake) for on_real, on_fake in sides])


def _discriminator_output(
    side: PenalisedSide, values: Values, networks: Networks
) -> DiscriminatorOutput:
    """Its arguments in a row, those in lists included, and its logits."""
    shown = [values[str(argument)] for argument in side.arguments]
    arguments = tuple(map(_with_gradient, flatten(shown)))
    return DiscriminatorOutput(arguments, side.logits(nest_like(shown, arguments), networks))


def _with_gradient(value: Tensor) -> Tensor:
    """The value as something to differentiate by; a label, which has no gradient, as it is."""
    if value.requires_grad or not value.is_floating_point():
        return value
    return value.detach().requires_grad_()
