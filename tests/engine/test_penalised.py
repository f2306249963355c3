"""Penalties in a recipe: what they are shown, what they cost, and whom."""

from __future__ import annotations

import pytest
import torch
from accelerate import Accelerator

from ganzoo import build_recipe

R1 = {"losses.adversarial_Y.penalties": [{"type": "r1", "weight": 5.0}]}
PLAIN = {
    "losses.adversarial_Y": {"type": "vanilla", "real": "D_Y(y)", "fake": "D_Y(G(x))"},
    "train.precision": "float64",
    "train.batch_size": 2,
}


def trainer_of(recipes, tiny, overrides, recipe="cyclegan.toml"):
    experiment = build_recipe(recipes / recipe, {**tiny(), **overrides})
    return experiment, experiment.trainer(Accelerator(cpu=True))


def test_r1_in_a_step_equals_an_independent_one(recipes, tiny):
    """½ the squared gradient of each sample's mean logit, by a loop over samples."""
    experiment, trainer = trainer_of(recipes, tiny, {**PLAIN, **R1})
    critics = trainer.player_optimizers[1]
    assert critics.player.weights == {
        "adversarial_Y": 1.0, "adversarial_Y.r1": 5.0, "adversarial_X": 1.0,
    }  # fmt: skip
    batch = next(trainer.batches())
    critic = experiment.networks["D_Y"]
    squares = []
    for y in batch[""][0]["y"]:
        seen = y[None].double().requires_grad_()
        (slope,) = torch.autograd.grad(critic(seen).mean(), seen)
        squares.append(slope.square().sum())
    trainer.train_step(batch)
    found = trainer.meter.read()["losses"]
    assert found["discriminators"]["adversarial_Y.r1"] == pytest.approx(
        0.5 * float(torch.stack(squares).mean()), rel=1e-9
    )
    assert "adversarial_Y.r1" not in found["generators"]


def test_the_critic_moves_as_its_whole_loss_says(recipes, tiny):
    """A step of gradient descent equals one by hand on loss + weight * penalty."""
    sgd = {"optimizers.discriminators": {"type": "sgd", "lr": 0.1}}
    overrides = {**PLAIN, **R1, **sgd, "optimizers.generators": {"type": "sgd", "lr": 0.0}}
    experiment, trainer = trainer_of(recipes, tiny, overrides)
    critic, batch = experiment.networks["D_Y"], next(trainer.batches())
    x, y = batch[""][0]["x"].double(), batch[""][0]["y"].double().requires_grad_()
    fake = critic(experiment.networks["G"](x).detach())
    real = critic(y)
    loss = torch.nn.functional.softplus(torch.cat([-real, fake])).mean()
    (slope,) = torch.autograd.grad(real.mean((1, 2, 3)).sum(), y, create_graph=True)
    whole = loss + 5 * 0.5 * slope.square().sum((1, 2, 3)).mean()
    parameters = list(critic.parameters())
    expected = [
        p.detach() - 0.1 * g
        for p, g in zip(parameters, torch.autograd.grad(whole, parameters), strict=True)
    ]
    trainer.train_step(batch)
    for parameter, wanted in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.detach(), wanted, rtol=0, atol=1e-12)


def test_without_weight_a_penalty_is_not_computed(recipes, tiny):
    none = {"losses.adversarial_Y.penalties": [{"type": "r1", "weight": 0}]}
    one, first = trainer_of(recipes, tiny, {**PLAIN, **none})
    two, second = trainer_of(recipes, tiny, PLAIN)
    assert not first.player_optimizers[1].player.double_backward
    for trainer in (first, second):
        trainer.train_step(next(trainer.batches()))
    assert first.meter.read() == second.meter.read()
    for name, network in one.networks.items():
        for key, value in network.state_dict().items():
            assert torch.equal(value, two.networks[name].state_dict()[key])


def test_a_penalty_leaves_loss_and_data_as_they_are(recipes, tiny):
    """Run by the term itself, the critic says what it says when calls are merged."""
    _, with_penalty = trainer_of(recipes, tiny, {**PLAIN, **R1})
    _, without = trainer_of(recipes, tiny, PLAIN)
    losses = []
    for trainer in (with_penalty, without):
        batch = next(trainer.batches())
        trainer.train_step(batch)
        assert not any(value.requires_grad for value in batch[""][0].values())
        losses.append(trainer.meter.read()["losses"]["discriminators"]["adversarial_Y"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


@pytest.mark.parametrize("type_", ["r1", "r2", "gradient"])
@pytest.mark.parametrize("loss", ["vanilla", "wasserstein", "hinge", "relativistic", "lsgan"])
def test_every_loss_with_every_penalty(recipes, tiny, loss, type_):
    term = {
        "type": loss, "real": "D_Y(y)", "fake": "D_Y(G(x))",
        "penalties": [{"type": type_, "weight": 10}],
        "buffer": {"type": "history", "size": 2},
    }  # fmt: skip
    _, trainer = trainer_of(recipes, tiny, {"losses.adversarial_Y": term})
    batches = trainer.batches()
    for _ in range(3):
        trainer.train_step(next(batches))
    found = trainer.meter.read()
    assert found["nonfinite"] == 0
    assert set(found["losses"]["discriminators"]) == {
        "adversarial_Y", f"adversarial_Y.{type_}", "adversarial_X",
    }  # fmt: skip


def test_a_conditional_critic_pays_for_all_its_images(recipes, tiny):
    overrides = {
        "networks.G": {"type": "unet", "width": 4, "layers": 3, "norm": "instance"},
        "networks.D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1,
                       "norm": "instance"},
        "losses.adversarial.penalties": [{"type": "gradient"}, {"type": "r1"}, {"type": "r1"}],
        "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3, "paired": True},
        "train.device": "cpu",
    }  # fmt: skip
    experiment = build_recipe(recipes / "pix2pix.toml", overrides)
    trainer = experiment.trainer(Accelerator(cpu=True))
    critic, batch = experiment.networks["D"], next(trainer.batches())
    seen = [batch[""][0][name].clone().requires_grad_() for name in ("x", "y")]
    slopes = torch.autograd.grad(critic(*seen).mean(), seen)
    trainer.train_step(batch)
    found = trainer.meter.read()["losses"]["discriminators"]
    expected = 0.5 * sum(float(slope.square().sum()) for slope in slopes)
    assert found["adversarial.r1"] == pytest.approx(expected, rel=1e-4)
    assert found["adversarial.r1_2"] == found["adversarial.r1"]


def test_penalties_are_kept_with_the_recipe(recipes, tiny):
    given = {"losses.adversarial_Y.penalties": [{"type": "gradient", "weight": 10}]}
    recipe = build_recipe(recipes / "cyclegan.toml", {**tiny(), **given}).recipe
    [penalty] = recipe.losses["adversarial_Y"].penalties
    assert (penalty.weight, penalty.settings) == (10, {"target": 1.0})
    assert build_recipe(recipe).recipe == recipe
