"""Sizes beyond which nothing is built, so that a typing error ends in seconds.

Networks are made on the meta device first, where weights cost no memory, but each layer is still an
object: ten million blocks would take minutes and gigabytes before anything is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from torch import nn
from torch.nn.modules.module import (
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

from ganzoo.errors import Fault, ModelError, RecipeError
from ganzoo.interfaces import Variable

MOST_LAYERS = 20_000  # layers and parameters of one component; the largest of timm have 3,000
MOST_WEIGHTS = 2**36  # numbers in them: 256 GB in float32
MOST_VALUES = 2**28  # values of one sample: 16,384 x 16,384 pixels
# Modules register some parameters twice (weight norm), and hold modules without any.
PARAMETERS_A_TENSOR, MODULES_A_TENSOR = 4, 64


class TooLarge(ValueError):
    """A component that is larger than any machine needs."""


@contextmanager
def _watched(parameter: Callable[[Any], None], module: Callable[[Any], None]) -> Iterator[None]:
    """Call these with every parameter and every module that a module gets meanwhile."""
    hooks = (
        register_module_parameter_registration_hook(lambda _, name, new: parameter(new)),
        register_module_module_registration_hook(lambda _, name, new: module(new)),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def bounded() -> Iterator[None]:
    """Let a component grow up to the bounds, and no further.

    Raises:
        TooLarge: it has more layers or weights.
    """
    count, weights = 0, 0

    def grown(new: Any) -> None:
        nonlocal count, weights
        count += 1
        weights += new.numel() if isinstance(new, nn.Parameter) else 0
        if count > MOST_LAYERS:
            raise TooLarge(f"this has more than {MOST_LAYERS:,} layers; lower its size")
        if weights > MOST_WEIGHTS:
            raise TooLarge(f"this has more than {MOST_WEIGHTS:,} weights; lower its width")

    with _watched(grown, grown):
        yield


@contextmanager
def bounded_by_file(tensors: int, file: Path) -> Iterator[None]:
    """Let networks grow little beyond a file of so many tensors, whatever its recipe asks for.

    Raises:
        ModelError: they grow further; what was made so far is let go.
    """
    left = {"parameters": PARAMETERS_A_TENSOR * tensors + 64}
    left["modules"] = MODULES_A_TENSOR * tensors + 1024

    def count(what: str) -> None:
        left[what] -= 1
        if left[what] < 0:
            raise ModelError(f"{file}: its recipe asks for many more {what} than the file holds")

    with _watched(lambda _: count("parameters"), lambda _: count("modules")):
        yield


def oversized(variables: Mapping[str, Variable]) -> str:
    """What is wrong with variables of which one sample would fill a memory; or nothing."""
    for name, variable in variables.items():
        if prod(variable.shape) > MOST_VALUES:
            shape = " x ".join(map(str, variable.shape))
            return f"a sample of {name} would have {shape} values; {MOST_VALUES:,} are the most"
    return ""


def refuse_beyond_memory(weights: int, source: str) -> None:
    """Whether networks fit into this machine's memory.

    weights: their bytes.

    Raises:
        RecipeError: their weights alone take more than is free.
    """
    free = psutil.virtual_memory().available
    if weights > free:
        need, have = (f"{size / 2**30:.3g} GB" for size in (weights, free))
        message = f"their weights take {need}, and {have} of memory are free here; lower a width"
        raise RecipeError(source, [Fault("networks", message)])
