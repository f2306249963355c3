"""`ganzoo new plugin NAME`, `ganzoo new recipe NAME`: writes a working example to change."""

from __future__ import annotations

import keyword
import re
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from ganzoo import __version__
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say
from ganzoo.registry.plugin_api import API, CORE

TEMPLATES = "templates"  # in the package; the names end in .txt, as templates are no valid Python
SUFFIX = ".txt"
NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


class Beginning(StrEnum):
    """The kinds of things that can be begun."""

    plugin = "plugin"
    recipe = "recipe"


def new(
    what: Annotated[Beginning, typer.Argument(help="A plugin package, or a recipe.")],
    name: Annotated[str, typer.Argument(help="Its name, as my-method.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write into. [default: this one]")
    ] = None,
) -> None:
    """Begin a plugin package or a recipe: complete, small, working as written."""
    name = name.removeprefix("ganzoo-") if what is Beginning.plugin else name
    _check_name(name)
    place = out or Path()
    if what is Beginning.recipe:
        written = _write({place / f"{name}.toml": _template("recipe.toml")}, {"name": name})
        say(f"{written[0]}\n\nNext:\n  ganzoo check {written[0]}\n  ganzoo run {written[0]}")
        return
    folder = place / f"ganzoo-{name.replace('_', '-')}"
    written = _write(_plan(folder, _module(name)), _values(name, folder.name))
    say("\n".join(map(str, written)))
    say(f"\nNext:\n  cd {folder}\n  pip install -e '.[test]' && pytest")


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise GanzooError(
            f"'{name}' cannot be a name: use lower-case letters and digits, with - or _ between "
            "words, as my-method"
        )


def _module(name: str) -> str:
    return f"ganzoo_{name.replace('-', '_')}"


def _values(name: str, distribution: str) -> dict[str, str]:
    """The values of the templates' placeholders.

    Raises:
        GanzooError: pip would take the package for ganzoo itself.
    """
    if distribution == CORE:
        raise GanzooError(f"{CORE} is ganzoo itself; choose another name than '{name}'")
    return {
        "plugin": name.replace("-", "_"),
        "module": _module(name),
        "distribution": distribution,
        "core": __version__,
        "api": str(API),
    }


def _plan(folder: Path, module: str) -> dict[Path, str]:
    """Every file of a plugin, with the text of its template."""
    plan: dict[Path, str] = {}

    def visit(source: Traversable, target: Path) -> None:
        for entry in sorted(source.iterdir(), key=lambda each: each.name):
            name = module if entry.name == "package" else entry.name.removesuffix(SUFFIX)
            if entry.is_dir():
                visit(entry, target / name)
            elif entry.name.endswith(SUFFIX):
                plan[target / name] = entry.read_text(encoding="utf-8")

    visit(files("ganzoo") / TEMPLATES / "plugin", folder)
    return plan | {folder / module / "py.typed": ""}


def _template(name: str) -> str:
    return (files("ganzoo") / TEMPLATES / f"{name}{SUFFIX}").read_text(encoding="utf-8")


def _write(plan: dict[Path, str], values: dict[str, str]) -> list[Path]:
    """Write all files, or none where one already exists.

    Raises:
        GanzooError: something already exists, or cannot be written.
    """
    from ganzoo.files.writing import write_text

    taken = [path for path in plan if path.exists()]
    if taken:
        raise GanzooError(f"{taken[0]} already exists; nothing was written. Choose another name")
    try:
        for path, text in plan.items():
            write_text(path, Template(text).substitute(values))
    except OSError as error:
        raise GanzooError(f"{error.filename}: cannot be written ({error.strerror})") from error
    return list(plan)
