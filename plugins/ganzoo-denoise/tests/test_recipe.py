"""The recipe: checked, filled, and two real steps of it."""

from __future__ import annotations

from pathlib import Path

import ganzoo_denoise
import pytest
import torch
from accelerate import Accelerator

import ganzoo
from ganzoo.errors import DataError, RecipeError

RECIPE = Path(ganzoo_denoise.__file__).parent / "recipes" / "cycle.toml"
TINY = {
    "networks.G.width": 4,
    "networks.G.layers": 3,
    "networks.F.width": 4,
    "networks.F.blocks": 1,
    "networks.D_X.width": 4,
    "networks.D_Y.width": 4,
    "train.length": "2 steps",
}
TERMS = {"adversarial_Y", "adversarial_X", "cycle_X", "cycle_Y", "blur_X", "blur_Y"}


def test_the_recipe_is_sound_by_path_and_by_name_without_any_images():
    by_path = ganzoo.build_recipe(RECIPE)
    by_name = ganzoo.build_recipe("denoise.cycle", {"data.clean": "photos"})
    assert set(by_path.recipe.losses) == TERMS
    assert by_name.recipe.data.settings["clean"] == "photos"
    assert not any(by_path.trial.idle.values())
    with pytest.raises(DataError, match=r"data\.clean is not set"):
        by_path.trainer(Accelerator(cpu=True))


def test_two_steps_move_every_network_and_log_every_term(folder):
    experiment = ganzoo.build_recipe(RECIPE, {**TINY, "data.clean": folder("photos", 5, side=70)})
    trainer = experiment.trainer(Accelerator(cpu=True))
    before = {n: [p.clone() for p in net.parameters()] for n, net in experiment.networks.items()}
    records: list[dict] = []

    class Note:
        def on_step(self, step: int) -> None: ...
        def on_samples(self, step: int) -> None: ...
        def on_log(self, record: dict) -> None:
            records.append(record)

    trainer.run([Note()], lambda step: None)
    assert trainer.done == 2
    for name, network in experiment.networks.items():
        assert all(p.isfinite().all() for p in network.parameters())
        moved = [
            not torch.equal(p, old)
            for p, old in zip(network.parameters(), before[name], strict=True)
        ]
        assert any(moved), name
    assert set(str(records[-1]).replace("'", " ").split()) | _keys(records[-1]) >= TERMS


def _keys(record: dict) -> set[str]:
    keys: set[str] = set()
    for key, value in record.items():
        keys |= {key} | (_keys(value) if isinstance(value, dict) else set())
    return keys


def test_faults_name_their_place():
    wrong = {
        "networks.G.in_channels": 1,
        "losses.blur_X.sigma": -1.0,
        "data.noise": "gausian",
    }
    messages = []
    for path, value in wrong.items():
        with pytest.raises(RecipeError) as caught:
            ganzoo.build_recipe(RECIPE, {path: value})
        messages += [fault.path for fault in caught.value.faults]
    assert messages == ["networks.G", "losses.blur_X", "data.noise"]
