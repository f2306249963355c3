"""Checks of a package and its components: light to import, documented, with distinct names."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

from ganzoo.interfaces import (
    AdversarialLoss,
    Augmentation,
    Data,
    Loss,
    Metric,
    Network,
    Output,
    Penalty,
    Recogniser,
    Rule,
)
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed
from ganzoo.registry.signature import parameters, settings

HEAVY = ("torch", "torchvision", "numpy", "PIL", "pydantic")
NETWORKS = {"type", "init", "weights", "partial", "trainable"}
TERMS = {"type", "weight", "player", "buffer", "penalties"}
RESERVED = {
    "generator": NETWORKS,
    "discriminator": NETWORKS,
    "module": NETWORKS,
    "loss": TERMS,
    "penalty": {"type", "weight"},
    "metric": {"type", "when", "every"},
    "augmentation": {"type", "variables"},
}
BASES: dict[str, type] = {
    "metric": Metric,
    "data": Data,
    "augmentation": Augmentation,
    "output": Output,
    "penalty": Penalty,
    "rule": Rule,
    "recogniser": Recogniser,
}
WIRED = {"loss": "forward", "metric": "update", "output": "make"}


def check_light_import(module: str, *, without: tuple[str, ...] = HEAVY) -> None:
    """Check that a plugin's module imports nothing heavy, as `ganzoo list` imports every plugin.

    module: the one of the entry point. without: the packages that it must not import.

    Raises:
        AssertionError: it imports one of them, or cannot be imported.
    """
    code = f"import sys, {module}; print(*[m for m in {without!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"import {module} fails:\n{done.stderr}"
    heavy = done.stdout.split()
    assert not heavy, (
        f"import {module} imports {', '.join(heavy)}: move what needs them into modules of their "
        "own, which register() names as a string"
    )


def check_package(package: str) -> None:
    """Check every component of a distribution, as `check_component` does.

    Raises:
        AssertionError: none is installed, or one fails.
    """
    own = [component for component in installed().registry if component.package == package]
    assert own, f"no component of {package} is installed: see `ganzoo list plugins`"
    for component in own:
        check_component(component.name, kind=component.kind)


def check_component(name: str, *, kind: str = "") -> None:
    """Check that a component loads, documents every setting, and has no reserved name.

    name: as a recipe names it. kind: its kind, where several components have that name.

    Raises:
        AssertionError: something of this is not so.
    """
    component = find(name, kind)
    loaded = component.load()
    where = f"{component.kind} '{component.name}'"
    text = loaded.__doc__ or ""
    assert component.summary, f"{where} has no summary: say in a line what it is, for `ganzoo list`"
    assert text, f"{where} has no docstring of its own"
    for setting in settings(loaded, skip=component.kind == "optimizer"):
        assert f"{setting.name}" in text, f"{where}: the docstring does not explain {setting.name}"
    base = BASES.get(component.kind, object)
    assert issubclass(loaded, base), f"{where} is no {base.__name__}: see ganzoo.interfaces"
    if component.kind in ("generator", "discriminator"):
        assert issubclass(loaded, Network), f"{where} is no Network: see ganzoo.interfaces"
    if component.kind == "loss":
        assert issubclass(loaded, Loss | AdversarialLoss), f"{where} is neither kind of loss"
    _check_names(component, loaded, where)


def _check_names(component: Component, loaded: Any, where: str) -> None:
    own = {setting.name for setting in settings(loaded, skip=component.kind == "optimizer")}
    reserved = RESERVED.get(component.kind, {"type"})
    wires = _wires(component.kind, loaded)
    taken = (own | wires) & reserved
    assert not taken, f"{where} takes {', '.join(sorted(taken))}, which recipes keep for themselves"
    both = own & wires
    assert not both, f"{where}: {', '.join(sorted(both))} is a setting and a wire; rename one"


def _wires(kind: str, loaded: Any) -> set[str]:
    if inspect.isclass(loaded) and issubclass(loaded, AdversarialLoss):
        return {"real", "fake"}
    method = getattr(loaded, WIRED.get(kind, ""), None)
    return {p.name for p in parameters(method, skip=1)} if method else set()


def find(name: str, kind: str = "") -> Component:
    """The installed component of that name; with `kind`, the one of that kind.

    Raises:
        AssertionError: there is none, or there are several.
    """
    named = [each for each in installed().registry.find(name) if kind in ("", each.kind)]
    assert named, f"no component is called '{name}': see `ganzoo list components`"
    kinds = ", ".join(each.kind for each in named)
    assert len(named) == 1, f"'{name}' is {kinds}: say which with kind="
    return named[0]
