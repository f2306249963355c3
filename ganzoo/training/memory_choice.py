"""`train.memory`: a step that fits is chosen before the first; else a warning where none fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ganzoo.builder import Experiment
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.memory_fit import SmallerStep, adopt_smaller, as_checked, fit_memory
from ganzoo.builder.step_cost import RESIDENT, count_memory, measure_demand
from ganzoo.builder.step_trace import count_bytes
from ganzoo.builder.trial import example
from ganzoo.engine.expressions import flatten
from ganzoo.inference.tiling.memory_limit import free_memory
from ganzoo.printing.memory_text import format_memory
from ganzoo.recipe.schema import Recipe

ROUGHLY = 4000  # bytes that a step holds for each byte of a batch, in a wide network
COPIES = 5  # of weights: gradients, two moments and the largest of what is computed beside them


@dataclass(frozen=True)
class MemoryChoice:
    """What `train.memory` chose. before, after: bytes at the peak, as estimated."""

    smaller: SmallerStep
    before: int
    after: int
    changes: str

    def record(self) -> dict[str, Any]:
        """What run.json says of it."""
        return {
            "checkpointing": list(self.smaller.checkpointed),
            **self.smaller.settings(),
            "estimate": self.after,
            "estimate_before": self.before,
        }

    def __str__(self) -> str:
        if not self.changes:
            return f"an estimate of {format_memory(self.after)} fits, so nothing is changed"
        saved = f"{format_memory(self.after)} in place of {format_memory(self.before)}"
        return f"{self.changes} (an estimate of {saved})"


def choose_memory(experiment: Experiment, cpu: bool) -> MemoryChoice | None:
    """Make an experiment's step fit into its `train.memory`; None where it has none.

    cpu: whether training takes the CPU, where the process itself counts, too.

    Raises:
        RecipeError: nothing makes it fit.
    """
    if experiment.recipe.train.memory is None:
        return None
    before = experiment.recipe

    def estimate(blueprint: Blueprint) -> int:
        return _estimate(experiment, blueprint, cpu)

    smaller, after, plain = fit_memory(experiment, estimate)
    adopt_smaller(experiment, smaller)
    return MemoryChoice(smaller, plain, after, smaller.describe(before))


def warn_of_memory(experiment: Experiment) -> str:
    """That a step on this processor needs more memory than is free; "" where it fits.

    The estimate takes a second or two, so it is made only where a rough bound says that it might
    not fit.
    """
    free, blueprint = free_memory(torch.device("cpu")), experiment.blueprint
    batch = count_bytes(
        flatten(example(blueprint.variables, experiment.recipe.train.batch_size).values())
    )
    if (
        experiment.recipe.train.memory
        or RESIDENT + ROUGHLY * batch + COPIES * blueprint.weights < free
    ):
        return ""
    need = _estimate(experiment, blueprint, cpu=True)
    if need <= free:
        return ""
    return (
        f"a step takes about {format_memory(need)} of memory, and {format_memory(free)} are free: "
        f'it may be slow or end. train.memory = "{free // 2**30 or 1}G" looks for a way that fits'
    )


def take_over_checkpointing(experiment: Experiment, adopted: Recipe) -> None:
    """Let networks compute blocks again where a run that goes on did."""
    names = tuple(
        name
        for name, table in adopted.networks.items()
        if table != experiment.recipe.networks.get(name) and name in experiment.networks
    )
    train = adopted.train
    adopt_smaller(experiment, SmallerStep(names, train.batch_size, train.accumulate))


def _estimate(experiment: Experiment, blueprint: Blueprint, cpu: bool) -> int:
    return count_memory(measure_demand(as_checked(experiment, blueprint)), cpu)
