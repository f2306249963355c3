"""Names that were given up, and the names that took their place.

A person who writes a former name is told the new one wherever names are checked. Files that an
earlier version wrote are read with the new names: see `recipe/older.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

# Components, by kind and former name.
COMPONENTS: dict[tuple[str, str], str] = {
    ("data", "earth"): "earth.maps",
}
# Recipes, by former name.
RECIPES = {
    "cyclegan_earth": "earth.cyclegan",
    "cyclegan_earth_256": "earth.cyclegan_256",
}
# The packages of plugins that bring what the core itself had once. No index has them: a name there
# would be somebody else's.
PACKAGES = {"earth": "ganzoo-earth"}
# Commands that the core itself had once, and the packages that bring them.
COMMANDS = {"study": "ganzoo-study"}
# Keys of a recipe's tables and values in them, by the path at which they stand and former name;
# `*` stands for any one key or place of a list.
PLACES: dict[tuple[str, str], str] = {
    ("data", "aligned"): "paired",
    ("alarms.ignore.*", "critic_won"): "discriminator_won",
    ("trackers.comet_ml", "project_name"): "project",
    ("trackers.clearml", "project_name"): "project",
    ("trackers.mlflow", "experiment_name"): "project",
}


def new_component(kind: str, name: str) -> str:
    """What a component is called now, or "" where it was never called otherwise."""
    return COMPONENTS.get((kind, name), "")


def new_name(path: Sequence[str], name: object) -> str:
    """What a key in the table at a path, or the value there, is called now; else ""."""
    for (where, old), new in PLACES.items():
        if name == old and is_at(path, where):
            return new
    return ""


READY_MODELS = "ganzoo-models"  # our package of them


def how_to_install(package: str) -> str:
    """What to type for one of ganzoo's own packages."""
    place = "." if package == "ganzoo-core" else f"./plugins/{package}"
    return f"pip install {place} in a clone of ganzoo"


def is_at(path: Sequence[str], pattern: str) -> bool:
    """Whether a path is one that a pattern as `losses.*.penalties.*` means."""
    keys = pattern.split(".")
    pairs = zip(keys, path, strict=False)
    return len(keys) == len(path) and all(key in ("*", name) for key, name in pairs)


def renamed(old: str, new: str, plugins: Collection[str] | None = None) -> str:
    """The sentence that tells a new name.

    plugins: those that are installed; the package of a missing one is named, too.
    """
    plugin, dot, _ = new.partition(".")
    missing = bool(dot) and plugins is not None and plugin not in plugins
    install = f": {how_to_install(PACKAGES[plugin])}" if missing and plugin in PACKAGES else ""
    return f"'{old}' is called '{new}' now{install}"
