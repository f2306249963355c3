"""Recipe in, Experiment out; model file in, Model out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from ganzoo.build.assemble import Assembly, assemble, make_networks
from ganzoo.build.filling import fill
from ganzoo.build.lookup import Lookup
from ganzoo.build.plans import Blueprint
from ganzoo.build.reading import read
from ganzoo.build.rules import check_rules, factor, make_averages, optimisations
from ganzoo.build.trackers import wrong_trackers
from ganzoo.build.trial import Trial, latent_shapes, try_step
from ganzoo.errors import DataError, Fault, ModelError, RecipeError
from ganzoo.interfaces import Data
from ganzoo.loading import Overrides, Source, load_recipe, override
from ganzoo.play.checkpoint import load_module, read_tensors, under
from ganzoo.play.ema import Ema
from ganzoo.play.model import Model
from ganzoo.play.players import Player
from ganzoo.play.trainer import Rules, Timetable, Trainer
from ganzoo.plugins import installed
from ganzoo.recipe import Recipe
from ganzoo.tables import TableError, check_tables

if TYPE_CHECKING:
    from accelerate import Accelerator

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass
class Experiment:
    """A recipe as objects: ready to train, to look at, or to take apart in Python.

    recipe: the filled one.
    networks: by name; `experiment.networks["G"]` is an ordinary module.
    trial: what one step on the meta device showed.
    averages: of the networks whose weights are averaged, once a trainer is made.
    """

    recipe: Recipe
    blueprint: Blueprint
    assembly: Assembly
    trial: Trial
    averages: dict[str, nn.Module] = field(default_factory=dict)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Every network that is built, by name."""
        return self.assembly.networks

    @property
    def players(self) -> list[Player]:
        """The players, in the order in which they move."""
        return self.assembly.players

    @property
    def data(self) -> Data:
        """The data, unprepared."""
        assert self.blueprint.dataset is not None
        return self.blueprint.dataset

    def model(self) -> Model:
        """The outputs, on the networks as they are now; on averages where they are kept."""
        return _model(self.blueprint, {**self.networks, **self.averages})

    def trainer(self, accelerator: Accelerator) -> Trainer:
        """A trainer at step 0.

        Raises:
            DataError: the images are missing.
        """
        self.data.prepare()
        if len(self.data) == 0:
            raise DataError("data: there are no training images")
        train = self.recipe.train
        processes = int(accelerator.num_processes)
        table = self.timetable(len(self.data), train.batch_size * train.accumulate * processes)
        return Trainer(
            self.players,
            self.networks,
            self._rules(table),
            self.data,
            latent_shapes(self.blueprint),
            table,
            accelerator,
            DTYPES.get(train.precision, torch.float32),
        )

    def timetable(self, images: int, images_a_step: int) -> Timetable:
        """The recipe's durations in steps, for an epoch of so many images."""
        recipe, images_of = self.recipe, (images, images_a_step)
        return Timetable(
            steps=recipe.train.length.steps(*images_of),
            batch_size=recipe.train.batch_size,
            accumulate=recipe.train.accumulate,
            seed=recipe.train.seed,
            workers=recipe.train.workers,
            log_every=recipe.train.log_every.steps(*images_of),
            samples_every=recipe.samples.every.steps(*images_of),
            checkpoint_every=recipe.checkpoints.every.steps(*images_of),
            spans=images_of,
        )

    def _rules(self, table: Timetable) -> Rules:
        assert self.blueprint.schedule is not None
        scheduled = self.blueprint.scheduled.items()
        return Rules(
            factor(self.blueprint.schedule, table),
            lambda player: optimisations(player, self.blueprint),
            {name: factor(schedule, table) for name, schedule in scheduled},
            (lambda: self._averages(table)) if self.recipe.ema else None,
            self.recipe.train.compile,
        )

    def _averages(self, table: Timetable) -> Ema:
        ema = make_averages(self.blueprint, self.assembly, table)
        self.averages = ema.averages
        return ema


def build_recipe(source: Source, overrides: Overrides = (), *, start: bool = True) -> Experiment:
    """Build a recipe: parts looked up, wires checked, one trial step made, weights drawn.

    source: a `.toml` file, a run folder, the name of an installed recipe, or nested tables.
    overrides: `{"train.seed": 1}` or `["train.seed=1"]`.
    start: give networks their first weights; False where a checkpoint's follow at once.

    Raises:
        RecipeError: everything wrong, each fault with its path.
        GanzooError: there is no such recipe.
        ModelError: weights that a network should start from are missing, or do not fit.
    """
    blueprint, trial, source_name = check_recipe(source, overrides)
    assembly = assemble(blueprint, "cpu", source_name, start)
    assembly.freeze(trial.idle)
    return Experiment(blueprint.recipe, blueprint, assembly, trial)


def check_recipe(source: Source, overrides: Overrides = ()) -> tuple[Blueprint, Trial, str]:
    """All that `build_recipe` checks, without memory for weights.

    Raises:
        RecipeError: everything wrong, each fault with its path.
    """
    recipe = _load(source, overrides)
    name = str(source) if isinstance(source, (str, Path)) else (recipe.name or "recipe")
    blueprint = read(recipe, installed().registry, name)
    if faults := wrong_trackers(recipe.trackers):
        raise RecipeError(name, faults)
    assembly = assemble(blueprint, "meta", name)
    if not assembly.players:
        raise RecipeError(name, [Fault("losses", "nothing is trained: see weights and trainable")])
    check_rules(blueprint, assembly, name)
    trial = try_step(blueprint, assembly, name)
    blueprint.notes += [
        f"networks.{idle}: no live term reaches it, so it keeps its first weights"
        for idle in assembly.untrained()
        if recipe.networks[idle].trainable
    ]
    blueprint.recipe = fill(blueprint)
    return blueprint, trial, name


def _load(source: Source, overrides: Overrides) -> Recipe:
    """The recipe; if only tables apart from its names are wrong, faults of the names as well."""
    try:
        return load_recipe(source, overrides)
    except TableError as error:
        more: Sequence[Fault] = ()
        try:
            if error.rest is not None:
                read(error.rest, installed().registry, error.source)
        except RecipeError as other:
            more = other.faults
        raise RecipeError(error.source, [*error.faults, *more]) from None


def _model(blueprint: Blueprint, made: Mapping[str, nn.Module]) -> Model:
    wires = {name: blueprint.output(name) for name in blueprint.outputs}
    return Model(made, wires, blueprint.variables, blueprint.noise)


def load_model(path: str | Path) -> Model:
    """A trained model from its file, or from a run folder; nothing is unpickled.

    Raises:
        ModelError: it is missing, damaged, or needs a plugin that is not installed.
    """
    return open_model(path)[1]


def open_model(
    path: str | Path, change: Mapping[str, Any] | None = None, overrides: Overrides = ()
) -> tuple[Blueprint, Model]:
    """A trained model and its blueprint.

    change: tables of the recipe to replace, as `{"metrics": {...}}`.
    overrides: settings to change after that, as `["data.root=photos"]`.

    Raises:
        ModelError: as `load_model`; or the file has no network that a changed table needs.
    """
    file = Path(path)
    file = file / "model.safetensors" if file.is_dir() else file
    header, tensors = read_tensors(file)
    if "recipe" not in header:
        raise ModelError(f"{file}: this is a checkpoint's state, not a model; it has no recipe")
    try:
        tables = override({**header["recipe"], **(change or {})}, overrides)
        recipe = check_tables(_without_best(tables), str(file))
        blueprint = read(recipe, installed().registry, str(file))
    except RecipeError as error:
        raise ModelError(f"{error}{_missing_plugins(header)}") from error
    lookup = Lookup()
    made = make_networks(blueprint, blueprint.shipped, "cpu", lookup, start="none")
    for name, network in made.items():
        key = f"network/{name}"
        load_module(network, under(f"{key}/", tensors), header["shared"][key], f"{file}: {name}")
        network.eval()
    return blueprint, _model(blueprint, made)


def _without_best(tables: dict[str, Any]) -> dict[str, Any]:
    """A finished model has no rivals, and the metric that decided may be gone."""
    kept = tables.get("checkpoints")
    return {**tables, "checkpoints": {**kept, "best": ""}} if isinstance(kept, dict) else tables


def _missing_plugins(header: dict[str, object]) -> str:
    packages = header.get("packages")
    if not isinstance(packages, dict):
        return ""
    made_with = ", ".join(f"{name} {version}" for name, version in packages.items())
    return f"\n  the file was made with {made_with}"
