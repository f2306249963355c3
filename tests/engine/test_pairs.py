"""A critic of pairs: both generators learn from both sides, and histories keep pairs together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo import build_recipe, load_recipe
from ganzoo.builder.experiment import check_recipe

TINY = {
    "networks.G": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.F": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1},
    "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3},
    "train.device": "cpu",
}


@pytest.fixture
def bigan(recipes):
    return build_recipe(recipes / "bigan.toml", TINY)


def test_the_generators_minimise_both_sides(bigan):
    """E[(D(x, G(x)) - 1)^2] + E[D(F(y), y)^2], by hand."""
    generators, critic = bigan.players
    assert (set(generators.networks), set(critic.networks)) == ({"G", "F"}, {"D"})
    x, y = torch.rand(2, 3, 16, 16) * 2 - 1, torch.rand(2, 3, 16, 16) * 2 - 1
    losses, *_ = generators({"x": x, "y": y})
    net = {name: network.eval() for name, network in bigan.networks.items()}
    fake = net["D"](torch.cat([x, net["G"](x)], 1))
    real = net["D"](torch.cat([net["F"](y), y], 1))
    expected = (fake - 1).square().mean() + real.square().mean()
    assert losses["adversarial"].item() == pytest.approx(expected.item(), rel=1e-5)
    losses["adversarial"].backward()
    for name in ("G", "F"):
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in weights_of(net[name]))


def weights_of(network):
    """Convolution kernels: a bias before a norm has no effect."""
    return [p for p in network.parameters() if p.dim() > 1]


def test_each_side_has_a_history_of_whole_pairs(bigan):
    critic = bigan.players[1]
    sides = {side.name: side for side in critic.sides}
    assert {name: [str(a) for a in side.arguments] for name, side in sides.items()} == {
        "adversarial.fake": ["x", "G(x)"],
        "adversarial.real": ["F(y)", "y"],
    }
    one, two = (side.buffer for side in sides.values())
    assert one is not two
    assert one.size == two.size == 50


def test_pairs_stay_pairs_when_past_ones_come_back(recipes, monkeypatch):
    """Where G(x) = -x and F(y) = -y, all that the critic is shown is an image and its negative."""
    buffer = {"losses.adversarial.buffer": {"type": "history", "size": 2}}
    experiment = build_recipe(recipes / "bigan.toml", {**TINY, **buffer})
    shown: list[torch.Tensor] = []
    judge = experiment.networks["D"].logits
    monkeypatch.setattr(
        experiment.networks["D"], "logits", lambda p: judge(shown.append(p.detach()) or p)
    )
    rng, past = torch.Generator().manual_seed(0), 0
    for step in range(12):
        x, y = (torch.rand(1, 3, 16, 16, generator=rng) for _ in range(2))
        values = {"x": x, "y": y, "G(x)": -x, "F(y)": -y}
        for side in experiment.players[1].sides:
            sample = tuple(values[str(argument)] for argument in side.arguments)
            drawn = side.buffer.draw(sample, np.random.default_rng(step))
            values.update(zip(side.placeholders, drawn, strict=True))
        experiment.players[1](values)
        images, negatives = torch.cat(shown).split(3, 1)
        assert len(images) == 2, "a real pair and a fake one"
        assert torch.equal(images, -negatives)
        past += not torch.equal(images[0].abs(), x[0])
        shown.clear()
    assert past >= 3


@pytest.mark.parametrize("name", ["simgan", "feature_gan"])
def test_directions_by_themselves_share_nothing(recipes, name):
    """No network of one direction stands in a term of the other."""
    blueprint = check_recipe(recipes / f"{name}.toml").blueprint
    groups = [term.networks for term in blueprint.live]
    assert all(group <= {"G", "D_Y"} or group <= {"F", "D_X"} for group in groups)
    assert {"x2y", "y2x"} <= set(blueprint.outputs)


def test_ablations_of_the_paired_system_differ_in_what_they_say(recipes):
    full = load_recipe(recipes / "pix2pix_reverse.toml")
    for name in ("l1", "gan", "cgan", "l1_gan", "patch_1", "patch_16", "patch_70"):
        other = load_recipe(recipes / f"pix2pix_{name}.toml")
        assert other.networks["F"] == full.networks["F"], name
        assert (other.train, other.data, other.optimizers) == (
            full.train,
            full.data,
            full.optimizers,
        )
        assert {"y2x"} == set(other.outputs)
        conditional = "y" in other.losses["adversarial"].settings["real"]
        assert conditional == (name not in ("gan", "l1_gan"))
