"""Prints a component on one page: its origin, its docstring, its settings and its wires."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from ganzoo.cli.pages.columns import heading, print_columns
from ganzoo.interfaces import AdversarialLoss
from ganzoo.printing.text import say
from ganzoo.registry.components import Component
from ganzoo.registry.signature import Setting, as_written, settings, wires

# Components whose first parameter is supplied by ganzoo.
SKIPPED = {"optimizer": 1}


def show_component(component: Component) -> None:
    """Print all that the writer of a recipe needs to know about a component.

    Raises:
        PluginError: the component cannot be imported.
    """
    loaded = component.load()
    say(f"{component.kind} {component.name}", bold=True)
    say(f"  {component.package} {component.version}")
    say(f"  {component.target}{_file(loaded)}")
    if component.suffixes:
        say(f"  files: {', '.join(component.suffixes)}")
    say(f"\n{_text(loaded, component.kind) or component.summary}")
    _print_settings(settings(loaded, SKIPPED.get(component.kind, 0)))
    _print_wires(loaded, component.kind)
    heads = [(f"N.{name}(...)", _first_line(getattr(loaded, name))) for name in _heads(loaded)]
    if heads:
        heading("heads")
        print_columns(heads)


def _file(loaded: Any) -> str:
    """The file that defines a component, relative to this folder if it is inside."""
    try:
        path = Path(inspect.getsourcefile(loaded) or "")
    except (TypeError, OSError):
        return ""
    here = Path.cwd()
    return f"  ({path.relative_to(here) if path.is_relative_to(here) else path})"


def _text(loaded: Any, kind: str) -> str:
    """A component's docstring; of torch's optimizers only the first line, as the rest is code."""
    text = inspect.cleandoc(loaded.__doc__ or "")
    return text.partition("\n\n")[0] if kind == "optimizer" else text


def _first_line(function: Any) -> str:
    return inspect.cleandoc(function.__doc__ or "").partition("\n")[0]


def _print_settings(all_settings: list[Setting]) -> None:
    if not all_settings:
        say("\nIt has no settings.")
        return
    heading("settings")
    rows = [
        (s.name, "required" if s.required else as_written(s.default), s.type) for s in all_settings
    ]
    print_columns([("name", "default", "type"), *rows])


def _print_wires(loaded: Any, kind: str) -> None:
    if kind not in ("loss", "metric", "output"):
        return
    heading("wires")
    if issubclass(loaded, AdversarialLoss):
        print_columns(
            [
                ("real", 'required, as real = "D(y)"'),
                ("fake", 'required, as fake = "D(G(x))"'),
                ("generators minimise", _first_line(loaded.generator_loss)),
                ("discriminators minimise", _first_line(loaded.discriminator_loss)),
            ]
        )
        return
    taken = wires(getattr(loaded, {"loss": "forward", "metric": "update", "output": "make"}[kind]))
    print_columns([(n, "required" if needed else "optional") for n, needed in taken.items()])
    if getattr(loaded, "notation", ""):
        say(f"\n  {loaded.notation}")


def _heads(loaded: Any) -> list[str]:
    return sorted(n for n in dir(loaded) if getattr(getattr(loaded, n, None), "is_head", False))
