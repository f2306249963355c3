"""The terms of an objective: the expressions that a term needs, and its losses before weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from ganzoo.engine.cutting import find_leaves, name_placeholder, number_distinct, replace_leaves
from ganzoo.engine.expressions import Values, evaluate, flatten, nest_like, plan
from ganzoo.expression import Expression
from ganzoo.interfaces import AdversarialLoss, DiscriminatorOutput, Loss, Penalty, Value

Losses = dict[str, Tensor]
Sides = dict[str, list[Tensor]]
"""Detached logits of an adversarial term: for "real" and "fake", a tensor (N, ...) per scale."""
Networks = Mapping[str, nn.Module]


@dataclass(frozen=True)
class PlainTerm:
    """A loss of wires, `weight * loss(**wires)`, which one player minimises."""

    name: str
    loss: Loss
    wires: Mapping[str, Expression]
    weight: float

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss."""
        return {self.name: self.weight}

    def expressions(self) -> list[Expression]:
        """The expressions that the term needs evaluated."""
        return list(self.wires.values())

    def losses(self, values: Values, networks: Networks) -> Losses:
        """The loss."""
        return {self.name: self.loss(**{wire: values[str(e)] for wire, e in self.wires.items()})}


@dataclass(frozen=True)
class GeneratorTerm:
    """The generators' side of an adversarial term; `real` is None where its loss needs no real."""

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
        """The expressions that the term needs evaluated."""
        return [self.fake] if self.real is None else [self.fake, self.real]

    def losses(self, values: Values, networks: Networks) -> Losses:
        """The loss, averaged over the discriminator's scales."""
        fakes = list_scales(values[str(self.fake)])
        reals = [None] * len(fakes) if self.real is None else list_scales(values[str(self.real)])
        sides = zip(fakes, reals, strict=True)
        return {self.name: mean([self.loss.generator_loss(fake, real) for fake, real in sides])}


@dataclass(frozen=True)
class DiscriminatorTerm:
    """The discriminators' side of an adversarial term.

    Fakes are evaluated first, as in the reference implementation of CycleGAN.
    """

    name: str
    loss: AdversarialLoss
    real: Expression
    fake: Expression

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss: the term's weight scales the generators' side only."""
        return {self.name: 1.0}

    def expressions(self) -> list[Expression]:
        """The expressions that the term needs evaluated."""
        return [self.fake, self.real]

    def losses(
        self, values: Values, networks: Networks, logits: dict[str, Sides] | None = None
    ) -> Losses:
        """The loss, averaged over a discriminator's scales; its logits are added to `logits`."""
        real, fake = (list_scales(values[str(wire)]) for wire in (self.real, self.fake))
        _keep(logits, self.name, real, fake)
        return {self.name: _discriminator_loss(self.loss, real, fake)}


@dataclass(frozen=True)
class WeightedPenalty:
    """A penalty of an adversarial term, with its name among the losses and its weight."""

    name: str
    penalty: Penalty
    weight: float


@dataclass(frozen=True)
class PenalisedSide:
    """The real or the fake side of a penalised term: its wire as a function of its arguments.

    arguments: the expressions where the discriminators' own networks begin, each once.
    names: their placeholders in `wire`.
    """

    arguments: tuple[Expression, ...]
    names: tuple[str, ...]
    wire: Expression

    def logits(self, values: Sequence[Value], networks: Networks) -> list[Tensor]:
        """The logits for these values of the arguments, one tensor per scale."""
        given = dict(zip(self.names, values, strict=True))
        return list_scales(evaluate(plan([self.wire], given), given, networks)[str(self.wire)])


def penalised_sides(
    real: Expression, fake: Expression, own: Collection[str]
) -> tuple[PenalisedSide, PenalisedSide]:
    """The real and the fake side of two wires, cut at the arguments of the networks `own`.

    Penalties mix the two sides argument by argument, so both get the same number of arguments if
    possible: an expression that occurs twice in a wire becomes one argument only if the other wire
    repeats an argument in the same places.
    """
    both_leaves = [find_leaves(wire, own) for wire in (real, fake)]
    texts = [[str(leaf) for leaf in leaves] for leaves in both_leaves]
    alike = len(texts[0]) == len(texts[1])
    keys: list[list[object]] = [[*zip(*texts, strict=True)]] * 2 if alike else [[*t] for t in texts]
    sides = []
    for wire, leaves, leaf_keys in zip((real, fake), both_leaves, keys, strict=True):
        places = number_distinct(leaf_keys)
        names = [name_placeholder("shown", place) for place in places]
        arguments = dict(zip(names, leaves, strict=True))
        cut = replace_leaves(wire, own, names)
        sides.append(PenalisedSide(tuple(arguments.values()), tuple(arguments), cut))
    return sides[0], sides[1]


@dataclass(frozen=True)
class PenalisedTerm:
    """The discriminators' side of an adversarial term with penalties.

    It runs the discriminator itself, on arguments that require a gradient: most penalties are
    about the gradient with respect to them.
    """

    name: str
    loss: AdversarialLoss
    real: PenalisedSide
    fake: PenalisedSide
    penalties: Sequence[WeightedPenalty]

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each loss: that of the adversarial loss is 1."""
        return {self.name: 1.0, **{weighted.name: weighted.weight for weighted in self.penalties}}

    def expressions(self) -> list[Expression]:
        """The expressions that the term needs evaluated: the discriminator's inputs."""
        return [*self.fake.arguments, *self.real.arguments]

    def losses(
        self, values: Values, networks: Networks, logits: dict[str, Sides] | None = None
    ) -> Losses:
        """The adversarial loss and the loss of each penalty; the logits are added to `logits`."""
        fake, real = (
            _discriminator_output(side, values, networks) for side in (self.fake, self.real)
        )
        _keep(logits, self.name, real.logits, fake.logits)
        losses = {self.name: _discriminator_loss(self.loss, real.logits, fake.logits)}
        shape = [values[str(argument)] for argument in self.real.arguments]

        def discriminate(*arguments: Tensor) -> list[Tensor]:
            return self.real.logits(nest_like(shape, arguments), networks)

        for weighted in self.penalties:
            losses[weighted.name] = weighted.penalty(discriminate, real, fake)
        return losses


Term = PlainTerm | GeneratorTerm | DiscriminatorTerm | PenalisedTerm


def _keep(
    logits: dict[str, Sides] | None, name: str, real: Sequence[Tensor], fake: Sequence[Tensor]
) -> None:
    if logits is not None:
        logits[name] = {"real": [v.detach() for v in real], "fake": [v.detach() for v in fake]}


def list_scales(logits: Value) -> list[Tensor]:
    """Logits as a list: a discriminator of several scales returns one tensor per scale."""
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
    """A side's arguments as a flat tuple of tensors, and its logits."""
    shown = [values[str(argument)] for argument in side.arguments]
    arguments = tuple(map(_with_gradient, flatten(shown)))
    return DiscriminatorOutput(arguments, side.logits(nest_like(shown, arguments), networks))


def _with_gradient(value: Tensor) -> Tensor:
    """The tensor, made to require a gradient; labels, which have none, stay as they are."""
    if value.requires_grad or not value.is_floating_point():
        return value
    return value.detach().requires_grad_()
