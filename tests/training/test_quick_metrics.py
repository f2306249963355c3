"""When metrics are computed that leave it open, what that costs, and that it changes no weight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import ganzoo
from ganzoo.recipe.loading import load_recipe
from ganzoo.training import choices
from ganzoo.training.quick_metrics import SHARE, Cost, MeasuringPlan, choose_plan
from ganzoo.training.tuning import StepTimer

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("steps", [200, 2600, 200_000])
@pytest.mark.parametrize("step_seconds", [0.01, 0.1, 2.0])
@pytest.mark.parametrize("cost", [Cost(0.02, 0.004), Cost(0.5, 0.05), Cost(0.0, 1.0)])
def test_the_share_of_the_time_is_kept(steps: int, step_seconds: float, cost: Cost) -> None:
    spent = 0.3
    plan = choose_plan("ganzoo_tiny", cost, steps, step_seconds, spent)
    if plan.every is None:
        assert cost.seconds(16) + spent > 0.5 * SHARE * steps * step_seconds
        return
    assert plan.images is not None
    times = (steps - 1) // plan.every
    taken = times * cost.seconds(plan.images) + spent
    assert taken <= SHARE * steps * step_seconds
    assert plan.share == pytest.approx(taken / (steps * step_seconds))
    assert 16 <= plan.images <= 64
    assert times >= 1


def test_fewer_images_before_fewer_measurements() -> None:
    cost = Cost(0.0, 0.01)
    rich = choose_plan("x", cost, 1000, 1.0)
    poor = choose_plan("x", cost, 1000, 0.1)
    assert (rich.images, poor.images) == (64, 16)
    assert rich.describe(["a", "b"]).startswith("a, b: by x, every ")
    assert "at the end only" in choose_plan("x", cost, 1000, 0.001).describe(["a"])
    assert choose_plan("x", cost, 1000, float("inf")).every is None


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Two folders of pictures, 12 to train on and 8 held out of each."""
    rng = np.random.default_rng(0)
    for name, count in (("trainA", 12), ("trainB", 12), ("testA", 8), ("testB", 8)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)
            picture = Image.fromarray(pixels).resize((20, 20))
            picture.save(tmp_path / "own" / name / f"{number}.png")
    return tmp_path / "own"


def build(tiny: Any, own: Path, **more: Any) -> ganzoo.Experiment:
    """CycleGAN with dropout (at test time, too), histories, and two processes that load data."""
    settings = {
        **tiny(),
        "networks.G": {"type": "resnet", "width": 4, "blocks": 2, "dropout": 0.5},
        "outputs.x2y": {"expression": "G(x)", "mode": "train"},
        "data": {"type": "folders", "root": str(own), "size": 16},
        "metrics": {},
        "train.length": "7 steps",
        "train.workers": 2,
        "samples.count": 1,
        **{f"losses.adversarial_{v}.buffer.size": 2 for v in "XY"},
        **more,
    }
    return ganzoo.build_recipe(ROOT / "recipes" / "cyclegan.toml", settings)


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is timed, and said to take an hour, so that measuring costs nothing beside it."""
    monkeypatch.setattr(choices, "FEWEST_STEPS", 5)
    original = StepTimer.__call__
    monkeypatch.setattr(StepTimer, "__call__", lambda self, s: 0 * original(self, s) + 3600.0)
    monkeypatch.setattr("ganzoo.training.quick_metrics.FEWEST_STEPS", 5)
    monkeypatch.setattr("ganzoo.training.quick_metrics.is_installed", lambda name: False)


def test_no_weight_changes(timed: None, tiny: Any, own: Path, tmp_path: Path) -> None:
    chance = {}
    for name, wanted in (("with", True), ("without", False)):
        np.random.seed(0)
        torch.manual_seed(0)
        experiment = build(tiny, own, default_metrics=wanted)
        ganzoo.train(experiment, tmp_path / name, quiet=True)
        chance[name] = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    assert chance["with"] == chance["without"]
    lines = (tmp_path / "with" / "evaluations.jsonl").read_text().splitlines()
    assert len(lines) > 2  # while training, and at the end
    assert not (tmp_path / "without" / "evaluations.jsonl").exists()
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("with", "without"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[key], two[key]) for key in one)


def test_a_run_says_what_was_chosen_and_goes_on_with_it(
    timed: None, tiny: Any, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    short = {"train.length": "5 steps"}
    ganzoo.train(build(tiny, own, **short), run, quiet=True)
    chosen = load_recipe(run / "recipe.toml").metrics["kid_x2y"]
    assert chosen.settings["backbone"] == "ganzoo_tiny"
    assert str(chosen.every) == "1 step"
    assert chosen.images == 64

    def refuse(*_: object) -> MeasuringPlan:
        raise AssertionError("chosen anew")

    monkeypatch.setattr(choices, "plan_measurements", refuse)
    ganzoo.train(build(tiny, own), run, resume=True, quiet=True)
    assert load_recipe(run / "recipe.toml").metrics["kid_x2y"] == chosen


def test_a_short_training_is_measured_at_its_end(tiny: Any, own: Path, tmp_path: Path) -> None:
    ganzoo.train(build(tiny, own), tmp_path / "run", quiet=True)
    recipe = load_recipe(tmp_path / "run" / "recipe.toml")
    assert recipe.metrics["kid_x2y"].every is None
    assert recipe.metrics["kid_x2y"].settings["backbone"] == "ganzoo_tiny"
    scores = (tmp_path / "run" / "metrics.json").read_text()
    assert "kid_ganzoo_tiny" in scores
    assert "copy the input" in scores
    assert "real, other half" in scores
