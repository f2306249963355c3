"""The recipes: checked, filled, and two real steps of each."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import ganzoo
import pytest
import torch
from accelerate import Accelerator
from ganzoo.errors import DataError, RecipeError
from ganzoo.evaluation.measuring import score_run
from ganzoo.interfaces import Callback, LogEntry, Training
from torch import Tensor, nn

import ganzoo_denoise

RECIPES = Path(ganzoo_denoise.__file__).parent / "recipes"
CYCLE, NOISE_MODEL = RECIPES / "cycle.toml", RECIPES / "noise_model.toml"
TINY_CYCLE = {
    "networks.G.width": 4,
    "networks.G.layers": 3,
    "networks.F.width": 4,
    "networks.F.blocks": 1,
    "networks.D_X.width": 4,
    "networks.D_Y.width": 4,
}
TINY_NOISE_MODEL = {"networks.N.width": 4, "networks.N.layers": 3, "networks.D.width": 4}
TINY = {
    CYCLE: (TINY_CYCLE, {"G", "F", "D_X", "D_Y"}),
    NOISE_MODEL: (TINY_NOISE_MODEL, {"N", "B", "D"}),
}
GAME = {"adversarial_X", "adversarial_Y"}
DISTANCES = {"cycle_X", "cycle_Y", "blur_X", "blur_Y"}


class Log(Callback):
    """Keeps what a training reports."""

    def __init__(self) -> None:
        self.records: list[LogEntry] = []

    def on_log(self, training: Training, entry: LogEntry) -> None:
        self.records.append(entry)


def own(photos: str = "photos") -> dict[str, Any]:
    """A folder of one's own in place of scikit-image's photos."""
    data = {"type": "denoise.clean_noisy", "clean": photos, "size": 48}
    return {"data": data, "train.length": "2 steps"}


def weights(networks: dict[str, nn.Module]) -> dict[str, Tensor]:
    """All of a network's weights in one vector; networks without any are left out."""
    return {
        name: nn.utils.parameters_to_vector(network.parameters()).detach().clone()
        for name, network in networks.items()
        if list(network.parameters())
    }


def trained(recipe: Path, photos: str) -> tuple[dict[str, Tensor], dict[str, Tensor], Log]:
    """Weights before and after two tiny steps."""
    experiment = ganzoo.build_recipe(recipe, {**TINY[recipe][0], **own(photos)})
    trainer, log = experiment.trainer(Accelerator(cpu=True)), Log()
    before = weights(experiment.networks)
    trainer.run([log])
    return before, weights(experiment.networks), log


@pytest.mark.parametrize("recipe", TINY)
def test_it_is_sound_by_path_and_by_name_and_nothing_idles(recipe):
    by_path = ganzoo.build_recipe(recipe)
    by_name = ganzoo.build_recipe(f"denoise.{recipe.stem}", own())
    assert by_path.recipe.data.settings["held_out"] == ["chelsea", "coffee"]
    assert by_path.recipe.data.settings["level"] * 255 == pytest.approx(25, rel=0.001)
    assert by_name.recipe.data.settings["clean"] == str(Path("photos").absolute())
    assert not any(by_path.trial.idle.values())
    assert by_path.blueprint.metrics.keys() == {"psnr"}


@pytest.mark.parametrize("recipe", TINY)
def test_two_steps_move_every_network(recipe, folder):
    before, after, log = trained(recipe, folder("photos", 5, side=70))
    assert set(after) == TINY[recipe][1]
    assert all(after[name].isfinite().all() for name in after)
    assert not any(torch.equal(after[name], before[name]) for name in after)
    assert log.records[-1]["nonfinite"] == 0


@pytest.mark.parametrize("recipe", TINY)
def test_the_same_seed_gives_the_same_training(recipe, folder):
    photos = folder("photos", 5, side=70)
    (_, first, _), (_, second, _) = (trained(recipe, photos) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_every_term_is_logged(folder):
    photos = folder("photos", 5, side=70)
    cycle, model = (trained(recipe, photos)[2].records[-1]["losses"] for recipe in TINY)
    assert cycle.keys() == {"generators", "discriminators"}
    assert cycle["generators"].keys() == GAME | DISTANCES
    assert cycle["discriminators"].keys() == GAME
    assert {player: list(terms) for player, terms in model.items()} == {
        "generators": ["adversarial"],
        "discriminators": ["adversarial"],
        "denoisers": ["denoising"],
    }


def test_the_noiser_learns_from_its_critic_alone(folder):
    """Without the adversarial term's gradient nothing moves B: the denoiser's is stopped."""
    photos = folder("photos", 5, side=70)
    settings = {**TINY_NOISE_MODEL, **own(photos), "optimizers.generators.lr": 0.0}
    experiment = ganzoo.build_recipe(NOISE_MODEL, settings)
    before = weights(experiment.networks)
    experiment.trainer(Accelerator(cpu=True)).run()
    after = weights(experiment.networks)
    assert torch.equal(after["B"], before["B"])
    assert not torch.equal(after["N"], before["N"])


@pytest.mark.parametrize(("recipe", "tiny"), [(r, tiny) for r, (tiny, _) in TINY.items()])
def test_the_trained_output_denoises_images_of_any_size(recipe, tiny):
    experiment = ganzoo.build_recipe(recipe, tiny)
    assert experiment.model()("x2y", x=torch.zeros(1, 3, 37, 50)).shape == (1, 3, 37, 50)


@pytest.mark.parametrize("recipe", TINY)
def test_it_trains_on_the_sample_photos_and_is_scored(recipe):
    pytest.importorskip("skimage")
    small = {"train.length": "2 steps", "train.batch_size": 1, "data.size": 32, "data.tile": 64}
    one = {"data.held_out": ["chelsea"], "metrics.psnr.classics": False}
    experiment = ganzoo.build_recipe(recipe, {**TINY[recipe][0], **small, **one})
    trainer = experiment.trainer(Accelerator(cpu=True))
    trainer.run()
    scores = score_run(experiment, trainer.data)["psnr"]
    # The noise's figure is what its sigma says, but for the clamp's help: 20 log10(255 / 25).
    assert scores["noisy input"]["psnr"] == pytest.approx(20.17, abs=0.5)
    assert math.isfinite(scores["model"]["psnr"])


def test_photos_of_ones_own_are_asked_for():
    experiment = ganzoo.build_recipe(CYCLE, own(""))
    with pytest.raises(DataError, match=r"data\.clean is not set"):
        experiment.trainer(Accelerator(cpu=True))


@pytest.mark.parametrize(
    ("recipe", "setting", "value", "path"),
    [
        (CYCLE, "networks.G.in_channels", 1, "networks.G.in_channels"),
        (CYCLE, "networks.G.norm", "layer", "networks.G.norm"),
        (CYCLE, "losses.blur_X.sigma", -1.0, "losses.blur_X"),
        (CYCLE, "data.noise", "gausian", "data.noise"),
        (CYCLE, "data.level", 25, "data"),
        (NOISE_MODEL, "data.held_out", ["cofee"], "data.held_out"),
        (NOISE_MODEL, "networks.B.kernel", 2, "networks.B"),
    ],
)
def test_a_fault_names_its_place(recipe, setting, value, path):
    with pytest.raises(RecipeError) as caught:
        ganzoo.build_recipe(recipe, {setting: value})
    assert caught.value.faults[0].path == path


def test_latents_that_do_not_fit_the_noiser():
    with pytest.raises(RecipeError, match=r"z is \(4, 1, 48, 48\) and must be \(4, 3, 48, 48\)"):
        ganzoo.build_recipe(NOISE_MODEL, {"latents.z.channels": 1})
