"""How strongly terms pull at fakes, by hand-computed gradients."""

from __future__ import annotations

import copy

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from ganzoo import build_recipe
from ganzoo.components.losses.adversarial import LSGAN
from ganzoo.components.losses.plain import L1
from ganzoo.engine.gradient_norms import find_opponents, squared_norms
from ganzoo.engine.player import Player
from ganzoo.engine.step import Game
from ganzoo.engine.terms import GeneratorTerm, PlainTerm
from ganzoo.expression import parse


class Times(nn.Module):
    """Multiplies by a weight."""

    per_sample = True

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, x):
        return self.weight * x


class Minimiser:
    def __init__(self, player):
        self.player = player


def plain(name, wire, target, weight):
    return PlainTerm(name, L1(), {"prediction": parse(wire), "target": parse(target)}, weight)


def game(*terms, wire="D(G(x))"):
    """G doubles, F quarters, D trebles; the adversarial term weighs one half."""
    networks = {"G": Times(2.0), "F": Times(0.25), "D": Times(3.0)}
    own = {name: networks[name] for name in "GF"}
    term = GeneratorTerm("adversarial", LSGAN(), parse(wire), None, 0.5)
    player = Player("generators", own, {"D": networks["D"]}, [term, *terms])
    return Game([Minimiser(player)], networks, {}, 0)


CYCLE = plain("cycle", "F(G(x))", "x", 10)


def test_norms_by_hand():
    """x = 0.5: G(x) = 1, D = 3, (3 - 1)² has the slope 2 (3 - 1) 3 = 12; the cycle's is 1/4."""
    played = game(CYCLE)
    played.values = [{"x": torch.full((1, 1, 1, 1), 0.5)}]
    assert squared_norms(played, 1)["adversarial"].tolist() == [(0.5 * 12) ** 2, (10 * 0.25) ** 2]


def test_norms_are_of_the_mean_square_of_samples_and_batches():
    """G(x) = 1 and 0: slopes 12 and 2 (0 - 1) 3 = -6."""
    played = game(CYCLE)
    both = torch.tensor([0.5, 0.0]).view(2, 1, 1, 1)
    expected = [(36 + 9) / 2, (10 * 0.25) ** 2 / 2]  # where x = 0 = F(G(x)), L1 has no slope
    for values in ([{"x": both}], [{"x": each[None]} for each in both]):
        played.values = values
        assert squared_norms(played, 1)["adversarial"].tolist() == pytest.approx(expected)


def test_opponents_are_added_before_the_norm_is_taken():
    """F(G(x)) = 1/4 is below x, so the cycle's slope is -2.5; that of 2 |G(x) - x| is 2."""
    played = game(CYCLE, plain("near", "G(x)", "x", 2), plain("identity", "G(y)", "y", 5))
    played.values = [{"x": torch.full((1, 1, 1, 1), 0.5), "y": torch.zeros(1, 1, 1, 1)}]
    found = find_opponents(played.players)
    assert [term.name for term in found["adversarial"]] == ["cycle", "near"]
    assert squared_norms(played, 1)["adversarial"][1].item() == pytest.approx((2 - 2.5) ** 2)


def test_a_term_of_which_nothing_else_sees_the_fakes_has_no_opponents():
    played = game(plain("identity", "G(y)", "y", 5), plain("off", "F(G(x))", "x", 0))
    played.values = [{"x": torch.zeros(1, 1, 1, 1), "y": torch.zeros(1, 1, 1, 1)}]
    assert find_opponents(played.players) == {}
    assert squared_norms(played, 1) == {}


def test_nothing_is_changed_by_it(recipes, tiny):
    """Neither weights, gradients and statistics nor modes and random numbers."""
    networks = {
        "G": {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5, "norm": "batch"},
        "D_Y": {"type": "patchgan", "width": 4, "layers": 1, "norm": "batch"},
    }
    overrides = {f"networks.{name}": table for name, table in networks.items()}
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **overrides})
    trainer = experiment.trainer(Accelerator(cpu=True))
    trainer.game.keeps_values = True
    trainer.train_step(next(iter(trainer.batches())))
    before = copy.deepcopy(experiment.networks)
    state = torch.get_rng_state()
    first, again = (squared_norms(trainer.game, 1) for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in ("adversarial_X", "adversarial_Y"))
    assert torch.equal(torch.get_rng_state(), state)
    for name, network in experiment.networks.items():
        old = before[name]
        assert all(torch.equal(t, old.state_dict()[key]) for key, t in network.state_dict().items())
        assert [m.training for m in network.modules()] == [m.training for m in old.modules()]
        assert all(p.grad is None for p in network.parameters())
        wanted = [p.requires_grad for p in network.parameters()]
        assert wanted == [p.requires_grad for p in old.parameters()]


def test_nothing_is_kept_that_nobody_needs(recipes, tiny):
    trainer = build_recipe(recipes / "cyclegan.toml", tiny()).trainer(Accelerator(cpu=True))
    trainer.train_step(next(iter(trainer.batches())))
    assert trainer.game.values == []
