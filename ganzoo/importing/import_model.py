"""Weights from elsewhere in, a ganzoo model with its recipe out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.fitting import check_sizes, check_weights, make_unstarted
from ganzoo.builder.packaging import write_networks
from ganzoo.builder.resolve import read
from ganzoo.components.networks.reference import LIMIT
from ganzoo.engine.checkpoint import load_module
from ganzoo.errors import GanzooError, ModelError, first_line
from ganzoo.importing.directions import Directions, assign_directions
from ganzoo.importing.imported_recipe import ImportedRecipe, make_recipe
from ganzoo.importing.neighbours import Neighbour, read_neighbour
from ganzoo.importing.searching import StoredNetwork, find_networks
from ganzoo.importing.stored_tensors import MOST_FILES, read_stored, weight_files
from ganzoo.recipe.loading import Source
from ganzoo.recipe.validation import check_tables
from ganzoo.registry.discovery import installed


@dataclass(frozen=True)
class ImportedModel:
    """A model that was made of weights from elsewhere, and what is to be said of it.

    path: the model file. networks: by their names in the recipe. left_out: other networks, and why.
    lines: what the recipe says, and by what.
    """

    path: Path
    networks: dict[str, StoredNetwork]
    outputs: tuple[str, ...]
    left_out: list[tuple[StoredNetwork, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def import_model(
    files: Sequence[Path], out: Path, recipe: Source | None = None, size: int | None = None
) -> ImportedModel:
    """Recognise weights, and write a model file.

    files: of one or two generators, alone or among others; or Accelerate's folders.
    out: where to write the model; nothing may be there.
    recipe: the user's, in place of a published one.
    size: the side of images in pixels, where no file says it.

    Raises:
        GanzooError: the model cannot be written.
        ModelError: a file is not what ganzoo knows; it names the nearest, and what disagrees.
        RecipeError: the recipe does not go with the networks.
    """
    places = [path for place in files for path in weight_files(place)]
    if len(places) > MOST_FILES:
        raise ModelError(f"{len(places)} files: a model is made of {MOST_FILES} at most")
    tensors = _read(places)
    neighbour = next((n for n in map(read_neighbour, places) if n.file), Neighbour())
    directions = assign_directions(_networks_in(tensors, neighbour))
    guesses = {d: each.guess for d, each in directions.generators.items()}
    imported = make_recipe(guesses, neighbour.options, recipe, size)
    if neighbour.file is not None:
        imported.lines.insert(0, f"options of {neighbour.file}")
    return _write(imported, directions, tensors, out)


def _read(places: Iterable[Path]) -> dict[Path, dict[str, Tensor]]:
    """The tensors of each file; all together within the limit of one."""
    tensors: dict[Path, dict[str, Tensor]] = {}
    left = LIMIT
    for path in dict.fromkeys(places):
        tensors[path] = read_stored(path, left)
        left -= sum(tensor.nbytes for tensor in tensors[path].values())
    return tensors


def _networks_in(
    tensors: dict[Path, dict[str, Tensor]], neighbour: Neighbour
) -> list[StoredNetwork]:
    networks: list[StoredNetwork] = []
    for path, stored in tensors.items():
        shapes = {name: tuple(tensor.shape) for name, tensor in stored.items()}
        networks += find_networks(path, shapes, neighbour.options)
    return networks


def _write(
    imported: ImportedRecipe,
    directions: Directions,
    tensors: dict[Path, dict[str, Tensor]],
    out: Path,
) -> ImportedModel:
    """Build the networks, load their weights strictly, and write them."""
    networks = {imported.networks[d]: stored for d, stored in directions.generators.items()}
    imported.tables["name"] = out.stem
    blueprint = _blueprint(imported.tables, out, networks.values())
    modules = make_unstarted(blueprint, networks, "cpu", out)
    for name, module in modules.items():
        _load(module, networks[name], tensors[networks[name].file])
    try:
        write_networks(blueprint, modules, out, {"step": 0, "imported": _origins(networks)})
    except OSError as error:
        reason = error.strerror or str(error)
        raise GanzooError(f"{out}: cannot be written ({reason}); nothing was") from error
    return ImportedModel(
        out, networks, tuple(blueprint.outputs), directions.left_out, imported.lines
    )


def _blueprint(tables: dict[str, Any], out: Path, networks: Iterable[StoredNetwork]) -> Blueprint:
    recipe = check_tables(tables, str(out))
    blueprint = read(recipe, installed().registry, str(out), trains=False)
    for each in networks:
        check_sizes(blueprint, each.file)
    return blueprint


def _load(module: nn.Module, network: StoredNetwork, stored: dict[str, Tensor]) -> None:
    """Every tensor of the network from the file; counters that old versions did not save, not."""
    state = {name: stored[place] for name, place in network.places.items()}
    what = f"{network.file}: {network.guess.component}"
    own = module.state_dict()
    counters = [name for name in own if name.endswith("num_batches_tracked")]
    try:
        state = {n: t.to(own[n].dtype) if t.is_floating_point() else t for n, t in state.items()}
    except (RuntimeError, NotImplementedError) as error:  # numbers of less than a byte
        raise ModelError(f"{what}: its numbers cannot be read ({first_line(error)})") from error
    check_weights(state, what)
    load_module(module, state, {}, what, counters)


def _origins(networks: dict[str, StoredNetwork]) -> dict[str, Any]:
    """Where each network came from, for the header: names, no paths."""
    return {
        name: {"file": each.file.name, "within": each.wrapper, "read": dict(each.guess.evidence)}
        for name, each in networks.items()
    }
