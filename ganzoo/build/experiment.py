"""Recipe in, Experiment out; model file in, Model out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from ganzoo.build.assemble import Assembly, assemble, make_networks
from ganzoo.build.filling import fill
from ganzoo.build.lookup import Lookup
from ganzoo.build.plans import Blueprint, PartPlan
from ganzoo.build.reading import read
from ganzoo.build.trial import Trial, latent_shapes, try_step
from ganzoo.errors import DataError, Fault, ModelError, RecipeError
from ganzoo.expression import networks
from ganzoo.interfaces import Data, Schedule
from ganzoo.loading import Overrides, Source, load_recipe
from ganzoo.play.checkpoint import load_module, read_tensors, under
from ganzoo.play.model import Model
from ganzoo.play.players import Player
from ganzoo.play.trainer import Timetable, Trainer
from ganzoo.plugins import installed
from ganzoo.recipe import Recipe
from ganzoo.signature import parameters
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
    """

    recipe: Recipe
    blueprint: Blueprint
    assembly: Assembly
    trial: Trial

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
        """The outputs, on the networks as they are now."""
        return _model(self.blueprint, self.networks)

    def trainer(self, accelerator: Accelerator) -> Trainer:
        """A trainer at step 0.

        Raises:
            DataError: the images are missing.
        """
        self.data.prepare()
        if len(self.data) == 0:
            raise DataError("data: there are no training images")
        train = self.recipe.train
        schedule: Schedule = self._made(self.blueprint.schedule)
        return Trainer(
            self.players,
            self.networks,
            self.optimizer,
            schedule,
            self.data,
            latent_shapes(self.blueprint),
            self.timetable(len(self.data), train.batch_size * int(accelerator.num_processes)),
            accelerator,
            DTYPES[train.precision],
        )

    def timetable(self, images: int, images_a_step: int) -> Timetable:
        """The recipe's durations in steps, for an epoch of so many images."""
        recipe = self.recipe
        return Timetable(
            steps=recipe.train.length.steps(images, images_a_step),
            batch_size=recipe.train.batch_size,
            seed=recipe.train.seed,
            workers=recipe.train.workers,
            log_every=recipe.train.log_every.steps(images, images_a_step),
            samples_every=recipe.samples.every.steps(images, images_a_step),
            checkpoint_every=recipe.checkpoints.every.steps(images, images_a_step),
        )

    def optimizer(self, player: Player) -> torch.optim.Optimizer:
        """A player's optimizer: its own table, or `default`; fused where torch can."""
        plans = self.blueprint.optimizers
        plan = plans.get(player.name, plans.get("default"))
        assert plan is not None
        settings = dict(plan.settings)
        rivals = ("fused", "foreach", "differentiable")
        fusible = any(p.name == "fused" for p in parameters(plan.part))
        if fusible and not any(settings.get(rival) for rival in rivals):
            settings["fused"] = settings.get("fused") is None
        chosen = PartPlan(plan.kind, plan.name, plan.part, settings, plan.path)
        made: torch.optim.Optimizer = chosen.make(list(player.trainable().values()))
        return made

    def _made(self, plan: PartPlan | None) -> Schedule:
        assert plan is not None
        schedule: Schedule = plan.make()
        return schedule


def build_recipe(source: Source, overrides: Overrides = ()) -> Experiment:
    """Build a recipe: parts looked up, wires checked, one trial step made, weights drawn.

    source: a `.toml` file, a run folder, the name of an installed recipe, or nested tables.
    overrides: `{"train.seed": 1}` or `["train.seed=1"]`.

    Raises:
        RecipeError: everything wrong, each fault with its path.
        GanzooError: there is no such recipe.
    """
    blueprint, trial, source_name = check_recipe(source, overrides)
    assembly = assemble(blueprint, "cpu", source_name)
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
    assembly = assemble(blueprint, "meta", name)
    if not assembly.players:
        raise RecipeError(name, [Fault("losses", "nothing is trained: see weights and trainable")])
    _check_optimizers(blueprint, assembly, name)
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


def _check_optimizers(blueprint: Blueprint, assembly: Assembly, source: str) -> None:
    given = blueprint.optimizers
    without = [player.name for player in assembly.players if player.name not in given]
    if without and "default" not in given:
        message = "player '{}' has none; set optimizers.default"
        raise RecipeError(source, [Fault("optimizers", message.format(p)) for p in without])


def _model(blueprint: Blueprint, made: Mapping[str, nn.Module]) -> Model:
    wires = {name: blueprint.output(name) for name in blueprint.outputs}
    return Model(made, wires, blueprint.variables, blueprint.noise)


def load_model(path: str | Path) -> Model:
    """A trained model from its file, or from a run folder; nothing is unpickled.

    Raises:
        ModelError: it is missing, damaged, or needs a plugin that is not installed.
    """
    file = Path(path)
    file = file / "model.safetensors" if file.is_dir() else file
    header, tensors = read_tensors(file)
    if "recipe" not in header:
        raise ModelError(f"{file}: this is a checkpoint's state, not a model; it has no recipe")
    try:
        blueprint = read(check_tables(header["recipe"], str(file)), installed().registry, str(file))
    except RecipeError as error:
        raise ModelError(f"{error}{_missing_plugins(header)}") from error
    reached = {name for wire in blueprint.outputs.values() for name in networks(wire)}
    lookup = Lookup()
    made = make_networks(blueprint, reached, "cpu", lookup, start=False)
    for name, network in made.items():
        key = f"network/{name}"
        load_module(network, under(f"{key}/", tensors), header["shared"][key], f"{file}: {name}")
        network.eval()
    return _model(blueprint, made)


def _missing_plugins(header: dict[str, object]) -> str:
    packages = header.get("packages")
    if not isinstance(packages, dict):
        return ""
    made_with = ", ".join(f"{name} {version}" for name, version in packages.items())
    return f"\n  the file was made with {made_with}"
