"""Of what a part remembers: a checkpoint holds all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ganzoo.engine.memory import Memory
from ganzoo.testing.package_checks import check_component, find


def check_latent(name: str, **settings: Any) -> None:
    """A latent draws finite values of the shape it declares, and goes on as it would have.

    settings: of the constructor; those of a latent that is like a variable do not fit here.
    """
    part = find(name, "latent")
    check_component(name, kind="latent")

    def make() -> Any:
        torch.manual_seed(0)
        return part.load()(**settings)

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
    """What is used a few times, saved and restored goes on as if nothing had happened.

    make: gives a new one, always the same. use: lets it do its work once; returns the result.
    """
    first, second = make(), make()
    before, after = (Memory(torch.device("cpu")) for _ in range(2))
    before.add("part", first)
    after.add("part", second)
    for _ in range(times):
        _used(use, first)
    _pass_on(before, after, where)
    assert torch.equal(_used(use, first), _used(use, second)), (
        f"{where}: what it remembers is lost when training is resumed; keep it in buffers, or in "
        "attributes that hold numbers, texts, tensors, or lists and dicts of them"
    )


def _used(use: Callable[[Any], Tensor], part: Any) -> Tensor:
    torch.manual_seed(2)
    return use(part)


def _pass_on(before: Memory, after: Memory, where: str) -> None:
    """As a checkpoint does."""
    for name, kept in before.components.items():
        if kept.module and name in after.components:
            state, shared = kept.tensors()
            copies = {key: tensor.clone() for key, tensor in state.items()}
            after.components[name].load(copies, shared, where)
    tensors, attributes = before.own(is_first=True)
    after.restore_own(tensors, json.loads(json.dumps(attributes)))
