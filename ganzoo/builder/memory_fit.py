"""Makes a step smaller until it fits into `train.memory`: checkpointing, then smaller batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from ganzoo.builder.assemble import Assembly
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.experiment import CheckedRecipe, Experiment
from ganzoo.errors import Fault, RecipeError
from ganzoo.printing.memory_text import format_memory, read_memory
from ganzoo.recipe.schema import Recipe
from ganzoo.registry.signature import parameters

CHECKPOINTING = "checkpointing"
Estimate = Callable[[Blueprint], int]
"""Bytes at the peak of a step."""


@dataclass(frozen=True)
class SmallerStep:
    """How a step is made smaller, with the same result.

    checkpointed: networks that compute blocks again in the backward pass.
    batch_size, accumulate: of each micro-batch, and how many of them make a step.
    """

    checkpointed: tuple[str, ...]
    batch_size: int
    accumulate: int

    def settings(self) -> dict[str, int]:
        """Of the recipe's `[train]`."""
        return {"batch_size": self.batch_size, "accumulate": self.accumulate}

    def describe(self, before: Recipe) -> str:
        """What it changes, half a sentence; "" if nothing."""
        names = " and ".join(self.checkpointed)
        changes = [f"checkpointing in {names}"] if names else []
        if self.batch_size < before.train.batch_size:
            changes.append(f"batch_size = {self.batch_size}, accumulate = {self.accumulate}")
        return "; ".join(changes)


def fit_memory(experiment: Experiment, estimate: Estimate) -> tuple[SmallerStep, int, int]:
    """The first way to make a step that fits; its bytes, and those of the recipe as it is.

    Raises:
        RecipeError: none fits.
    """
    blueprint, written = experiment.blueprint, experiment.recipe.train.memory
    assert written is not None
    most, tried = read_memory(written), list[int]()
    for smaller in list_smaller(blueprint, experiment.assembly):
        tried.append(estimate(change_blueprint(blueprint, smaller)))
        if tried[-1] <= most:
            return smaller, tried[-1], tried[0]
    message = f"a step takes about {format_memory(tried[0])}"
    if min(tried) < tried[0]:
        message += f", and at least {format_memory(min(tried))} in the ways that change no result"
    sizes = "the data's size or the networks' width"
    refused = (
        find_batch_bound(experiment.assembly) if experiment.recipe.train.batch_size > 1 else ""
    )
    if refused:
        sizes += f", or train.batch_size ({refused}, so batches are not split)"
    fault = Fault("train.memory", f"{written} is too little: {message}; lower {sizes}")
    raise RecipeError(experiment.recipe.name, [fault])


def list_smaller(blueprint: Blueprint, assembly: Assembly) -> Iterator[SmallerStep]:
    """Ways to make a step, from the recipe's own to the smallest."""
    train = blueprint.recipe.train
    yield SmallerStep((), train.batch_size, train.accumulate)
    checkpointed = tuple(
        name
        for name, network in assembly.networks.items()
        if can_checkpoint(network) and not blueprint.networks[name].settings.get(CHECKPOINTING)
    )
    if checkpointed:
        yield SmallerStep(checkpointed, train.batch_size, train.accumulate)
    for count in () if find_batch_bound(assembly) else range(2, train.batch_size + 1):
        if train.batch_size % count == 0:
            yield SmallerStep(checkpointed, train.batch_size // count, train.accumulate * count)


def can_checkpoint(network: nn.Module) -> bool:
    """Whether a network has the setting `checkpointing`, and may be trained with it."""
    has_setting = any(each.name == CHECKPOINTING for each in parameters(type(network)))
    return has_setting and hasattr(network, CHECKPOINTING) and not _mixes_samples(network)


def find_batch_bound(assembly: Assembly) -> str:
    """Which network's outputs depend on the whole batch, half a sentence; "" where none's do."""
    for player in assembly.players:
        for name, network in player.networks.items():
            if _mixes_samples(network):
                return f"in network '{name}' a sample's output depends on its batch"
    return ""


def _mixes_samples(network: nn.Module) -> bool:
    """Whether batch norm or the like makes a sample's output depend on others."""
    modules = [*network.modules()]
    if any(isinstance(module, _BatchNorm) for module in modules):
        return True
    random = any(isinstance(module, _DropoutNd) for module in modules)
    return not random and not getattr(network, "per_sample", False)


def change_blueprint(blueprint: Blueprint, smaller: SmallerStep) -> Blueprint:
    """The same recipe with its step made smaller."""
    recipe, plans = blueprint.recipe, dict(blueprint.networks)
    tables = dict(recipe.networks)
    for name in smaller.checkpointed:
        settings = {**plans[name].settings, CHECKPOINTING: True}
        plans[name] = replace(plans[name], settings=settings)
        tables[name] = tables[name].model_copy(update={CHECKPOINTING: True})
    train = recipe.train.model_copy(update=smaller.settings())
    recipe = recipe.model_copy(update={"networks": tables, "train": train})
    return replace(blueprint, recipe=recipe, networks=plans)


def adopt_smaller(experiment: Experiment, smaller: SmallerStep) -> None:
    """Let an experiment, and its run's recipe, make its step smaller."""
    experiment.blueprint = change_blueprint(experiment.blueprint, smaller)
    experiment.recipe = experiment.blueprint.recipe
    for name in smaller.checkpointed:
        setattr(experiment.networks[name], CHECKPOINTING, True)


def as_checked(experiment: Experiment, blueprint: Blueprint) -> CheckedRecipe:
    """What an estimate reads of an experiment, with another blueprint."""
    return CheckedRecipe(experiment.recipe.name, blueprint, experiment.trial, experiment.assembly)
