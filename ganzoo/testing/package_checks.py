"""Of a package and its parts: light to import, documented, settings and wires kept apart."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

from ganzoo.interfaces import AdversarialLoss, Data, Loss, Metric, Network, Output, Penalty
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
}
BASES: dict[str, type] = {"metric": Metric, "data": Data, "output": Output, "penalty": Penalty}
WIRED = {"loss": "forward", "metric": "update", "output": "make"}


def check_light_import(module: str, *, without: tuple[str, ...] = HEAVY) -> None:
    """Importing the plugin's module imports nothing heavy: `ganzoo list` imports every plugin."""
    code = f"import sys, {module}; print(*[m for m in {without!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"import {module} fails:\n{done.stderr}"
    found = done.stdout.split()
    assert not found, (
        f"import {module} imports {', '.join(found)}: move what needs them into modules of their "
        "own, which register() names as a string"
    )


def check_package(package: str) -> None:
    """Every part of a distribution loads, is documented, and keeps its names apart."""
    found = [part for part in installed().registry if part.package == package]
    assert found, f"no part of {package} is installed: see `ganzoo list plugins`"
    for part in found:
        check_component(part.name, kind=part.kind)


def check_component(name: str, *, kind: str = "") -> None:
    """A part loads, says what it is and what each setting means, and takes no reserved key."""
    part = find(name, kind)
    loaded = part.load()
    where = f"{part.kind} '{part.name}'"
    text = loaded.__doc__ or ""
    assert part.summary, f"{where} has no summary: say in a line what it is, for `ganzoo list`"
    assert text, f"{where} has no docstring of its own"
    for setting in settings(loaded, skip=part.kind == "optimizer"):
        assert f"{setting.name}" in text, f"{where}: the docstring does not explain {setting.name}"
    base = BASES.get(part.kind, object)
    assert issubclass(loaded, base), f"{where} is no {base.__name__}: see ganzoo.interfaces"
    if part.kind in ("generator", "discriminator"):
        assert issubclass(loaded, Network), f"{where} is no Network: see ganzoo.interfaces"
    if part.kind == "loss":
        assert issubclass(loaded, Loss | AdversarialLoss), f"{where} is neither kind of loss"
    _check_names(part, loaded, where)


def _check_names(part: Component, loaded: Any, where: str) -> None:
    own = {setting.name for setting in settings(loaded, skip=part.kind == "optimizer")}
    reserved = RESERVED.get(part.kind, {"type"})
    wires = _wires(part.kind, loaded)
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
    """The installed part of that name; `kind` where two kinds have it."""
    found = [part for part in installed().registry.find(name) if kind in ("", part.kind)]
    assert found, f"no part is called '{name}': see `ganzoo list components`"
    kinds = ", ".join(part.kind for part in found)
    assert len(found) == 1, f"'{name}' is {kinds}: say which with kind="
    return found[0]
