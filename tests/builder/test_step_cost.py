"""What a step asks of a machine, against what is known of recipes, and what machines ask for it."""

import pytest

from ganzoo.builder.experiment import check_recipe
from ganzoo.builder.machine_speed import MachineSpeed
from ganzoo.builder.step_cost import RESIDENT, StepDemand, measure_demand, price
from ganzoo.builder.step_trace import Work

SIZES = {"data.size": 32, "networks.G.width": 4, "networks.F.width": 4}
SPEED = MachineSpeed(call=1e-5, flops=1e11, half_flops=2e11, bandwidth=1e10)
HISTORY = 50 * 2 * 3 * 32 * 32 * 4  # two of 50 images


def demand(**changes):
    more = {path.replace("__", "."): value for path, value in changes.items()}
    return measure_demand(check_recipe("cyclegan", {**SIZES, **more}, count=False))


@pytest.fixture(scope="module")
def plain():
    return demand()


def test_between_steps_weights_and_two_moments_of_each_are_held(plain):
    steps_of_adam = 4 * 200  # one number a parameter's tensor, of which there are fewer than 200
    networks = check_recipe("cyclegan", SIZES, count=False).assembly.networks.values()
    weights = sum(4 * p.numel() for network in networks for p in network.parameters())
    held = 3 * weights + HISTORY
    assert held <= plain.held <= held + steps_of_adam


def test_flops_are_those_that_check_counts(plain):
    """But for layers of few channels, which are computed in another way on a processor."""
    counted = check_recipe("cyclegan", SIZES).trial.flops
    assert counted <= plain.work.flops < 1.05 * counted


def test_checkpointing_saves_memory_and_computes_more(plain):
    saving = demand(networks__G__checkpointing=True, networks__F__checkpointing=True)
    assert saving.peak < plain.peak
    assert saving.work.flops > plain.work.flops
    assert saving.held == plain.held


def test_micro_batches_take_their_time_and_little_memory(plain):
    many, large = demand(train__accumulate=4), demand(train__batch_size=4)
    assert many.work.flops == large.work.flops == 4 * plain.work.flops
    assert plain.peak < many.peak < large.peak


def test_averages_are_copies_of_the_generators(plain):
    averaged = demand(ema={"decay": 0.9})
    bytes_of_generators = sum(
        p.numel() * 4
        for name, network in check_recipe("cyclegan", SIZES).assembly.networks.items()
        for p in network.parameters()
        if name in "GF"
    )
    assert averaged.held - plain.held == bytes_of_generators


def test_players_that_rest_cost_less(plain):
    resting = demand(players__generators={"every": 2})
    assert plain.work.flops / 2 < resting.work.flops < plain.work.flops


def test_half_precision_takes_less_memory(plain):
    half = demand(train__precision="bf16")
    assert half.peak < plain.peak
    assert half.held == plain.held
    assert half.work.half_flops == plain.work.flops


def test_the_price_is_a_sum_of_terms():
    work = Work(calls=1000, flops=1e9, half_flops=4e9, moved=3e8)
    cost = price(StepDemand(0, 10**8, work), SPEED)
    assert cost.seconds == pytest.approx(0.01 + 0.01 + 0.02 + 0.03)
    assert cost.memory == RESIDENT + 1.25 * 10**8


@pytest.mark.parametrize("recipe", ["wgan_gp", "cut.cut"])
def test_recipes_with_penalties_heads_averages_and_backbones(recipe):
    cost = price(measure_demand(check_recipe(recipe, count=False)), SPEED)
    assert cost.memory > RESIDENT
    assert cost.seconds > 0
