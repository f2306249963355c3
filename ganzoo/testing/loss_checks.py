"""Checks of losses and penalties: finite scalars with the right gradient."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.interfaces import AdversarialLoss, DiscriminatorOutput, Loss, Penalty
from ganzoo.registry.signature import parameters
from ganzoo.testing.memory_checks import check_memory
from ganzoo.testing.package_checks import check_component, find


def check_loss(name: str, *inputs: Tensor, **settings: Any) -> None:
    """Check a loss.

    It is a finite scalar, its gradient equals finite differences in float64, and a checkpoint holds
    all of its state.

    name: as a recipe names it.
    inputs: the arguments of `forward`; left out, images (2, 3, 8, 8), or logits (2, 1, 4, 4) for an
        adversarial loss. If some of them require a gradient, the others are constants: a loss that
        detaches its target has no gradient there.
    settings: of the constructor.

    Raises:
        AssertionError: something of this is not so.
    """
    component = find(name, "loss")
    check_component(name, kind="loss")

    def make() -> Any:
        torch.manual_seed(0)
        return component.load()(**settings).double()

    loss = make()
    if isinstance(loss, AdversarialLoss):
        _check_adversarial(name, make, _doubles(inputs) or _random((2, 1, 4, 4), 2))
        return
    assert isinstance(loss, Loss), f"'{name}' is neither kind of loss: see ganzoo.interfaces"
    count = len([p for p in parameters(type(loss).forward, skip=1) if p.default is p.empty])
    given = _doubles(inputs) or _random((2, 3, 8, 8), count)
    check_memory(f"'{name}'", make, lambda loss: loss(*given))
    _check_scalar(f"'{name}'", lambda *values: deepcopy(loss)(*values), given)


def _check_adversarial(name: str, make: Callable[[], Any], inputs: list[Tensor]) -> None:
    loss, (fake, real) = make(), inputs
    against = real if loss.needs_real else None

    def both(loss: Any) -> Tensor:
        total: Tensor = loss.discriminator_loss(real, fake) + loss.generator_loss(fake, against)
        return total

    def of_generators(value: Tensor) -> Tensor:
        return deepcopy(loss).generator_loss(value, against)  # type: ignore[no-any-return]

    def of_discriminators(*values: Tensor) -> Tensor:
        return deepcopy(loss).discriminator_loss(*values)  # type: ignore[no-any-return]

    check_memory(f"'{name}'", make, both)
    _check_scalar(f"'{name}'.generator_loss", of_generators, [fake])
    _check_scalar(f"'{name}'.discriminator_loss", of_discriminators, [real, fake])


def check_penalty(name: str, **settings: Any) -> None:
    """Check a penalty.

    It is a finite scalar, it has a gradient in the weights of the discriminator, and a checkpoint
    holds all of its state.

    name: as a recipe names it. settings: of the constructor.

    Raises:
        AssertionError: something of this is not so.
    """
    component = find(name, "penalty")
    check_component(name, kind="penalty")
    torch.manual_seed(0)
    discriminator = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 1, 1))
    images = [torch.rand(2, 3, 8, 8, requires_grad=True) for _ in range(2)]

    def sides() -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        real, fake = (DiscriminatorOutput((side,), [discriminator(side)]) for side in images)
        return real, fake

    def use(penalty: Any) -> Tensor:
        value: Tensor = penalty(lambda *given: [discriminator(*given)], *sides())
        return value

    penalty = component.load()(**settings)
    assert isinstance(penalty, Penalty), f"'{name}' is no Penalty: see ganzoo.interfaces"
    check_memory(f"'{name}'", lambda: component.load()(**settings), use)
    value = use(penalty)
    assert value.shape == (), f"'{name}' gives {tuple(value.shape)}, not a scalar"
    assert value.isfinite(), f"'{name}' is not finite"
    gradients = torch.autograd.grad(value, list(discriminator.parameters()), allow_unused=True)
    known = [gradient for gradient in gradients if gradient is not None]
    assert any(g.abs().sum() > 0 for g in known), (
        f"'{name}' does not reach the discriminator's weights"
    )


def _check_scalar(where: str, call: Callable[..., Tensor], inputs: list[Tensor]) -> None:
    value = call(*inputs)
    assert value.shape == (), f"{where} gives {tuple(value.shape)}, not a scalar: take the mean"
    assert value.isfinite(), f"{where} is not finite for ordinary inputs"
    try:
        torch.autograd.gradcheck(call, inputs)
    except RuntimeError as error:
        raise AssertionError(f"{where}: its gradient is not that of its value\n{error}") from error


def _random(shape: tuple[int, ...], count: int) -> list[Tensor]:
    """Random values in [-1, 1], all different, so that no two of them meet at a kink."""
    rng = torch.Generator().manual_seed(0)
    values = [torch.rand(shape, generator=rng, dtype=torch.float64) for _ in range(count)]
    return [(2 * value - 1).requires_grad_() for value in values]


def _doubles(inputs: tuple[Tensor, ...]) -> list[Tensor]:
    """The inputs in float64, which require a gradient; labels stay whole numbers."""
    some = any(value.requires_grad for value in inputs)
    return [
        v.detach().double().requires_grad_(v.requires_grad or not some)
        if v.is_floating_point()
        else v
        for v in inputs
    ]
