"""Networks that may not grow far beyond a file: it, or what is tried, may ask for anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch.nn.modules.module import (
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

from ganzoo.errors import ModelError

# Modules register some parameters twice (weight norm), and hold modules without any.
PARAMETERS, MODULES = 4, 64


@contextmanager
def bounded(tensors: int, file: Path) -> Iterator[None]:
    """Networks made inside may not grow far beyond a file of so many tensors.

    Raises:
        ModelError: they do; what was made so far is let go.
    """
    left = {"parameters": PARAMETERS * tensors + 64, "modules": MODULES * tensors + 1024}

    def count(what: str) -> None:
        left[what] -= 1
        if left[what] < 0:
            raise ModelError(f"{file}: its recipe asks for many more {what} than the file holds")

    hooks = (
        register_module_parameter_registration_hook(lambda *_: count("parameters")),
        register_module_module_registration_hook(lambda *_: count("modules")),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
