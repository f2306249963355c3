"""It is the real thing: five steps from the reference's weights give its losses and weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from safetensors import safe_open

from ganzoo import build_recipe
from ganzoo.engine.step import make_draws

HERE = Path(__file__).parent
# The reference's loss names, by ours; its cycle, identity and L1 losses are logged weighted.
CYCLE = {
    ("generators", "adversarial_Y"): "G_A",
    ("generators", "adversarial_X"): "G_B",
    ("generators", "cycle_X"): "cycle_A",
    ("generators", "cycle_Y"): "cycle_B",
    ("generators", "identity_Y"): "idt_A",
    ("generators", "identity_X"): "idt_B",
    ("discriminators", "adversarial_Y"): "D_A",
    ("discriminators", "adversarial_X"): "D_B",
}
PAIRED = {("generators", "adversarial"): "G_GAN", ("generators", "l1"): "G_L1"}
CASES = {"cyclegan": CYCLE, "cyclegan_bce_noidt": CYCLE, "pix2pix": PAIRED}


def golden(name):
    with safe_open(HERE / "data" / f"{name}.safetensors", "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return tensors, json.loads(file.metadata()["losses"])


def trainer_of(name, tensors, overrides=()):
    experiment = build_recipe(HERE / "recipes" / f"golden_{name}.toml", overrides)
    for network, module in experiment.networks.items():
        prefix = f"init.{network}."
        state = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
        module.to(torch.float64).load_state_dict(state)
    return experiment, experiment.trainer(Accelerator(cpu=True))


def steps(trainer, tensors, count):
    for step in range(count):
        trainer.train_step(make_draws({v: tensors[f"batch.{step}.{v}"] for v in ("x", "y")}))
        yield trainer.meter.read()["losses"]


def compare_losses(found, expected, names, weights, relative):
    for (player, term), reference in names.items():
        if expected[reference] == 0:
            assert term not in found[player]
            continue
        weight = weights[term] if player == "generators" else 1
        assert found[player][term] * weight == pytest.approx(expected[reference], rel=relative)
    if "D_real" in expected:
        halved = (expected["D_real"] + expected["D_fake"]) / 2
        assert found["discriminators"]["adversarial"] == pytest.approx(halved, rel=relative)


@pytest.mark.parametrize("name", CASES)
def test_five_steps_in_float64(name):
    tensors, losses = golden(name)
    experiment, trainer = trainer_of(name, tensors)
    assert trainer.player_optimizers[0].optimizers[0].optimizer.param_groups[0]["fused"]
    weights = {term: table.weight for term, table in experiment.recipe.losses.items()}
    for found, expected in zip(steps(trainer, tensors, 5), losses, strict=True):
        compare_losses(found, expected, CASES[name], weights, 1e-9)
    for network, module in experiment.networks.items():
        for key, value in module.state_dict().items():
            torch.testing.assert_close(
                value, tensors[f"final.{network}.{key}"], rtol=0, atol=1e-6, msg=f"{network}.{key}"
            )


@pytest.mark.parametrize("name", CASES)
def test_one_step_in_float32(name):
    tensors, losses = golden(name)
    experiment, trainer = trainer_of(name, tensors, {"train.precision": "float32"})
    weights = {term: table.weight for term, table in experiment.recipe.losses.items()}
    found = next(steps(trainer, tensors, 1))
    compare_losses(found, losses[0], CASES[name], weights, 1e-5)


def test_the_tolerance_would_notice_a_learning_rate_one_percent_off():
    tensors, losses = golden("cyclegan")
    _, trainer = trainer_of("cyclegan", tensors, {"optimizers.default.lr": 2.02e-4})
    *_, last = steps(trainer, tensors, 5)
    assert last["generators"]["adversarial_Y"] != pytest.approx(losses[-1]["G_A"], rel=1e-9)
