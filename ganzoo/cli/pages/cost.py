"""What `ganzoo check --memory` prints: memory and time, and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo.printing.memory_text import format_memory
from ganzoo.printing.text import short_count

if TYPE_CHECKING:
    from ganzoo.builder.experiment import CheckedRecipe
    from ganzoo.builder.machine_speed import MachineSpeed
    from ganzoo.builder.step_cost import StepDemand

Rows = list[tuple[str, ...]]


def describe_cost(checked: CheckedRecipe, again: bool) -> Rows:
    """The estimate for this machine, a row a value; its speed is measured where it is not known.

    again: measure it in any case.
    """
    from ganzoo.builder.machine_speed import find_speed
    from ganzoo.builder.step_cost import measure_demand, price

    speed, demand = find_speed(again), measure_demand(checked)
    cost = price(demand, speed)
    return [
        ("memory", f"about {format_memory(cost.memory)} at the peak{_memory_terms(demand)}"),
        ("seconds", f"about {cost.seconds:.2g} a step{_time_terms(demand, speed)}"),
        ("training", _whole(checked, cost.seconds)),
    ]


def _memory_terms(demand: StepDemand) -> str:
    from ganzoo.builder.step_cost import RESIDENT

    held, step = format_memory(demand.held), format_memory(demand.peak - demand.held)
    process = format_memory(RESIDENT + demand.measuring)
    return (
        f": {process} of Python, torch and what metrics import; {held} of weights, optimizers, "
        f"averages and histories, and {step} of a step, a quarter more as memory lies in pieces"
    )


def _time_terms(demand: StepDemand, speed: MachineSpeed) -> str:
    from ganzoo.builder.step_cost import split_seconds

    calls, arithmetic, moving = split_seconds(demand.work, speed)
    return (
        f": {calls:.2g} for {short_count(demand.work.calls)} calls of torch, {arithmetic:.2g} for "
        f"arithmetic, {moving:.2g} for moving tensors"
    )


def _whole(checked: CheckedRecipe, seconds: float) -> str:
    from ganzoo.training.speed import format_time

    train = checked.blueprint.recipe.train
    length, batch = train.length, train.batch_size * train.accumulate
    if length.unit == "epochs":
        return f"about {format_time(1000 * seconds / batch)} for each 1,000 images, metrics aside"
    steps = length.steps(1, batch)
    return f"about {format_time(steps * seconds)} for {steps:,} steps, metrics aside"
