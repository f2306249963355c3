"""A part on one page: where it is from, what it says of itself, its settings and wires."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from ganzoo.cli.pages.columns import heading, print_columns
from ganzoo.interfaces import AdversarialLoss
from ganzoo.printing.text import say
from ganzoo.registry.components import Component
from ganzoo.registry.signature import Setting, as_written, settings, wires

# Their first parameter is supplied by the host.
SKIPPED = {"optimizer": 1}


def show_component(part: Component) -> None:
    """Print everything a recipe's writer wants to know of a part.

    Raises:
        PluginError: it cannot be imported.
    """
    found = part.load()
    say(f"{part.kind} {part.name}", bold=True)
    say(f"  {part.package} {part.version}")
    say(f"  {part.target}{_file(found)}")
    say(f"\n{_text(found, part.kind) or part.summary}")
    _print_settings(settings(found, SKIPPED.get(part.kind, 0)))
    _print_wires(found, part.kind)
    heads = [(f"N.{name}(...)", _first_line(getattr(found, name))) for name in _heads(found)]
    if heads:
        heading("heads")
        print_columns(heads)


def _file(found: Any) -> str:
    """Where it is defined, from here if it is below."""
    try:
        path = Path(inspect.getsourcefile(found) or "")
    except (TypeError, OSError):
        return ""
    here = Path.cwd()
    return f"  ({path.relative_to(here) if path.is_relative_to(here) else path})"


def _text(found: Any, kind: str) -> str:
    """What it says of itself; of torch's optimizers only the first line, the rest is for torch."""
    text = inspect.cleandoc(found.__doc__ or "")
    return text.partition("\n\n")[0] if kind == "optimizer" else text


def _first_line(function: Any) -> str:
    return inspect.cleandoc(function.__doc__ or "").partition("\n")[0]


def _print_settings(found: list[Setting]) -> None:
    if not found:
        say("\nIt has no settings.")
        return
    heading("settings")
    rows = [(s.name, "required" if s.required else as_written(s.default), s.type) for s in found]
    print_columns([("name", "default", "type"), *rows])


def _print_wires(found: Any, kind: str) -> None:
    if kind not in ("loss", "metric", "output"):
        return
    heading("wires")
    if issubclass(found, AdversarialLoss):
        print_columns(
            [
                ("real", 'required, as real = "D(y)"'),
                ("fake", 'required, as fake = "D(G(x))"'),
                ("generators minimise", _first_line(found.generator_loss)),
                ("critics minimise", _first_line(found.discriminator_loss)),
            ]
        )
        return
    taken = wires(getattr(found, {"loss": "forward", "metric": "update", "output": "make"}[kind]))
    print_columns([(n, "required" if needed else "optional") for n, needed in taken.items()])
    if getattr(found, "notation", ""):
        say(f"\n  {found.notation}")


def _heads(found: Any) -> list[str]:
    return sorted(n for n in dir(found) if getattr(getattr(found, n, None), "is_head", False))
