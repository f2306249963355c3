"""The recipe: checked, filled, and two real steps of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ganzoo
import pytest
import torch
from accelerate import Accelerator
from ganzoo.errors import DataError, RecipeError
from torch import Tensor, nn

import ganzoo_denoise

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
FOLDERS = {"data.type": "denoise.clean_noisy"}
GAME = {"adversarial_X", "adversarial_Y"}
DISTANCES = {"cycle_X", "cycle_Y", "blur_X", "blur_Y"}


class Log:
    """Keeps what a training reports."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def on_step(self, step: int) -> None: ...

    def on_samples(self, step: int) -> None: ...

    def on_log(self, record: dict[str, Any]) -> None:
        self.records.append(record)


def weights(networks: dict[str, nn.Module]) -> dict[str, Tensor]:
    """All of a network's weights in one vector."""
    return {
        name: nn.utils.parameters_to_vector(network.parameters()).detach().clone()
        for name, network in networks.items()
    }


def trained(experiment: ganzoo.Experiment) -> dict[str, nn.Module]:
    """The networks that a player moves."""
    return {n: m for player in experiment.players for n, m in player.networks.items()}


def test_the_recipe_is_sound_by_path_and_by_name_without_any_images():
    by_path = ganzoo.build_recipe(RECIPE, FOLDERS)
    by_name = ganzoo.build_recipe("denoise.cycle", {**FOLDERS, "data.clean": "photos"})
    assert set(by_path.recipe.losses) == GAME | DISTANCES
    assert by_path.recipe.data.settings["held_out"] == 0.1  # defaults are filled in
    assert by_name.recipe.data.settings["clean"] == "photos"
    assert not any(by_path.trial.idle.values())
    with pytest.raises(DataError, match=r"data\.clean is not set"):
        by_path.trainer(Accelerator(cpu=True))


def test_two_steps_move_every_network_and_log_every_term(folder):
    experiment = ganzoo.build_recipe(
        RECIPE, {**TINY, **FOLDERS, "data.clean": folder("photos", 5, side=70)}
    )
    trainer, before, log = (
        experiment.trainer(Accelerator(cpu=True)),
        weights(experiment.networks),
        Log(),
    )
    trainer.run([log], lambda step: None)
    after = weights(experiment.networks)
    assert set(after) == {"G", "F", "D_X", "D_Y"}
    assert all(after[name].isfinite().all() for name in after)
    assert not any(torch.equal(after[name], before[name]) for name in after)
    (record,) = log.records
    assert record["losses"].keys() == {"generators", "discriminators"}
    assert record["losses"]["generators"].keys() == GAME | DISTANCES
    assert record["losses"]["discriminators"].keys() == GAME
    assert record["nonfinite"] == 0


def test_the_same_seed_gives_the_same_training(folder):
    photos, runs = folder("photos", 5, side=70), []
    for _ in range(2):
        experiment = ganzoo.build_recipe(RECIPE, {**TINY, **FOLDERS, "data.clean": photos})
        experiment.trainer(Accelerator(cpu=True)).run([], lambda step: None)
        runs.append(weights(experiment.networks))
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])


def test_the_trained_output_denoises_images_of_any_size(folder):
    experiment = ganzoo.build_recipe(RECIPE, TINY)
    assert experiment.model()("x2y", x=torch.zeros(1, 3, 37, 50)).shape == (1, 3, 37, 50)


@pytest.mark.parametrize(
    ("setting", "value", "path"),
    [
        ("networks.G.in_channels", 1, "networks.G"),
        ("networks.G.norm", "layer", "networks.G.norm"),
        ("losses.blur_X.sigma", -1.0, "losses.blur_X"),
        ("data.noise", "gausian", "data.noise"),
        ("data.level", 25, "data"),
    ],
)
def test_a_fault_names_its_place(setting, value, path):
    with pytest.raises(RecipeError) as caught:
        ganzoo.build_recipe(RECIPE, {setting: value})
    assert [fault.path for fault in caught.value.faults] == [path]


@pytest.mark.parametrize("name", ["denoise.cycle", "denoise.noise_model"])
def test_a_recipe_trains_on_the_sample_photos(name):
    """Two steps, from the photos that come with scikit-image."""
    pytest.importorskip("skimage")
    small = {"train.length": "2 steps", "train.batch_size": 1, "data.size": 32, "metrics": {}}
    experiment = ganzoo.build_recipe(name, {**small, "train.device": "cpu"})
    trainer, before, log = (
        experiment.trainer(Accelerator(cpu=True)),
        weights(trained(experiment)),
        Log(),
    )
    trainer.run([log], lambda step: None)
    assert log.records[0]["nonfinite"] == 0
    after = weights(trained(experiment))
    assert not any(torch.equal(after[network], before[network]) for network in after)
