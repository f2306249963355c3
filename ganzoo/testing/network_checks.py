"""Checks of a network: it builds, has gradients, is saved and restored, and is as declared."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor

from ganzoo.errors import first_line
from ganzoo.interfaces import Network, Value
from ganzoo.registry.signature import parameters
from ganzoo.testing.memory_checks import check_memory
from ganzoo.testing.package_checks import check_component, find

SIDE = 64
Given = tuple[Value, ...]


def check_network(
    name: str, *inputs: Value, heads: tuple[str, ...] = (), kind: str = "", **settings: Any
) -> None:
    """Check a network.

    It builds, has a finite gradient in every parameter, computes the same for the same seed, runs
    on the meta device, and is restored by its state. A checkpoint holds all of its state. If it is
    declared `per_sample`, the result of a sample does not depend on the others.

    name: as a recipe names it.
    inputs: the arguments of `forward`, tensors or lists of them; left out, two images of 64 px for
        each required parameter, with `in_channels` channels.
    heads: the heads to call instead of the network itself.
    kind: the kind of component, where several have that name.
    settings: of the constructor.

    Raises:
        AssertionError: something of this is not so.
    """
    component = find(name, kind)
    check_component(name, kind=component.kind)
    built = _seeded(component.load(), settings)
    assert isinstance(built, Network), f"'{name}' is no Network: see ganzoo.interfaces"
    given = inputs or _images(built)
    for head in heads or ("forward",):
        where = f"'{name}'" if head == "forward" else f"'{name}'.{head}"
        _check_learning(_seeded(component.load(), settings), head, given, where)
        _check_same(component.load(), settings, head, given, where)
        _check_restored(component.load(), settings, head, given, where)
        _check_memory(component.load(), settings, head, given, where)
        _check_meta(component.load(), settings, head, given, where)
        if built.per_sample:
            _check_per_sample(built, head, given, where)


def _seeded(network: Any, settings: dict[str, Any], seed: int = 0) -> Network:
    torch.manual_seed(seed)
    return network(**settings)  # type: ignore[no-any-return]


def _images(network: Network) -> Given:
    required = [p for p in parameters(type(network).forward, skip=1) if p.default is p.empty]
    rng = torch.Generator().manual_seed(1)
    count = len([p for p in required if p.kind is not p.VAR_POSITIONAL]) or 1
    shape = 2, getattr(network, "in_channels", 3), SIDE, SIDE
    return tuple(torch.rand(shape, generator=rng) * 2 - 1 for _ in range(count))


def _each(value: Value, change: Callable[[Tensor], Tensor]) -> Value:
    return [change(tensor) for tensor in value] if isinstance(value, list) else change(value)


def _to_meta(tensor: Tensor) -> Tensor:
    return tensor.to("meta")


def _to_double(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


def _call(network: Network, head: str, given: Given) -> Tensor:
    """The output of a head, as one flat tensor, also where it is a list."""
    value: Value = network(*given) if head == "forward" else getattr(network, head)(*given)
    return torch.cat([v.flatten() for v in (value if isinstance(value, list) else [value])])


def _check_learning(network: Network, head: str, given: Given, where: str) -> None:
    if not any(p.requires_grad for p in network.parameters()):
        return
    cost = _call(network.train(), head, given).float().square().mean()
    torch.autograd.backward(cost)
    gradients = [(n, p.grad) for n, p in network.named_parameters() if p.requires_grad]
    known = [(n, g) for n, g in gradients if g is not None]
    assert known, f"{where}: no parameter gets a gradient"
    odd = [n for n, g in known if not g.isfinite().all()]
    assert not odd, f"{where}: the gradient of {odd[0]} is not finite"
    if head == "forward":
        idle = [n for n, g in gradients if g is None]
        assert not idle, f"{where}: {idle[0]} gets no gradient; leave out what nothing uses"


def _check_same(kind: Any, settings: dict[str, Any], head: str, given: Given, where: str) -> None:
    results = []
    for _ in range(2):
        network = _seeded(kind, settings)
        torch.manual_seed(2)
        results.append(_call(network.train(), head, given))
    assert torch.equal(*results), (
        f"{where}: two networks of one seed differ; draw from torch's global generator only"
    )


def _check_restored(
    kind: Any, settings: dict[str, Any], head: str, given: Given, where: str
) -> None:
    first, second = _seeded(kind, settings), _seeded(kind, settings, seed=1)
    second.load_state_dict(first.state_dict())
    results = []
    for network in (first, second):
        torch.manual_seed(2)
        with torch.no_grad():
            results.append(_call(network.eval(), head, given))
    assert torch.equal(*results), (
        f"{where}: its state does not restore it; keep what matters in parameters and buffers"
    )


def _check_memory(kind: Any, settings: dict[str, Any], head: str, given: Given, where: str) -> None:
    def make() -> Network:
        return _seeded(kind, settings).train()

    check_memory(where, make, lambda network: _call(network, head, given).detach())


def _check_meta(kind: Any, settings: dict[str, Any], head: str, given: Given, where: str) -> None:
    network: Network = kind(**settings).to("meta")
    try:
        _call(network, head, tuple(_each(value, _to_meta) for value in given))
    except (RuntimeError, NotImplementedError) as error:
        raise AssertionError(
            f"{where} cannot run on the meta device, where recipes are tried, as it looks at "
            f"values ({first_line(error)})"
        ) from error


def _check_per_sample(network: Network, head: str, given: Given, where: str) -> None:
    network = network.double()
    values = tuple(_each(value, _to_double) for value in given)
    with torch.no_grad():
        network.train()
        call = network if head == "forward" else getattr(network, head)
        together = call(*values)
        count = len(values[0][0] if isinstance(values[0], list) else values[0])
        rows = [itemgetter(slice(i, i + 1)) for i in range(count)]
        alone = [call(*(_each(value, row) for value in values)) for row in rows]
    sides = together if isinstance(together, list) else [together]
    for place, side in enumerate(sides):
        one_by_one = [each[place] if isinstance(each, list) else each for each in alone]
        assert torch.allclose(torch.cat(one_by_one), side, rtol=1e-9, atol=1e-11), (
            f"{where} says per_sample, but a sample's result depends on the batch or on chance"
        )
