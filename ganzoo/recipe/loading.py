"""Where recipes come from: a file, a run's folder, a name, a table; `extends`; overrides."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ganzoo.errors import Fault, GanzooError, RecipeError, cut, did_you_mean
from ganzoo.files.untrusted import deeper
from ganzoo.recipe.older import up_to_date
from ganzoo.recipe.origins import SET, Gathered, Layer
from ganzoo.recipe.overrides import Overrides, merge, read_overrides
from ganzoo.recipe.schema import Recipe, is_folder_name
from ganzoo.recipe.toml_text import DEEPEST, RECIPE_FILE, read_toml
from ganzoo.recipe.validation import TableError, check_tables
from ganzoo.registry.discovery import installed
from ganzoo.registry.former import PACKAGES, RECIPES, renamed

LONGEST = 16  # recipes that extend one another


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe that was read once; commands hand it on to whatever needs it.

    gathered: its tables, and where each was written.
    recipe: with stand-ins for what is wrong with its tables; None where all else depends on that.
    faults: what is wrong with its tables.
    """

    gathered: Gathered
    recipe: Recipe | None
    faults: Sequence[Fault] = ()

    @property
    def name(self) -> str:
        """The recipe's name, or "" where it cannot be one."""
        name = self.gathered.tables["name"]
        return name if isinstance(name, str) and is_folder_name(name) else ""

    def require(self) -> Recipe:
        """The recipe.

        Raises:
            RecipeError: everything wrong with its tables.
        """
        if self.recipe is None or self.faults:
            self.refuse(self.faults)
        return self.recipe

    def refuse(self, faults: Sequence[Fault]) -> NoReturn:
        """Raise faults, each under the place where its setting was written."""
        with self.gathered.placing():
            raise RecipeError(self.gathered.place, faults)

    def with_overrides(self, overrides: Overrides) -> LoadedRecipe:
        """With overrides laid over it."""
        return _checked(overridden(self.gathered, overrides))


Source = str | Path | Mapping[str, Any] | Recipe | LoadedRecipe


def load_recipe(source: Source, overrides: Overrides = ()) -> Recipe:
    """Read a recipe, and check its tables; nothing is built and no component is imported.

        recipe = ganzoo.load_recipe("cyclegan", {"data.size": 32})
        recipe.losses["cycle_X"].weight

    source: a `.toml` file, a run folder, the name of an installed recipe (`"cyclegan"`), or tables.
    overrides: `{"train.seed": 1}` or `["train.seed=1"]`, as `--set` on the command line.

    Raises:
        RecipeError: everything wrong with its tables.
        GanzooError: there is no such recipe.
    """
    return read_recipe(source, overrides).require()


def read_recipe(source: Source | Gathered, overrides: Overrides = ()) -> LoadedRecipe:
    """A recipe, read and not yet refused for what is wrong with its tables.

    Raises:
        GanzooError: there is no such recipe, or it cannot be read.
    """
    if isinstance(source, LoadedRecipe):
        return source.with_overrides(overrides) if overrides else source
    if isinstance(source, Gathered):
        return _checked(overridden(source, overrides))
    return _checked(gather(source, overrides))


def _checked(gathered: Gathered) -> LoadedRecipe:
    try:
        return LoadedRecipe(
            gathered, check_tables(gathered.tables, gathered.place, gathered.faults)
        )
    except TableError as error:
        return LoadedRecipe(gathered, error.rest, error.faults)


def gather(source: str | Path | Mapping[str, Any] | Recipe, overrides: Overrides = ()) -> Gathered:
    """A recipe's tables with every `extends` and override, and where they came from.

    Raises:
        GanzooError: there is no such recipe, or it cannot be read.
    """
    place, layers = _layers(source)
    tables: dict[str, Any] = {}
    for layer in layers:
        tables = merge(_without_name(tables), layer.tables)
    return overridden(Gathered(place, tables, layers), overrides, _default_name(source, place))


def overridden(gathered: Gathered, overrides: Overrides, name: str = "") -> Gathered:
    """With overrides laid over; `name` is for tables that have none."""
    changes, faults = read_overrides(gathered.tables, overrides)
    tables = gathered.tables
    for change in changes:
        tables = merge(tables, change)
    if deeper(tables, DEEPEST):
        raise GanzooError(f"{gathered.place}: lists or tables are nested too deeply here")
    tables = {"name": name, **tables} if name else dict(tables)
    layers = [*gathered.layers, *(Layer(SET, change) for change in changes)]
    return Gathered(gathered.place, tables, layers, [*gathered.faults, *faults])


def _default_name(source: object, place: str) -> str:
    is_file = not isinstance(source, str) or _is(source, stat.S_ISREG, stat.S_ISDIR)
    return Path(place).stem if is_file else str(source)


def find_recipe(source: str | Path) -> Path:
    """The file that a path, a run folder or a name means.

    Raises:
        GanzooError: nothing is called so.
    """
    path = Path(source)
    if _is(path, stat.S_ISDIR) and _is(path / RECIPE_FILE, stat.S_ISREG):
        return path / RECIPE_FILE
    if _is(path, stat.S_ISREG):
        return path
    known = installed().recipes
    if str(source) in known:
        return known[str(source)][0]
    if _is(path, stat.S_ISDIR):
        raise GanzooError(f"{source}: this folder is no run: it holds no {RECIPE_FILE}")
    if _is(path, lambda mode: True):
        raise GanzooError(f"{source}: this is no regular file")
    return _no_recipe(str(source), known)


def _is(path: str | Path, *kinds: Any) -> bool:
    """Whether there is a file of one of these kinds; what can be no path is none."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return any(kind(mode) for kind in kinds)


def _layers(source: str | Path | Mapping[str, Any] | Recipe) -> tuple[str, list[Layer]]:
    """How to call a recipe in a message, and its tables from the first that is extended on."""
    if isinstance(source, Recipe):
        tables = source.to_dict()
        place = source.name or "recipe"
        return place, [Layer(place, tables if source.name else _without_name(tables))]
    if isinstance(source, Mapping):
        place = str(source.get("name") or "recipe")
        return place, _extended(place, dict(source), Path.cwd(), ())
    path = find_recipe(source)
    place = str(path if _is(source, stat.S_ISREG, stat.S_ISDIR) else source)
    return place, _read(place, path, ())


def _read(place: str, path: Path, readers: tuple[Path, ...]) -> list[Layer]:
    if path.resolve() in readers:
        raise _at_extends(place, "this recipe extends itself")
    if len(readers) == LONGEST:
        raise _at_extends(place, f"more than {LONGEST} recipes extend one another")
    tables = up_to_date(read_toml(path))
    return _extended(place, tables, path.parent, (*readers, path.resolve()))


def _extended(
    place: str, tables: dict[str, Any], folder: Path, readers: tuple[Path, ...]
) -> list[Layer]:
    if "extends" not in tables:
        return [Layer(place, tables)]
    parent = tables.pop("extends")
    if not isinstance(parent, str):
        raise _at_extends(place, "this should be a file or a recipe's name")
    beside = folder / parent
    is_file = _is(beside, stat.S_ISREG)
    path = beside if is_file else _find_parent(parent, place)
    if path.resolve().suffix != ".toml":  # messages show lines of what is read
        raise _at_extends(place, f"{cut(parent)}: a file that is extended ends in .toml")
    named = parent in installed().recipes and not is_file
    return [*_read(parent if named else str(path), path, readers), Layer(place, tables)]


def _find_parent(parent: str, place: str) -> Path:
    try:
        return find_recipe(parent)
    except GanzooError as error:
        raise _at_extends(place, str(error)) from None


def _at_extends(place: str, message: str) -> RecipeError:
    return RecipeError(place, [Fault("extends", message)])


def _without_name(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tables.items() if key not in ("name", "summary")}


def _no_recipe(name: str, known: Iterable[str]) -> Path:
    registry = installed().registry
    if name in RECIPES:
        raise GanzooError(f"recipe {renamed(name, RECIPES[name], registry.plugins)}")
    plugin = name.partition(".")[0]
    if plugin in registry.broken:
        reason = f"plugin '{plugin}' failed to load ({registry.broken[plugin]})"
        raise GanzooError(f"there is no recipe '{name}': {reason}")
    if plugin in PACKAGES and plugin not in registry.plugins:
        raise GanzooError(f"there is no recipe '{cut(name)}': {registry.missing(plugin)}")
    hint = did_you_mean(Path(name).stem, known)
    raise GanzooError(f"there is no recipe '{cut(name)}'.{hint} See: ganzoo list recipes")
