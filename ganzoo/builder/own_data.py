"""`--data FOLDER`: images of the user's own in place of a recipe's, as settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.components.data import choosing
from ganzoo.components.data.choosing import Choice, Need, choose
from ganzoo.components.data.layout_advice import require_folder
from ganzoo.errors import DataError, GanzooError
from ganzoo.recipe.loading import LoadedRecipe, Source, read_recipe
from ganzoo.recipe.overrides import Overrides
from ganzoo.recipe.toml_values import write_value

if TYPE_CHECKING:
    from ganzoo.builder.blueprint import Blueprint, MetricPlan

# Settings of a recipe's own data that say how images are cut and read, whichever they are.
CUT = ("resize", "flip", "channels", "aspect")
READ = ("range", "colour", "interpolation", "scale", "pages", "depth", "unreadable")


@dataclass(frozen=True)
class OwnData:
    """settings: for `--set`, before the user's own. summary: what was taken, in a line."""

    settings: list[str]
    summary: str


def moved(recipe: LoadedRecipe, folder: Path) -> list[str]:
    """The setting that says where a recipe's own data are, for a folder that holds them now.

    Raises:
        DataError: there is no such folder, or the data are read from none.
    """
    require_folder(folder)
    kind = recipe.require().data.type
    settings = at_place(kind, folder)
    if not settings:
        raise DataError(f"--data {folder}: this run's data, '{kind}', are read from no folder")
    return settings


def at_place(kind: str, folder: Path) -> list[str]:
    """The setting by which a data set is read from a folder; none where it is read from nowhere."""
    from ganzoo.registry.discovery import installed

    places = getattr(installed().registry.get("data", kind).load(), "places", ())
    return [f"data.{place}={write_value(str(folder.absolute()))}" for place in places[:1]]


def as_words(overrides: Overrides) -> list[str]:
    """Overrides as they are typed, `data.size=64`."""
    if isinstance(overrides, Mapping):
        return [f"{path}={write_value(value)}" for path, value in overrides.items()]
    return list(overrides)


def says_data(overrides: Sequence[str]) -> bool:
    """Whether `--set` says which data set is used."""
    return any(each.partition("=")[0].strip() in ("data", "data.type") for each in overrides)


def own_data(recipe: Source, overrides: Sequence[str], folder: Path) -> OwnData:
    """A recipe's settings with a folder's images for its data.

    What belongs to the recipe's own data only (its summary, metrics that know their colours) is
    left out; how images are cut is kept.

    recipe: one that was read holds those of the overrides already that are not about its data.

    Raises:
        DataError: there is no such folder, or it is not plain what is meant.
        GanzooError: the recipe has faults, or names data as well.
    """
    from ganzoo.builder.resolve import read
    from ganzoo.recipe.own_images import KINDS
    from ganzoo.registry.discovery import installed

    require_folder(folder)
    if says_data(overrides):
        raise GanzooError(
            "--data and --set data=... or data.type=... both say what the data are; give one"
        )
    others = [each for each in overrides if not each.startswith("data.")]
    loaded = recipe if isinstance(recipe, LoadedRecipe) else read_recipe(recipe, others)
    blueprint = read(loaded.require(), installed().registry, loaded.gathered.place)
    kind = blueprint.recipe.data.type
    if kind not in KINDS and (where := at_place(kind, folder)):
        return OwnData(where, f"--data {folder}: '{kind}', {where[0].partition('=')[0]}")
    if other := getattr(blueprint.dataset, "own", ""):
        return _plugins(blueprint, other, folder)
    given = [each.partition("=")[0].strip().removeprefix("data.") for each in overrides]
    choice = choose(folder, need_of(blueprint), [name for name in given if name in ("x", "y")])
    return _with_choice(blueprint, choice, folder, given)


def _with_choice(
    blueprint: Blueprint, choice: Choice, folder: Path, given: Sequence[str]
) -> OwnData:
    recipe, settings = blueprint.recipe, choice.settings
    image = blueprint.variables["y"]
    assert image.size is not None
    assert blueprint.dataset is not None
    height, width = image.size
    own = {key: value for key, value in recipe.data.settings.items() if key in CUT + READ}
    channels = {n: v.channels for n, v in blueprint.dataset.variables.items() if v.size}
    same = len({*channels.values()}) == 1
    cut = {
        "size": height if height == width else [height, width],
        "channels": image.channels if same else channels,
    }
    volumes = {} if image.depth is None else {"pages": "depth", "depth": image.depth}
    table = {**settings, **cut, **volumes, **own}
    dropped = [name for name, plan in _metrics(blueprint) if _belongs(plan, blueprint, settings)]
    changes = [
        f"data={write_value(table)}",
        'summary=""',
        *(f"metrics.{name}={{}}" for name in dropped),
    ]
    if recipe.checkpoints.best.partition(".")[0] in dropped:
        changes.append('checkpoints.best=""')
    changes += _classes(blueprint, settings)
    left = ", ".join(f"metrics.{name}" for name in dropped)
    why = f"for want of pairs, or made for '{recipe.data.type}'"
    summary = f"--data {folder}: '{settings['type']}', {choice.description}"
    summary += "" if "size" in given else f"; {width} x {height} px"
    if "channels" not in given and channels != dict.fromkeys(channels, 3):
        summary += f", {describe_channels(channels)}"
    summary += f"\n  left out of the recipe: {left} ({why})" if dropped else ""
    summary += f"\n  the other way round: {choice.turned}" if choice.turned else ""
    return OwnData(changes, summary)


def describe_channels(channels: Mapping[str, int]) -> str:
    """`gray`, `5 channels`, or of variables that differ `x RGB, y 5 channels`."""
    named = {name: {1: "gray", 3: "RGB"}.get(n, f"{n} channels") for name, n in channels.items()}
    if len({*named.values()}) == 1:
        return next(iter(named.values()))
    return ", ".join(f"{name} {what}" for name, what in named.items())


def _plugins(blueprint: Blueprint, other: str, folder: Path) -> OwnData:
    """The data set that a plugin names for images of the user's own, with the settings of both."""
    from ganzoo.registry.discovery import installed
    from ganzoo.registry.signature import parameters

    data = installed().registry.get("data", other).load()
    known = {parameter.name for parameter in parameters(data)}
    shared = {k: v for k, v in blueprint.recipe.data.settings.items() if k in known}
    settings = [f"data={write_value({'type': other, **shared})}", *at_place(other, folder)]
    return OwnData([*settings, 'summary=""'], f"--data {folder}: '{other}', {settings[1]}")


def need_of(blueprint: Blueprint) -> Need:
    """What a recipe learns from, by the variables in its terms.

    Raises:
        DataError: something that no folder of images gives.
    """
    from ganzoo.expression import names

    data = blueprint.dataset
    assert data is not None
    wires = [wire for term in blueprint.terms for wire in term.wires.values()]
    used = {name for wire in wires for name in names(wire)} & {*data.variables}
    if not used <= {"x", "y"} and not used <= {"y", "c"}:
        raise DataError(
            f"this recipe learns from {', '.join(sorted(used))}, which no folder of images gives; "
            f"its own data are '{blueprint.recipe.data.type}'"
        )
    return choosing.infer_need(used, data.trains_on_pairs)


def _metrics(blueprint: Blueprint) -> Iterator[tuple[str, MetricPlan | None]]:
    """All metrics of a recipe; None for those that its own data did not allow."""
    return ((name, blueprint.metrics.get(name)) for name in blueprint.recipe.metrics)


def _belongs(plan: MetricPlan | None, blueprint: Blueprint, settings: Mapping[str, Any]) -> bool:
    """Whether a metric says nothing of other data.

    It is made for the recipe's own, as `palette = "streets"`; or compares pairs where none are.
    """
    paired = bool(settings["type"] == "paired_folders")
    if plan is None:
        return not paired
    unpaired = bool(getattr(plan.metric.component_class, "needs_pairs", False)) and not paired
    return unpaired or blueprint.recipe.data.type in [*plan.metric.settings.values()]


def _classes(blueprint: Blueprint, settings: Mapping[str, Any]) -> list[str]:
    """The number of classes, for networks that have as many as the recipe's own data."""
    before, now = blueprint.variables.get("c"), settings.get("classes")
    if before is None or now is None:
        return []
    return [
        f"networks.{name}.classes={len(now)}"
        for name, table in blueprint.recipe.networks.items()
        if table.settings.get("classes") == before.classes
    ]
