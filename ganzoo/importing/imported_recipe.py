"""A recipe for imported networks: a published one, or the user's, with their settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from ganzoo.errors import Fault, ModelError
from ganzoo.expression import networks
from ganzoo.importing.directions import Direction
from ganzoo.importing.option_tables import lay_options_over
from ganzoo.interfaces.recogniser import Guess, Options
from ganzoo.recipe.loading import Source, load_recipe
from ganzoo.recipe.places import read_wire
from ganzoo.recipe.schema import Recipe

# By what the options call the model, else by the kind of the generator.
PAPERS = {"cycle_gan": "cyclegan_paper", "pix2pix": "pix2pix_paper", "unet": "pix2pix_paper"}
UNPAIRED = "cyclegan_paper"
SIZE = 256


@dataclass
class ImportedRecipe:
    """The tables of a recipe, which network each direction is, and what to know of it."""

    tables: dict[str, Any]
    networks: dict[Direction, str]
    lines: list[str] = field(default_factory=list)


def make_recipe(
    generators: Mapping[Direction, Guess],
    options: Options,
    source: Source | None = None,
    size: int | None = None,
) -> ImportedRecipe:
    """The tables of a recipe whose outputs these generators make.

    options: what was found beside the file. source: the user's recipe, not a published one.
    size: the image's side that the user gave.

    Raises:
        ModelError: the recipe has no output for a generator.
    """
    said = str(options.get("model", ""))
    kind = next(iter(generators.values())).component
    name = PAPERS.get(said, UNPAIRED if len(generators) > 1 else PAPERS.get(kind, UNPAIRED))
    recipe = load_recipe(name if source is None else source)
    imported = ImportedRecipe(recipe.to_dict(), _networks_of(recipe, generators))
    _keep_outputs(imported, recipe)
    for direction, network in _all_networks(imported, recipe).items():
        imported.tables["networks"][network] = _table(generators, direction)
    if source is not None:
        return imported
    why = (
        f"the options say model = {said}"
        if said in PAPERS
        else "weights do not tell how they learnt"
    )
    imported.lines.append(f"objective of {name}: {why}")
    _set_modes(imported, said == "pix2pix" and not options.get("eval"))
    _set_data(imported, generators, size, options)
    lay_options_over(imported.tables, options, imported.lines)
    return imported


def _networks_of(recipe: Recipe, generators: Mapping[Direction, Guess]) -> dict[Direction, str]:
    """The network of the recipe's first output, and that of the next which has another."""
    names = [*dict.fromkeys(_single_outputs(recipe).values())]
    if len(names) < len(generators):
        raise ModelError(
            f"the recipe {recipe.name} has {len(names)} outputs of one network, and there are "
            f"{len(generators)} generators; import one of them, or give another --recipe"
        )
    if len(generators) == 1 and len(names) == 1:
        return {next(iter(generators)): names[0]}
    both = _by_direction(names)
    return {direction: both[direction] for direction in generators}


def _by_direction(names: Iterable[str]) -> dict[Direction, str]:
    """The first two networks that differ."""
    return dict(zip(("forward", "backward"), dict.fromkeys(names), strict=False))


def _single_outputs(recipe: Recipe) -> dict[str, str]:
    """The network of each output whose wire calls one alone, by the output's name."""
    called: dict[str, str] = {}
    for name, table in recipe.outputs.items():
        wire = read_wire(getattr(table, "expression", None), f"outputs.{name}")
        used = networks(wire) if not isinstance(wire, Fault) else set()
        if len(used) == 1:
            (called[name],) = used
    return called


def _keep_outputs(imported: ImportedRecipe, recipe: Recipe) -> None:
    """Leave the outputs that the imported networks make."""
    known, called = imported.networks.values(), _single_outputs(recipe)
    outputs = imported.tables["outputs"].items()
    imported.tables["outputs"] = {name: t for name, t in outputs if called.get(name) in known}


def _all_networks(imported: ImportedRecipe, recipe: Recipe) -> dict[Direction, str]:
    """The imported networks, and the other direction's, which is like them."""
    return {**_by_direction(_single_outputs(recipe).values()), **imported.networks}


def _table(generators: Mapping[Direction, Guess], direction: Direction) -> dict[str, Any]:
    """A network's table; of a direction that is missing, the other's with its channels swapped."""
    guess = generators.get(direction) or next(iter(generators.values()))
    table = {"type": guess.component, **deepcopy(dict(guess.settings))}
    if direction not in generators and "in_channels" in table:
        table["in_channels"], table["out_channels"] = table["out_channels"], table["in_channels"]
    return table


def _set_modes(imported: ImportedRecipe, in_training: bool) -> None:
    """Whether outputs keep dropout and batch statistics as in training."""
    for name, output in imported.tables["outputs"].items():
        output["mode"] = "train" if in_training else "eval"
        if in_training:
            why = 'its authors translate in training mode (mode = "eval" is without noise)'
            imported.lines.append(f"outputs.{name}.mode = 'train': {why}")


def _set_data(
    imported: ImportedRecipe,
    generators: Mapping[Direction, Guess],
    size: int | None,
    options: Options,
) -> None:
    """The size of samples and their channels."""
    direction, guess = next(iter(generators.items()))
    x, y = (guess.settings.get(name, 3) for name in ("in_channels", "out_channels"))
    if direction == "backward":
        x, y = y, x
    data = imported.tables["data"]
    side = size or options.get("crop_size") or guess.size or SIZE
    data["size"], data["channels"] = side, x if x == y else {"x": x, "y": y}
    data["resize"] = max(side, round(side * 286 / 256))
    if x != y:
        imported.tables["losses"] = {
            name: term
            for name, term in imported.tables["losses"].items()
            if term.get("weight", 1) != 0
        }
    if size is None and "crop_size" not in options and guess.size is None:
        imported.lines.append(f"images of {side} px: no file says at which size it learnt (--size)")
    else:
        imported.lines.append(f"images of {side} px")
