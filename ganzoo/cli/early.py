"""Finds faults of a recipe within a second, without torch: from its text and components' source.

`build_recipe` reports each of these faults in the same words, and finds more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganzoo.components.data.choosing import Need, choose, infer_need
from ganzoo.components.data.folder_checks import refuse_root
from ganzoo.datasets.public_sets import SETS
from ganzoo.errors import DataError, Fault
from ganzoo.expression import Call, Expression, Name, names, networks, walk
from ganzoo.recipe.loading import LoadedRecipe
from ganzoo.recipe.origins import Gathered
from ganzoo.recipe.own_images import own_images
from ganzoo.recipe.places import (
    is_adversarial,
    kind_of_network,
    missing_wire,
    no_network,
    read_wire,
    wires_of,
)
from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.standins import is_spoiled
from ganzoo.recipe.tables import (
    ComponentTable,
    ExpressionTable,
    OutputTable,
    ScheduleTable,
    TermTable,
)
from ganzoo.registry.components import UnknownComponent
from ganzoo.registry.discovery import installed
from ganzoo.registry.outline import Outline, read_outline
from ganzoo.registry.signature import check_outline

# Data sets of the user's own images; which one fits depends on what a recipe learns from.
PAIRS = "ganzoo.components.data.paired_folders:PairedFolders"
OWN = tuple(
    f"ganzoo.components.data.{name}"
    for name in (
        *("paired_folders:PairedFolders", "folders:Folders", "class_folders:ClassFolders"),
        *("streets:Streets", "street_bands:StreetBands", "digits:Digits"),
    )
)
# Tables whose values can be checked from the text alone.
OURS: tuple[str, ...] = ("name", "summary", "train", "samples", "checkpoints", "alarms", "ema")
OURS += ("players", "default_metrics")


def refuse_early(loaded: LoadedRecipe, *, data: bool = True, partly: bool = True) -> None:
    """Refuse a recipe for faults that its text shows, before torch is imported.

    data: whether to check the folder of its images, too.
    partly: refuse even if a full check might find more faults; otherwise only if it could not.

    Raises:
        RecipeError: keys, values, components, settings or wires are wrong.
        DataError: the folder of the data is missing, or lacks a folder that the recipe trains on.
    """
    faults = _find_faults(loaded)
    if faults and (partly or _are_all(loaded.gathered, faults)):
        loaded.refuse(faults)
    if loaded.recipe is None or faults:
        return
    outline = _outline("data", loaded.recipe.data.type)
    if data and outline is not None:
        _refuse_root(outline, loaded.recipe.data.settings)


def _refuse_root(outline: Outline, settings: Mapping[str, Any]) -> None:
    """Refuse a folder that is missing; if it is named like a public data set, say how to get it."""
    root = settings.get("root", "")
    try:
        refuse_root(outline.bases, settings)
    except DataError as error:
        if root in SETS and not Path(root).exists():
            raise DataError(f"{error}; or get it: ganzoo data fetch {root}") from None
        raise


def refuse_folder(loaded: LoadedRecipe, overrides: Sequence[str], folder: Path) -> None:
    """Refuse `--data FOLDER` for faults of the folder or of the recipe that show without torch.

    loaded: the recipe with all overrides except those of its data.

    Raises:
        RecipeError: see `refuse_early`.
        DataError: the folder does not hold what the recipe learns from.
    """
    refuse_early(loaded, data=False)
    needed = need(loaded.require())
    if needed:
        given = [each.partition("=")[0].strip().removeprefix("data.") for each in overrides]
        choose(folder, needed, [name for name in given if name in ("x", "y")])


def need(recipe: Recipe) -> Need | None:
    """What a recipe learns from, as `own_data` finds it; None if the text is not enough."""
    outline = _outline("data", recipe.data.type)
    if outline is None or outline.bases[0] not in OWN:
        return None
    early = Early(recipe)
    list(early.faults())
    terms = tuple(f"losses.{name}." for name, term in recipe.losses.items() if term.weight != 0)
    wires = [wire for path, wire in early.wires if path.startswith(terms)]
    used = {name for wire in wires for name in names(wire)} - set(recipe.latents)
    paired = recipe.data.settings.get("paired", outline.bases[0] == PAIRS) is True
    return infer_need(used, paired) if used <= {"x", "y"} or used <= {"y", "c"} else None


def _find_faults(loaded: LoadedRecipe) -> list[Fault]:
    """The faults of a recipe that its text and its components' source show."""
    if loaded.recipe is None:
        return list(loaded.faults)
    more = Early(loaded.recipe).faults()
    return [*loaded.faults, *(f for f in more if not is_spoiled(f.path, loaded.faults))]


def _are_all(gathered: Gathered, faults: Sequence[Fault]) -> bool:
    """Whether no fault is left to find: the rest was checked, or is an installed recipe's."""
    wrong = [fault.path for fault in faults]
    return all(
        path.partition(".")[0] in OURS or any(f"{path}.".startswith(f"{w}.") for w in wrong)
        for layer in gathered.layers
        if layer.place not in installed().recipes
        for path in _leaves(layer.tables)
    )


def _leaves(tables: Mapping[str, Any]) -> Iterator[str]:
    for key, value in tables.items():
        if isinstance(value, Mapping) and value:
            yield from (f"{key}.{path}" for path in _leaves(value))
        else:
            yield key


def _outline(kind: str, name: str) -> Outline | None:
    component = installed().registry.components.get((kind, name))
    return read_outline(component.target, int(kind == "optimizer")) if component else None


class Early:
    """Checks a recipe's components and wires one by one, from their text."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.wires: list[tuple[str, Expression]] = []

    def faults(self) -> Iterator[Fault]:
        """Yield the faults of components, their settings and the networks in wires."""
        recipe = self.recipe
        for fault in self._component("data", recipe.data, "data"):
            yield own_images(fault, recipe.data, installed().registry)
        for name, latent in recipe.latents.items():
            yield from self._component("latent", latent, f"latents.{name}")
        for name, term in recipe.losses.items():
            yield from self._term(term, f"losses.{name}")
        for name, network in recipe.networks.items():
            yield from self._component(self._kind(name, network.type), network, f"networks.{name}")
            if network.init:
                yield from self._component("init", network.init, f"networks.{name}.init")
        for name, optimizer in recipe.optimizers.items():
            yield from self._component("optimizer", optimizer, f"optimizers.{name}")
        yield from self._component("schedule", recipe.schedule, "schedule")
        for name, metric in recipe.metrics.items():
            yield from self._component("metric", metric, f"metrics.{name}")
        for name, callback in recipe.callbacks.items():
            yield from self._component("callback", callback, f"callbacks.{name}")
        for name, augmentation in recipe.augmentations.items():
            yield from self._component("augmentation", augmentation, f"augmentations.{name}")
        yield from self._shown()
        yield from self._unknown_networks()

    def _term(self, term: TermTable, path: str) -> Iterator[Fault]:
        yield from self._component("loss", term, path)
        if term.buffer:
            yield from self._component("buffer", term.buffer, f"{path}.buffer")
        if isinstance(term.weight, ScheduleTable):
            yield from self._component("schedule", term.weight, f"{path}.weight")
        for place, penalty in enumerate(term.penalties):
            yield from self._component("penalty", penalty, f"{path}.penalties.{place}")

    def _component(self, kind: str, table: ComponentTable, path: str) -> Iterator[Fault]:
        try:
            installed().registry.get(kind, table.type)
        except UnknownComponent as error:
            yield Fault(f"{path}.type", str(error))
            return
        outline = _outline(kind, table.type)
        if outline is None:
            return
        wanted = wires_of(kind, outline)
        given = {key: value for key, value in table.settings.items() if key not in wanted}
        beside = [*wanted, *type(table).model_fields]
        yield from check_outline(outline, table.type, given, path, beside)
        yield from self._wires(table, wanted, path)

    def _wires(
        self, table: ComponentTable, wanted: Mapping[str, bool], path: str
    ) -> Iterator[Fault]:
        for wire, required in wanted.items():
            if wire in table.settings:
                yield from self._wire(table.settings[wire], f"{path}.{wire}")
            elif required:
                yield missing_wire(table.type, wire, path)

    def _wire(self, text: Any, path: str) -> Iterator[Fault]:
        wire = read_wire(text, path)
        if isinstance(wire, Fault):
            yield wire
        else:
            self.wires.append((path, wire))

    def _shown(self) -> Iterator[Fault]:
        for name, output in self.recipe.outputs.items():
            if isinstance(output, OutputTable):
                yield from self._component("output", output, f"outputs.{name}")
            elif isinstance(output, ExpressionTable):
                yield from self._wire(output.expression, f"outputs.{name}")
        for text in self.recipe.samples.show:
            yield from self._wire(text, "samples.show")

    def _kind(self, name: str, component: str) -> str:
        """A network's kind, as `builder.resolve` finds it: a discriminator is called outermost."""
        losses = {n: _outline("loss", term.type) for n, term in self.recipe.losses.items()}
        played = [n for n, loss in losses.items() if loss is not None and is_adversarial(loss)]
        sides = {f"losses.{n}.{side}" for n in played for side in ("real", "fake")}
        readable = [wire for path, wire in self.wires if path in sides]
        outermost = {wire.network for wire in readable if isinstance(wire, Call)}
        unread = None in losses.values() or len(readable) < len(sides)
        known = ("discriminator", component) in installed().registry.components
        is_discriminator = name in outermost or (unread and known)
        return kind_of_network(component, is_discriminator, installed().registry)

    def _unknown_networks(self) -> Iterator[Fault]:
        """Calls of unknown networks; names of variables are checked later, with the data."""
        declared = list(self.recipe.networks)
        others = {node.name for _, w in self.wires for node in walk(w) if isinstance(node, Name)}
        for path, wire in self.wires:
            if networks(wire) - set(declared) - others - set(self.recipe.latents):
                yield from no_network(path, wire, declared)
