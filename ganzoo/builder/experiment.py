"""Recipe in, Experiment out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from ganzoo.builder.assemble import Assembly, assemble
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.bounds import refuse_beyond_memory
from ganzoo.builder.data_settings import prepare_data
from ganzoo.builder.filling import fill
from ganzoo.builder.resolve import read
from ganzoo.builder.rules import check_rules, explain_uncompiled, make_averages, make_rules
from ganzoo.builder.tracker_names import wrong_trackers
from ganzoo.builder.trial import Trial, latent_shapes, try_step
from ganzoo.engine.feed import Timetable
from ganzoo.engine.player import Player
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import DataError, Fault, RecipeError
from ganzoo.inference.model import Model, resting_modules
from ganzoo.inference.named import evaluate_named
from ganzoo.inference.origin import Origin, describe_size
from ganzoo.interfaces import Data
from ganzoo.printing.text import one_line
from ganzoo.recipe.loading import LoadedRecipe, Source, read_recipe
from ganzoo.recipe.overrides import Overrides
from ganzoo.recipe.schema import Recipe
from ganzoo.registry.discovery import installed

if TYPE_CHECKING:
    from accelerate import Accelerator

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(repr=False)
class Experiment:
    """A recipe as objects: ready to train, to look at, or to take apart in Python.

        experiment = ganzoo.build_recipe("cyclegan", {"networks.G.blocks": 6})
        experiment.networks["G"]  # an ordinary torch module
        ganzoo.train(experiment, "runs/six")
        experiment.model()("x2y", x="photo.png")

    recipe: the filled one.
    networks: by name; `experiment.networks["G"]` is an ordinary module.
    trial: what one step on the meta device showed.
    averages: of the networks whose weights are averaged, once a trainer is made.
    resting: by network, the modules in it that training leaves in evaluation mode.
    measured: settings of the data that were measured on the training files.
    plan: the files of the plan that the recipe is of, by name; a new run keeps them.
    """

    recipe: Recipe
    blueprint: Blueprint
    assembly: Assembly
    trial: Trial
    averages: dict[str, nn.Module] = field(default_factory=dict)
    resting: dict[str, frozenset[str]] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    plan: Mapping[str, bytes] = field(default_factory=dict)

    def __repr__(self) -> str:
        """`<ganzoo.Experiment pix2pix: 2 networks, 7.48 M parameters, 2 losses, streets 64 px>`."""
        losses = len(self.blueprint.live)
        return one_line(
            f"<ganzoo.Experiment {self.recipe.name}: {describe_size(self.networks)}, "
            f"{losses} loss{'' if losses == 1 else 'es'}, {self.recipe.data.type}{self._pixels()}>"
        )

    def _pixels(self) -> str:
        """` 64 px`, or ` 64 x 48 px` (width, height), of the first variable that is an image."""
        sizes = (each.size for each in self.blueprint.variables.values() if each.size)
        height, width = next(sizes, (0, 0))
        return (
            "" if not height else f" {width} px" if height == width else f" {width} x {height} px"
        )

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
        origin = Origin(self.recipe, averaged=bool(self.averages))
        return self.blueprint.model({**self.networks, **self.averages}, self.resting, origin)

    def trainer(self, accelerator: Accelerator) -> Trainer:
        """A trainer at step 0; from now on, `model()` uses the averages of weights that it keeps.

        Raises:
            DataError: the images are missing.
        """
        prepare_data(self)
        if len(self.data) == 0:
            raise DataError("data: there are no training images")
        train = self.recipe.train
        processes = int(accelerator.num_processes)
        table = self.timetable(len(self.data), train.batch_size * train.accumulate * processes)
        ema = make_averages(self.blueprint, self.assembly, table) if self.recipe.ema else None
        self.averages = ema.averages if ema else {}
        return Trainer(
            self.players,
            self.networks,
            make_rules(self.blueprint, table, ema),
            self.data,
            latent_shapes(self.blueprint),
            table,
            accelerator,
            DTYPES.get(train.precision, torch.float32),
            {name: plan.make() for name, plan in self.blueprint.callbacks.items()},
            lambda *given: evaluate_named(self.model(), *given),
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
            image_counts=images_of,
        )


def build_recipe(source: Source, overrides: Overrides = (), *, start: bool = True) -> Experiment:
    """Build a recipe: look up its components, check its wires, try a step, draw first weights.

        experiment = ganzoo.build_recipe("cyclegan", {"networks.G.blocks": 6})
        experiment.networks["G"]  # an ordinary torch module, on the CPU

    source: a `.toml` file, a run folder, the name of an installed recipe, nested tables, or what
        `read_recipe` gave.
    overrides: settings to change, as `{"train.seed": 1}` or `["train.seed=1"]`.
    start: whether networks get their first weights; False if those of a checkpoint follow at once.

    Raises:
        RecipeError: everything wrong, each fault with its path.
        GanzooError: there is no such recipe.
        ModelError: weights that a network should start from are missing, or do not fit.
    """
    checked = check_recipe(source, overrides, count=False)
    blueprint, trial, place = checked.blueprint, checked.trial, checked.place
    refuse_beyond_memory(blueprint.weights, place)
    assembly = assemble(blueprint, "cpu", place, start)
    assembly.freeze(trial.idle)
    trial.mark(assembly)
    resting = resting_modules(assembly.networks)
    return Experiment(blueprint.recipe, blueprint, assembly, trial, resting=resting)


@dataclass(frozen=True)
class CheckedRecipe:
    """A recipe in which nothing is wrong, after one step on the meta device.

    place: how messages call it.
    assembly: its networks and players, without memory for weights.
    """

    place: str
    blueprint: Blueprint
    trial: Trial
    assembly: Assembly

    @property
    def owners(self) -> dict[str, str]:
        """The player of each network that is trained."""
        players = self.assembly.players
        return {network: player.name for player in players for network in player.networks}

    @property
    def unbuilt(self) -> list[str]:
        """Networks that no live term, output or metric reaches."""
        built = self.assembly.networks
        return [name for name in self.blueprint.networks if name not in built]


def check_recipe(source: Source, overrides: Overrides = (), *, count: bool = True) -> CheckedRecipe:
    """All that `build_recipe` checks, without memory for weights.

    count: whether to count the FLOPs of a step.

    Raises:
        RecipeError: everything wrong, each fault with its path.
    """
    loaded = read_recipe(source, overrides)
    with loaded.gathered.placing():
        return _check(_read_blueprint(loaded), loaded.gathered.place, count)


def _read_blueprint(loaded: LoadedRecipe) -> Blueprint:
    """What the recipe means; faults of its tables, its names and its settings in one round."""
    if loaded.recipe is None:
        loaded.refuse(loaded.faults)
    faults = [*loaded.faults, *wrong_trackers(loaded.recipe.trackers)]
    return read(loaded.recipe, installed().registry, loaded.gathered.place, faults)


def _check(blueprint: Blueprint, place: str, count: bool) -> CheckedRecipe:
    recipe = blueprint.recipe
    assembly = assemble(blueprint, "meta", place)
    if not assembly.players:
        raise RecipeError(place, [Fault("losses", "nothing is trained: see weights and trainable")])
    check_rules(blueprint, assembly, place)
    parameters = (p for network in assembly.networks.values() for p in network.parameters())
    blueprint.weights = sum(p.numel() * p.element_size() for p in parameters)
    trial = try_step(blueprint, assembly, place, count)
    blueprint.warnings += explain_uncompiled(blueprint, assembly)
    blueprint.warnings += [
        f"networks.{idle}: no live term reaches it, so it keeps its first weights"
        for idle in assembly.untrained()
        if recipe.networks[idle].trainable
    ]
    blueprint.recipe = fill(blueprint)
    return CheckedRecipe(place, blueprint, trial, assembly)
