"""Where recipes come from: a file, a run's folder, a name, a table; `extends`; overrides."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ganzoo.errors import Fault, GanzooError, RecipeError, did_you_mean
from ganzoo.plugins import installed
from ganzoo.recipe import Recipe, is_folder_name
from ganzoo.tables import check_tables

Source = str | Path | Mapping[str, Any] | Recipe
Overrides = Mapping[str, Any] | Iterable[str]
RIVALS = {"decay": "half_life", "half_life": "decay"}  # one follows from the other
DEEPEST = 32  # no recipe nests deeper, and Python's own limits are told less clearly


def load_recipe(source: Source, overrides: Overrides = ()) -> Recipe:
    """Read a recipe.

    source: a `.toml` file, a run folder, the name of an installed recipe (`"cyclegan"`), or tables.
    overrides: `{"train.seed": 1}` or `["train.seed=1"]`, as `--set` on the command line.

    Raises:
        RecipeError: everything wrong with its tables.
        GanzooError: there is no such recipe.
    """
    place, tables = _named(source, overrides)
    return check_tables(tables, place)


def recipe_name(source: Source, overrides: Overrides = ()) -> str:
    """A recipe's name, or "" where it cannot be one; nothing else of its tables is checked.

    Raises:
        GanzooError: there is no such recipe, or it cannot be read.
    """
    name = _named(source, overrides)[1]["name"]
    return name if isinstance(name, str) and is_folder_name(name) else ""


def read_tables(source: Source) -> tuple[str, dict[str, Any]]:
    """The recipe's tables with every `extends` resolved, and how to call it in a message."""
    if isinstance(source, Recipe):
        tables = source.to_dict()
        return source.name or "recipe", tables if source.name else _without_name(tables)
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

    A table that names a `type` replaces, an empty one clears (a part or a value is gone then), any
    other merges. Of two keys that say the same in two ways, the later one counts.
    """
    merged = {key: value for key, value in base.items() if key not in _rivals(change)}
    for key, value in change.items():
        old = merged.get(key)
        if value == {} and key in merged and _replaces(old):
            del merged[key]
            continue
        both = isinstance(old, Mapping) and not _replaces(value)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def _rivals(change: Mapping[str, Any]) -> set[str]:
    """The keys that a change takes the place of without naming them."""
    return {rival for key, rival in RIVALS.items() if key in change and rival not in change}


def override(tables: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    """`tables` with overrides laid over it, one after the other; `tables` stays as it is.

    Raises:
        GanzooError: an override without `=`, or two that contradict.
    """
    pairs = overrides.items() if isinstance(overrides, Mapping) else map(_split, overrides)
    changed = dict(tables)
    for path, value in _ordered(pairs):
        changed = merge(changed, _at(path, value))
    return changed


def _ordered(pairs: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Overrides as they take effect.

    Those that a later one takes back are left out. A type goes before the settings beside it, as
    `--set data.root=X --set data.type=folders` asks for both.
    """
    ordered: list[tuple[str, Any]] = []
    for path, value in pairs:
        _refuse_clash(path, value, ordered)
        if _replaces(value):
            ordered = [(p, v) for p, v in ordered if p != path and not p.startswith(f"{path}.")]
        place = len(ordered)
        if path.endswith(".type") and not isinstance(value, Mapping):
            beside = path.removesuffix("type")
            place = next((i for i, (p, _) in enumerate(ordered) if p.startswith(beside)), place)
        ordered.insert(place, (path, value))
    return ordered


def _refuse_clash(path: str, value: Any, before: Iterable[tuple[str, Any]]) -> None:
    """A setting cannot be a value and a table."""
    for other, was in before:
        if path.startswith(f"{other}.") and not isinstance(was, Mapping):
            raise GanzooError(f"--set {path}: '{other}' was set to a value before")
        if other.startswith(f"{path}.") and not isinstance(value, Mapping):
            raise GanzooError(f"--set {path}: '{other}' was set before, so this should be a table")


def _replaces(value: Any) -> bool:
    """Whether a value takes the place of a table. A table called `type` names no part."""
    if not isinstance(value, Mapping) or not value:
        return True
    return "type" in value and not isinstance(value["type"], Mapping)


def _at(path: str, value: Any) -> dict[str, Any]:
    """`"train.seed", 1` as `{"train": {"seed": 1}}`.

    Raises:
        GanzooError: the path leads deeper than any setting.
    """
    keys = path.split(".")
    if len(keys) > DEEPEST:
        raise GanzooError(f"--set {path}: no setting is nested so deeply")
    for key in reversed(keys):
        value = {key: value}
    return dict(value)


def _named(source: Source, overrides: Overrides) -> tuple[str, dict[str, Any]]:
    """How to call a recipe in a message, and its tables; they hold a name in any case."""
    place, tables = read_tables(source)
    tables = override(tables, overrides)
    if _deeper(tables, DEEPEST):
        raise GanzooError(f"{place}: lists or tables are nested too deeply here")
    is_file = not isinstance(source, str) or Path(source).exists()
    tables.setdefault("name", Path(place).stem if is_file else source)
    return place, tables


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and tables nest deeper than so many levels."""
    if not isinstance(value, (Mapping, list, tuple)):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(_deeper(item, levels - 1) for item in inner)


def _without_name(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tables.items() if key not in ("name", "summary")}


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
        return path.strip(), _toml(f"value = {text}", f"--set {path}")["value"]
    except tomllib.TOMLDecodeError:
        return path.strip(), text


def _toml(text: str, place: str) -> dict[str, Any]:
    """Read TOML; what is TOML and still too much to read is an error at once."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        raise GanzooError(f"{place}: a number here has too many digits") from None
    except RecursionError:
        raise GanzooError(f"{place}: lists or tables are nested too deeply here") from None


def _read_file(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in map(Path.resolve, seen):
        raise RecipeError(str(path), [Fault("extends", "this recipe extends itself")])
    try:
        tables = _toml(path.read_text(encoding="utf-8"), str(path))
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
    return merge(_without_name(base), tables)


def _find_parent(parent: str, seen: tuple[Path, ...]) -> Path:
    try:
        return find_recipe(parent)
    except GanzooError as error:
        raise _at_extends(seen, str(error)) from None


def _at_extends(seen: tuple[Path, ...], message: str) -> RecipeError:
    return RecipeError(str(seen[-1]) if seen else "recipe", [Fault("extends", message)])
