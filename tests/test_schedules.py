"""Schedules against the reference's table, worked out by hand; latents."""

from __future__ import annotations

import pytest
import torch

from ganzoo.interfaces import Progress, Variable
from ganzoo.latents import Normal, Uniform
from ganzoo.schedules import Constant, Linear


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


DATA = {"y": Variable(3, (8, 16)), "c": Variable(classes=10)}


@pytest.mark.parametrize("latent", [Normal, Uniform])
def test_latents_take_their_shape_from_settings(latent):
    assert latent(size=7).variable(DATA).shape == (7,)
    assert latent(like="y").variable(DATA).shape == (3, 8, 16)
    assert latent(like="y", channels=1).variable(DATA).shape == (1, 8, 16)


@pytest.mark.parametrize("latent", [Normal, Uniform])
def test_latents_repeat_with_their_generator(latent):
    first = latent(size=7).draw((4, 7), torch.Generator().manual_seed(3))
    again = latent(size=7).draw((4, 7), torch.Generator().manual_seed(3))
    assert first.shape == (4, 7)
    assert torch.equal(first, again)


def test_distributions():
    random = torch.Generator().manual_seed(0)
    normal, uniform = Normal(1).draw((100_000,), random), Uniform(1).draw((100_000,), random)
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
        Normal(**settings)


def test_latents_like_nothing():
    with pytest.raises(ValueError, match=r"no variable 'Y'\. Did you mean 'y'"):
        Normal(like="Y").variable(DATA)
    with pytest.raises(ValueError, match="class label"):
        Normal(like="c").variable(DATA)
