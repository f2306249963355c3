"""With which settings a network would have had the weights of a file, found by trying them."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.builder.blueprint import ComponentPlan
from ganzoo.builder.bounds import bounded_by_file
from ganzoo.components.networks.backbones import weights_follow
from ganzoo.errors import ModelError
from ganzoo.registry.signature import as_written, parameters

Shapes = Mapping[str, tuple[int, ...]]
ROUNDS = 4  # settings that may differ at once
SMALL = range(1, 17)  # tried for whole numbers, beside the sizes in the file
UNTOLD = "num_batches_tracked"  # counters that old versions of torch did not save


def refuse_misfit(
    network: nn.Module, plan: ComponentPlan, stored: Mapping[str, Tensor], file: Path
) -> None:
    """Refuse weights that are not exactly a network's.

    plan: what the network was made of; it tells which settings would have fitted.

    Raises:
        ModelError: names or shapes differ; it names the likely settings.
    """
    own, there = shapes_of(network.state_dict()), shapes_of(stored)
    odd = misfits(own, there)
    if odd:
        meant = likely(plan, there, file)
        hint = f"; the file looks like {meant}" if meant else f" ({_first_misfit(odd, own, there)})"
        raise ModelError(
            f"{file}: its weights do not fit {plan.path}: {len(own) - len(odd & own.keys())} of "
            f"{len(own)} tensors do{hint}"
        )


def _first_misfit(odd: set[str], own: Shapes, stored: Shapes) -> str:
    """The first that does not fit: `'model.1.weight' is 64 x 3 here, 64 x 6 there, 5 more`."""
    first = next(name for name in {**own, **stored} if name in odd)
    here, there = (
        " x ".join(map(str, shapes[first])) if first in shapes else "missing"
        for shapes in (own, stored)
    )
    more = f"; {len(odd) - 1} more" if len(odd) > 1 else ""
    return f"'{first}' is {here} here, {there} there{more}"


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """The shapes that must fit, by name."""
    return {n: tuple(t.shape) for n, t in tensors.items() if not n.endswith(UNTOLD)}


def misfits(own: Shapes, stored: Shapes) -> set[str]:
    """The names that only one of them has, or both with different shapes."""
    return {name for name in {**own, **stored} if own.get(name) != stored.get(name)}


def likely(plan: ComponentPlan, stored: Shapes, file: Path) -> str:
    """`blocks = 6, dropout = 0.5`: what to change so that the shapes fit; "" where nothing does.

    One setting is changed after the other, always the one that helps most.
    """
    settings, changed = dict(plan.settings), dict[str, Any]()
    left = _distance(plan, settings, stored, file)
    for _ in range(ROUNDS):
        tried = [
            (_distance(plan, {**settings, name: value}, stored, file), name, value)
            for name, value in _candidates(plan, settings, stored)
        ]
        best, name, value = min(tried, key=lambda each: each[0], default=(left, "", None))
        if best >= left:
            return ""
        left, settings[name], changed[name] = best, value, value
        if left == 0:
            return ", ".join(f"{name} = {as_written(value)}" for name, value in changed.items())
    return ""


def _distance(
    plan: ComponentPlan, settings: Mapping[str, Any], stored: Shapes, file: Path
) -> float:
    """How many tensors do not fit; infinite where the network refuses the settings."""
    try:
        with torch.device("meta"), weights_follow(), bounded_by_file(len(stored), file):
            network = plan.component_class(**settings)
        return len(misfits(shapes_of(network.state_dict()), stored))
    except Exception:  # whatever odd settings make a stranger's network raise
        return float("inf")


def _candidates(
    plan: ComponentPlan, settings: Mapping[str, Any], stored: Shapes
) -> Iterator[tuple[str, Any]]:
    """Other values of each setting, one at a time."""
    hints = typing.get_type_hints(plan.component_class.__init__)  # type: ignore[misc]
    sizes = {size for shape in stored.values() for size in shape[:2]}
    for parameter in parameters(plan.component_class):
        hint = hints.get(parameter.name, inspect.Parameter.empty)
        for value in dict.fromkeys(_values(hint, sizes)):
            if value != settings.get(parameter.name):
                yield parameter.name, value


def _values(hint: Any, sizes: set[int]) -> Iterator[Any]:
    """What an annotation allows, as far as it can be listed."""
    if hint is bool:
        yield from (False, True)
    elif hint is int:
        yield from sorted({*SMALL, *sizes})
    elif hint is float:
        yield from (0.0, 0.5)
    elif typing.get_origin(hint) is typing.Literal:
        yield from typing.get_args(hint)
    else:
        for branch in typing.get_args(hint) if _is_union(hint) else ():
            yield from _values(branch, sizes)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, type(int | None))
