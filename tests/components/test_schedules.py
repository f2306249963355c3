"""Schedules against tables worked out by hand, and against torch's own; latents."""

from __future__ import annotations

import math

import pytest
import torch
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    SequentialLR,
)

from ganzoo.components.latents import NormalLatent, UniformLatent
from ganzoo.components.schedules import Constant, Cosine, Linear, Step
from ganzoo.interfaces import Progress, Schedule, Variable


def at_epoch(epoch: int, epochs: float = 200) -> Progress:
    return Progress(step=epoch * 10 + 5, steps=int(epochs * 10), epoch=epoch, epochs=epochs)


@pytest.mark.parametrize(
    ("epoch", "factor"),
    [(0, 1), (99, 1), (100, 100 / 101), (149, 51 / 101), (198, 2 / 101), (199, 1 / 101)],
)
def test_the_published_schedule(epoch, factor):
    assert Linear(by="epoch").factor(at_epoch(epoch)) == pytest.approx(factor, rel=1e-12)


def test_by_step_it_counts_steps():
    # 8 steps, half held: 1 1 1 1, then 4/5 3/5 2/5 1/5
    factors = [Linear().factor(Progress(i, 8, 0, 1)) for i in range(8)]
    assert factors == pytest.approx([1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2])


def test_extremes():
    always = [Linear(hold=1.0).factor(Progress(i, 4, 0, 1)) for i in range(4)]
    never = [Linear(hold=0.0).factor(Progress(i, 4, 0, 1)) for i in range(4)]
    assert always == [1, 1, 1, 1]
    assert never == pytest.approx([0.8, 0.6, 0.4, 0.2])
    assert Linear().factor(Progress(500, 8, 0, 1)) == 0
    assert Constant().factor(at_epoch(199)) == 1


@pytest.mark.parametrize("epochs", [0.01, 0.5, 1, 2.5])
def test_part_of_an_epoch_still_trains(epochs):
    assert 0 < Linear(by="epoch").factor(Progress(0, 10, 0, epochs)) <= 1


@pytest.mark.parametrize("hold", [-0.1, 1.1])
def test_wrong_hold(hold):
    with pytest.raises(ValueError, match="hold"):
        Linear(hold=hold)


def factors(schedule: Schedule, steps: int) -> list[float]:
    return [schedule.factor(Progress(i, steps, 0, 1)) for i in range(steps)]


HALF = math.sqrt(0.5)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), [1, 1, 1, 1]),
        (Linear(hold=0.5), [1, 1, 2 / 3, 1 / 3]),
        # cos of 0, 45, 90, 135 degrees: 1, √½, 0, -√½
        (Cosine(), [1, (1 + HALF) / 2, 0.5, (1 - HALF) / 2]),
        (Cosine(final=0.2), [1, 0.6 + 0.4 * HALF, 0.6, 0.6 - 0.4 * HALF]),
        (Cosine(hold=0.5), [1, 1, 1, 0.5]),
        (Cosine(hold=0.25), [1, 1, 0.75, 0.25]),  # 0, 60, 120 degrees
        (Cosine(hold=1), [1, 1, 1, 1]),
        (Cosine(final=1), [1, 1, 1, 1]),
        (Step(), [1, 1, 0.1, 0.01]),
        (Step((0.25, 0.5), factor=0.5), [1, 0.5, 0.25, 0.25]),
        (Step((0.6,), factor=2), [1, 1, 1, 2]),
        (Step(()), [1, 1, 1, 1]),
    ],
)
def test_a_table_of_four_steps(schedule, expected):
    assert factors(schedule, 4) == pytest.approx(expected, rel=1e-12)


def by_torch(make, steps: int) -> list[float]:
    """The rates of a scheduler of torch, whose base is 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler: LRScheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def held_cosine(optimizer) -> SequentialLR:
    parts = [ConstantLR(optimizer, factor=1.0), CosineAnnealingLR(optimizer, T_max=60)]
    return SequentialLR(optimizer, parts, milestones=[40])


@pytest.mark.parametrize(
    ("schedule", "steps", "make"),
    [
        (Cosine(), 100, lambda o: CosineAnnealingLR(o, T_max=100)),
        (Cosine(final=0.05), 7, lambda o: CosineAnnealingLR(o, T_max=7, eta_min=0.05)),
        (Cosine(hold=0.4), 100, held_cosine),
        (Step((0.3, 0.7), 0.5), 100, lambda o: MultiStepLR(o, [30, 70], gamma=0.5)),
        (Step((0.5, 0.75)), 10, lambda o: MultiStepLR(o, [5, 8])),
        (Linear(hold=0), 99, lambda o: LinearLR(o, 0.99, 0, total_iters=99)),
        (Constant(), 5, lambda o: LambdaLR(o, lambda _: 1.0)),
    ],
)
def test_torch_has_the_same_rates(schedule, steps, make):
    assert factors(schedule, steps) == pytest.approx(by_torch(make, steps), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("steps", [10, 30, 49, 70, 100, 300])
def test_a_rate_drops_at_the_very_step(steps):
    for hundredths in range(1, 100):
        found = factors(Step((hundredths / 100,)), steps)
        assert found.count(1) == -(-hundredths * steps // 100)


def test_after_the_end_nothing_moves():
    later = Progress(500, 8, 0, 1)
    assert Cosine().factor(later) == 0
    assert Cosine(hold=0.5, final=0.1).factor(later) == pytest.approx(0.1)
    assert Cosine(hold=1).factor(later) == 1
    assert Step().factor(later) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Cosine(hold=1.5), "hold is 1.5"),
        (lambda: Cosine(final=-0.1), "final is -0.1"),
        (lambda: Step((0.75, 0.5)), r"at is \[0.75, 0.5\]"),
        (lambda: Step((0.5, 0.5)), "must increase"),
        (lambda: Step((0.0, 0.5)), "between 0 and 1"),
        (lambda: Step((100.0,)), "between 0 and 1"),
        (lambda: Step(factor=0), "factor is 0"),
    ],
)
def test_wrong_settings(make, words):
    with pytest.raises(ValueError, match=words):
        make()


DATA = {"y": Variable(3, (8, 16)), "c": Variable(classes=10)}


@pytest.mark.parametrize("latent", [NormalLatent, UniformLatent])
def test_latents_take_their_shape_from_settings(latent):
    assert latent(size=7).variable(DATA).shape == (7,)
    assert latent(like="y").variable(DATA).shape == (3, 8, 16)
    assert latent(like="y", channels=1).variable(DATA).shape == (1, 8, 16)


@pytest.mark.parametrize("latent", [NormalLatent, UniformLatent])
def test_latents_repeat_with_their_generator(latent):
    first = latent(size=7).draw((4, 7), torch.Generator().manual_seed(3))
    again = latent(size=7).draw((4, 7), torch.Generator().manual_seed(3))
    assert first.shape == (4, 7)
    assert torch.equal(first, again)


def test_distributions():
    rng = torch.Generator().manual_seed(0)
    normal, uniform = NormalLatent(1).draw((100_000,), rng), UniformLatent(1).draw((100_000,), rng)
    assert normal.mean().abs() < 0.02
    assert normal.std().item() == pytest.approx(1, abs=0.01)
    assert uniform.min() >= -1
    assert uniform.max() <= 1
    assert uniform.mean().abs() < 0.02
    assert uniform.std().item() == pytest.approx(3**-0.5, abs=0.01)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "one of the two"),
        ({"size": 3, "like": "y"}, "one of the two"),
        ({"size": 3, "channels": 2}, "channels goes with like"),
        ({"size": 0}, "at least 1"),
        ({"like": "y", "channels": 0}, "at least 1"),
    ],
)
def test_wrong_latents(settings, words):
    with pytest.raises(ValueError, match=words):
        NormalLatent(**settings)


def test_latents_like_nothing():
    with pytest.raises(ValueError, match=r"no variable 'Y'\. Did you mean 'y'"):
        NormalLatent(like="Y").variable(DATA)
    with pytest.raises(ValueError, match="class label"):
        NormalLatent(like="c").variable(DATA)
