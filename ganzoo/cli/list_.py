"""`ganzoo list`: lists what is installed and trained, without importing torch or components."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ganzoo.cli.pages.columns import heading, print_rich, print_tabs, print_terms
from ganzoo.cli.runs import as_objects, print_runs, run_list
from ganzoo.datasets.public_sets import SETS
from ganzoo.errors import GanzooError, did_you_mean, listed
from ganzoo.printing.text import say, say_json
from ganzoo.recipe.toml_text import read_tables
from ganzoo.registry.components import KINDS
from ganzoo.registry.discovery import Plugin, installed
from ganzoo.registry.former import READY_MODELS, how_to_install
from ganzoo.registry.plugin_api import api_of
from ganzoo.runs.ready_models import ready_rows

Row = dict[str, str]


class Listing(StrEnum):
    """What can be listed."""

    components = "components"
    recipes = "recipes"
    models = "models"
    plugins = "plugins"
    rules = "rules"
    runs = "runs"


def list_(
    what: Annotated[
        Listing | None,
        typer.Argument(help="What to list in full. [default: a short list of everything]"),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Only components of this kind, as loss.")
    ] = None,
    in_: Annotated[
        Path | None, typer.Option("--in", metavar="DIR", help="Where runs are. [default: runs]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of JSON objects.")] = False,
) -> None:
    """List the installed components, recipes, models and plugins, and the runs below here."""
    what = Listing.components if kind is not None and what is None else what
    what = Listing.runs if in_ is not None and what is None else what
    if kind is not None:
        _check_kind(kind, what)
    if in_ is not None and what is not Listing.runs:
        raise GanzooError("--in goes with: ganzoo list runs")
    if as_json:
        shown = [what] if what else [each for each in Listing if each is not Listing.rules]
        listings = {each.value: _objects(each, kind, in_) for each in shown}
        say_json(listings[what.value] if what else listings)
    elif what is None:
        _overview()
    elif what is Listing.runs:
        print_runs(run_list(in_), sys.stdout.isatty())
    elif what is Listing.models and sys.stdout.isatty():
        print_terms(
            model_terms() or [("none", f"they come in packages: {how_to_install(READY_MODELS)}")]
        )
    else:
        _print_rows(rows(what, kind))


def _objects(what: Listing, kind: str | None, folder: Path | None) -> Sequence[dict[str, Any]]:
    return as_objects(run_list(folder)) if what is Listing.runs else rows(what, kind)


def rows(what: Listing, kind: str | None = None) -> list[Row]:
    """The objects of one listing of what is installed."""
    if what is Listing.recipes:
        return recipe_rows()
    if what is Listing.rules:
        return component_rows("rule")
    if what is Listing.models:
        return ready_rows()
    return component_rows(kind) if what is Listing.components else plugin_rows()


def component_rows(kind: str | None = None) -> list[Row]:
    """Every component that a recipe may name."""
    return [
        {
            "kind": component.kind,
            "name": component.name,
            "package": component.package,
            "version": component.version,
            "summary": component.summary,
        }
        for component in installed().registry
        if kind in (None, component.kind)
    ]


def recipe_rows() -> list[Row]:
    """Every installed recipe; if one cannot be read, the reason stands in its summary."""
    return [
        {
            "name": name,
            "package": plugin.package,
            "version": plugin.version,
            "summary": _summary(path),
        }
        for name, (path, plugin) in sorted(installed().recipes.items())
    ]


def model_terms() -> list[tuple[str, str]]:
    """Ready models for a terminal: the name, and what is told of it."""
    return [(row["name"], _describe_model(row)) for row in ready_rows()]


def _describe_model(row: Row) -> str:
    origin = f"{row['package']} {row['version']}"
    return "; ".join(
        filter(None, (*(row[k] for k in ("summary", "score", "size", "licence")), origin))
    )


def plugin_rows() -> list[Row]:
    """Every plugin, the core first, and what is wrong with it."""
    wanted = {plugin: api_of(module) for plugin, module in installed().modules}
    return [
        {
            "name": _called(plugin),
            "package": plugin.package,
            "version": plugin.version,
            "api": str(wanted.get(plugin, "-")),
            "status": _status(plugin),
        }
        for plugin in installed().plugins
    ]


def _status(plugin: Plugin) -> str:
    if plugin.problem:
        return f"failed to load: {plugin.problem}"
    return (
        f"ok, but it prints when it is imported: {plugin.printed[:60]}" if plugin.printed else "ok"
    )


def _called(plugin: Plugin) -> str:
    return plugin.name or "(core)"


def _summary(path: Path) -> str:
    try:
        summary = read_tables(path).get("summary", "")
    except (OSError, ValueError) as error:
        return f"cannot be read: {_reason(path, error)}"
    return summary if isinstance(summary, str) else ""


def _reason(path: Path, error: Exception) -> str:
    """Why a file cannot be read; its name is added to system errors, which do not hold it."""
    said = getattr(error, "strerror", None)
    return f"{path}: {said}" if said else str(error)


def _check_kind(kind: str, what: Listing | None) -> None:
    if what is not Listing.components:
        raise GanzooError("--kind goes with: ganzoo list components")
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f" There are {listed(KINDS)}."
        raise GanzooError(f"there is no kind of component '{kind}'.{hint}")


def _print_rows(listing: Sequence[Row]) -> None:
    if not sys.stdout.isatty():
        print_tabs([list(row.values()) for row in listing])
    elif listing:
        print_rich(*as_table(listing))
    else:
        say("none")


def as_table(listing: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Headers and rows for a terminal: package and version in one cell, a heading for each kind."""
    table: list[list[str]] = []
    kind = ""
    for row in listing:
        cells = {**row, "package": f"{row['package']} {row['version']}"}
        if row.get("kind", kind) != kind:
            kind = row["kind"]
            table.append([kind])
        indent = "  " if kind else ""
        cells["name"] = indent + row["name"]
        table.append([cells[header] for header in _headers(row)])
    return _headers(listing[0]), table


def _headers(row: Row) -> list[str]:
    return [header for header in row if header not in ("kind", "version")]


def _overview() -> None:
    registry = installed().registry
    say("components", bold=True)
    print_terms([(kind, ", ".join(registry.names(kind))) for kind in KINDS if registry.names(kind)])
    heading("recipes")
    print_terms(_recipes_briefly() or [("none", "")])
    if models := ready_rows():
        heading("models")
        print_terms([(row["name"], row["summary"]) for row in models])
    heading("plugins")
    plugins = [row for row in plugin_rows() if row["name"] != "(core)"]
    print_terms([(row["name"], _state(row)) for row in plugins] or [("none", "")])
    if runs := run_list(None):
        heading("runs")
        print_terms([(run.run, f"{run.state}, {run.progress} steps") for run in runs])
    say("\nMore: ganzoo list components, ganzoo show NAME")


def _recipes_briefly() -> list[tuple[str, str]]:
    """Recipes by name; those for one public data set each in a line together."""
    of_sets = {each.recipe for each in SETS.values()}
    rows = recipe_rows()
    lines = [(row["name"], row["summary"]) for row in rows if row["name"] not in of_sets]
    count = len(rows) - len(lines)
    more = (f"+ {count} more", "one for each public data set, see: ganzoo data fetch")
    return [*lines, more] if count else lines


def _state(row: Row) -> str:
    return f"{row['package']} {row['version']}: {row['status']}"
