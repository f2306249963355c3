"""Checks of the state of a component: a checkpoint must hold all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ganzoo.engine.memory import Memory
from ganzoo.testing.package_checks import check_component, find


def check_latent(name: str, **settings: Any) -> None:
    """Check a latent: it draws finite values of the shape it declares, also after a resume.

    name: as a recipe names it.
    settings: of the constructor; not `like`, as there are no data to copy a variable from.

    Raises:
        AssertionError: something of this is not so.
    """
    component = find(name, "latent")
    check_component(name, kind="latent")

    def make() -> Any:
        torch.manual_seed(0)
        return component.load()(**settings)

    variable = make().variable({})

    def draw(latent: Any) -> Tensor:
        drawn: Tensor = latent.draw((2, *variable.shape), torch.Generator().manual_seed(1))
        return drawn

    drawn = draw(make())
    wanted = (2, *variable.shape)
    assert drawn.shape == wanted, f"'{name}' draws {tuple(drawn.shape)}, and {wanted} was asked for"
    assert drawn.isfinite().all(), f"'{name}' draws values that are not finite"
    check_memory(f"'{name}'", make, draw)


def check_memory(
    where: str, make: Callable[[], Any], use: Callable[[Any], Tensor], times: int = 2
) -> None:
    """Check that an object that is used, saved and restored gives the same as one that was not.

    where: how the message calls it.
    make: makes a new object, always the same.
    use: uses the object once, and returns the result.
    times: how often it is used before it is saved.

    Raises:
        AssertionError: the results differ.
    """
    first, second = make(), make()
    before, after = (Memory(torch.device("cpu")) for _ in range(2))
    before.add("component", first)
    after.add("component", second)
    for _ in range(times):
        _used(use, first)
    _pass_on(before, after, where)
    assert torch.equal(_used(use, first), _used(use, second)), (
        f"{where}: some of its state is lost when training is resumed; keep it in buffers, or in "
        "attributes that hold numbers, texts, tensors, or lists and dicts of them"
    )


def _used(use: Callable[[Any], Tensor], component: Any) -> Tensor:
    torch.manual_seed(2)
    return use(component)


def _pass_on(before: Memory, after: Memory, where: str) -> None:
    """Restore the state of `before` in `after`, as a checkpoint does."""
    for name, saved in before.components.items():
        if saved.module and name in after.components:
            state, shared = saved.tensors()
            copies = {key: tensor.clone() for key, tensor in state.items()}
            after.components[name].load(copies, shared, where)
    tensors, attributes = before.own(is_first=True)
    after.restore_own(tensors, json.loads(json.dumps(attributes)))
