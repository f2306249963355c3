"""Where recipes come from: a file, a run's folder, a name, a table; `extends`; overrides."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ganzoo.errors import Fault, GanzooError, RecipeError, did_you_mean
from ganzoo.plugins import installed
from ganzoo.recipe import Recipe
from ganzoo.tables import check_tables

Source = str | Path | Mapping[str, Any] | Recipe
Overrides = Mapping[str, Any] | Iterable[str]


def load_recipe(source: Source, overrides: Overrides = ()) -> Recipe:
    """Read a recipe.

    source: a `.toml` file, a run folder, the name of an installed recipe (`"cyclegan"`), or tables.
    overrides: `{"train.seed": 1}` or `["train.seed=1"]`, as `--set` on the command line.

    Raises:
        RecipeError: everything wrong with its tables.
        GanzooError: there is no such recipe.
    """
    place, tables = read_tables(source)
    merged = merge(tables, nested(overrides))
    is_file = not isinstance(source, str) or Path(source).exists()
    merged.setdefault("name", Path(place).stem if is_file else source)
    return check_tables(merged, place)


def read_tables(source: Source) -> tuple[str, dict[str, Any]]:
    """The recipe's tables with every `extends` resolved, and how to call it in a message."""
    if isinstance(source, Recipe):
        return source.name or "recipe", source.to_dict()
    if isinstance(source, Mapping):
        return "recipe", _extended(dict(source), Path.cwd(), ())
    path = find_recipe(source)
    return str(path), _read_file(path, ())


def find_recipe(source: str | Path) -> Path:
    """The file that a path, a run folder or a name means.

    Raises:
        GanzooError: nothing is called so.
    """
    path = Path(source)
    if path.is_dir() and (path / "recipe.toml").is_file():
        return path / "recipe.toml"
    if path.is_file():
        return path
    known = installed().recipes
    if str(source) in known:
        return known[str(source)][0]
    if path.is_dir():
        raise GanzooError(f"{source}: this folder is no run: it holds no recipe.toml")
    return _no_recipe(str(source), known)


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `change` laid over it.

    A table that names a `type` replaces, an empty one clears, any other merges.
    """
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        tables = isinstance(old, Mapping) and isinstance(value, Mapping)
        replaces = not tables or not value or "type" in value
        merged[key] = value if replaces else merge(old or {}, value)
    return merged


def nested(overrides: Overrides) -> dict[str, Any]:
    """`["train.seed=1"]` as `{"train": {"seed": 1}}`.

    Raises:
        GanzooError: an override without `=`, or two that contradict.
    """
    pairs = overrides.items() if isinstance(overrides, Mapping) else map(_split, overrides)
    tables: dict[str, Any] = {}
    for path, value in pairs:
        *tops, last = path.split(".")
        table = tables
        for key in tops:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise GanzooError(f"--set {path}: '{key}' was set to a value before")
        table[last] = copy.deepcopy(value)  # later pairs may write into it
    return tables


def _no_recipe(name: str, known: Iterable[str]) -> Path:
    reasons = installed().registry.broken
    plugin = name.partition(".")[0]
    if plugin in reasons:
        reason = f"plugin '{plugin}' failed to load ({reasons[plugin]})"
        raise GanzooError(f"there is no recipe '{name}': {reason}")
    hint = did_you_mean(Path(name).stem, known)
    raise GanzooError(f"there is no recipe '{name}'.{hint} See: ganzoo list recipes")


def _split(override: str) -> tuple[str, Any]:
    path, equals, text = override.partition("=")
    if not equals or not all(key.strip() for key in path.split(".")):
        raise GanzooError(f"--set {override}: write it as path=value, as --set train.seed=1")
    try:
        return path.strip(), tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return path.strip(), text


def _read_file(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in map(Path.resolve, seen):
        raise RecipeError(str(path), [Fault("extends", "this recipe extends itself")])
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise GanzooError(f"{path}: this is not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise GanzooError(f"{path}: this cannot be read ({error})") from None
    return _extended(tables, path.parent, (*seen, path))


def _extended(tables: dict[str, Any], folder: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    parent = tables.pop("extends", None)
    if parent is None:
        return tables
    if not isinstance(parent, str):
        raise _at_extends(seen, "this should be a file or a recipe's name")
    beside = folder / parent
    base = _read_file(beside if beside.is_file() else _find_parent(parent, seen), seen)
    return merge({k: v for k, v in base.items() if k not in ("name", "summary")}, tables)


def _find_parent(parent: str, seen: tuple[Path, ...]) -> Path:
    try:
        return find_recipe(parent)
    except GanzooError as error:
        raise _at_extends(seen, str(error)) from None


def _at_extends(seen: tuple[Path, ...], message: str) -> RecipeError:
    return RecipeError(str(seen[-1]) if seen else "recipe", [Fault("extends", message)])
