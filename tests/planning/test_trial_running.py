"""Trials that are really trained, on tiny images: paused, interrupted, diverging, measured."""

from __future__ import annotations

import os
import shutil
import signal

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ganzoo.builder.experiment import build_recipe, check_recipe
from ganzoo.builder.trained import load_model
from ganzoo.compare.train_systems import Stopped
from ganzoo.components.data.folders import Folders
from ganzoo.components.metrics.quick_kid import QuickKid
from ganzoo.evaluation.measuring import compute_metrics
from ganzoo.evaluation.splits import deal
from ganzoo.interfaces import (
    Decision,
    DomainFacts,
    Fingerprint,
    PlanCandidate,
    StepCost,
    Wishes,
)
from ganzoo.planning.drafting import PlanDraft
from ganzoo.planning.trial_measuring import (
    NothingToCompare,
    find_validation,
    find_yardstick,
    halve_distance,
    halve_mean,
)
from ganzoo.planning.trial_recipe import make_trial_tables
from ganzoo.planning.trial_running import TrialFailed, TrialRunner, failing
from ganzoo.planning.trying import try_candidates
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import last_saved


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Two domains of coloured squares, 32 px; y has half of the red of x."""
    root, rng = tmp_path_factory.mktemp("domains"), np.random.default_rng(0)
    for folder, count in (("trainA", 6), ("trainB", 6), ("testA", 24), ("testB", 24)):
        (root / folder).mkdir()
        for number in range(count):
            squares = rng.integers(0, 255, (4, 4, 3)).astype("uint8")
            squares[..., 0] //= 2 if folder.endswith("B") else 1
            picture = np.kron(squares, np.ones((8, 8, 1), "uint8"))
            Image.fromarray(picture).save(root / folder / f"{number}.png")
    return root


@pytest.fixture
def recipe(images, monkeypatch):
    """A small recipe; scores are by the network that ships with ganzoo."""
    monkeypatch.setattr("ganzoo.planning.trial_measuring.is_installed", lambda name: False)
    return {
        "networks": {
            "G": {"type": "resnet", "width": 4, "blocks": 1},
            "D": {"type": "patchgan", "width": 4, "layers": 1},
        },
        "losses": {"game": {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}},
        "outputs": {"x2y": "G(x)"},
        "data": {"type": "folders", "root": str(images), "size": 32},
        "optimizers": {"default": {"type": "adam"}},
        "train": {"length": "200 steps", "device": "cpu"},
        "metrics": {"scores": {"type": "quick_kid", "prediction": "x2y", "target": "y"}},
        "callbacks": {"stop": {"type": "early_stopping", "metric": "scores", "patience": 3}},
        "checkpoints": {"best": "scores", "validation": 0.4},
    }


@pytest.fixture
def draft(recipe):
    facts = Fingerprint("domains", {}, DomainFacts("x", 6), DomainFacts("y", 6))
    return PlanDraft(facts, Wishes(budget=10), lambda recipe: StepCost(0, 0.1), recipe)


def same_weights(one, other):
    tensors = [load_file(RunPaths(folder).model) for folder in (one, other)]
    return tensors[0].keys() == tensors[1].keys() and all(
        tensors[0][key].equal(tensors[1][key]) for key in tensors[0]
    )


class Steady(TrialRunner):
    """A machine on which a step always takes 0.1 s, if it can be made."""

    def time_step(self, tables):
        with failing():
            check_recipe(tables)
        return 0.1


def nothing(*_):
    """Do nothing."""


def test_a_trial_that_stops_in_between_ends_as_one_that_does_not(recipe, tmp_path):
    tables, runner = make_trial_tables(recipe, 8, "one"), TrialRunner()
    steps = []
    for stop in (2, 4, 8):
        runner.train(tables, tmp_path / "one", stop, steps.append)
        assert last_saved(tmp_path / "one") == stop
    assert steps == [*range(1, 9)]
    runner.train(tables, tmp_path / "whole", 8, nothing)
    assert same_weights(tmp_path / "one", tmp_path / "whole")
    before = len(steps)
    runner.train(tables, tmp_path / "one", 8, steps.append)
    assert len(steps) == before
    assert not RunPaths(tmp_path / "one").metrics.exists()  # which would be of test samples
    assert not RunPaths(tmp_path / "one").evaluations.exists()


def test_a_signal_saves_and_the_same_call_goes_on(recipe, tmp_path):
    tables, runner = make_trial_tables(recipe, 6, "one"), TrialRunner()

    def interrupt(step):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Stopped):
        runner.train(tables, tmp_path / "one", 6, interrupt)
    assert last_saved(tmp_path / "one") == 3
    runner.train(tables, tmp_path / "one", 6, nothing)
    runner.train(tables, tmp_path / "whole", 6, nothing)
    assert same_weights(tmp_path / "one", tmp_path / "whole")


def test_a_folder_without_a_checkpoint_is_begun_anew(recipe, tmp_path):
    tables, runner = make_trial_tables(recipe, 2, "one"), TrialRunner()
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "recipe.toml").write_text("")
    runner.train(tables, tmp_path / "one", 2, nothing)
    assert last_saved(tmp_path / "one") == 2


def test_weights_that_are_no_numbers_end_a_trial(recipe, tmp_path):
    recipe["optimizers"]["default"]["lr"] = 1e30
    with pytest.raises(TrialFailed, match="it diverged"):
        TrialRunner().train(make_trial_tables(recipe, 4, "one"), tmp_path / "one", 4, nothing)


def test_faults_of_a_recipe_are_named(recipe, tmp_path):
    recipe["networks"]["G"]["width"] = "wide"
    with pytest.raises(TrialFailed, match=r"^networks\.G\.width: "):
        TrialRunner().time_step(make_trial_tables(recipe, 4, "one"))


def test_only_validation_samples_are_looked_at(recipe, tmp_path, monkeypatch):
    tables, runner = make_trial_tables(recipe, 2, "one"), TrialRunner()
    runner.look_at(tables)
    runner.train(tables, tmp_path / "one", 2, nothing)
    data = build_recipe(tables).data
    data.prepare()
    splits = deal(data, 0.4)
    chosen = {name: {*splits.validation.chosen[name]} for name in "xy"}
    assert chosen["x"].isdisjoint(splits.test.chosen["x"])
    shown = {"x": set(), "y": set()}
    whole = Folders.test_item, Folders.test_sample

    def test_item(self, name, index):
        shown[name].add(index)
        return whole[0](self, name, index)

    def test_sample(self, index):
        for each in shown.values():
            each.add(index)
        return whole[1](self, index)

    monkeypatch.setattr(Folders, "test_item", test_item)
    monkeypatch.setattr(Folders, "test_sample", test_sample)
    measured = runner.measure(tmp_path / "one")
    assert shown == chosen
    counts = {name: len(indices) for name, indices in chosen.items()}
    assert measured.samples == "{x} validation samples of x, {y} of y".format(**counts)


def test_scores_are_those_of_the_metrics(recipe, tmp_path):
    tables, runner = make_trial_tables(recipe, 2, "one"), TrialRunner()
    runner.look_at(tables)
    runner.train(tables, tmp_path / "one", 2, nothing)
    measured = runner.measure(tmp_path / "one")
    experiment = build_recipe(tmp_path / "one", {"metrics": runner.yardstick.tables()})
    experiment.data.prepare()
    validation = deal(experiment.data, 0.4).validation
    model = load_model(tmp_path / "one")
    scores = compute_metrics(
        experiment.blueprint, model, validation, ["realism", "faithfulness"]
    ).scores
    for row, own in (("model", measured.model), ("copy the input", measured.copying)):
        assert own.realism.value == pytest.approx(scores["realism"][row]["kid_ganzoo_tiny"])
        layout = scores["faithfulness"][row]["structure_ganzoo_tiny"]
        assert own.faithfulness.value == pytest.approx(layout)
        assert len(own.realism.halves) == len(own.faithfulness.halves) == 200


def test_halves_spread_as_the_metrics_interval_says():
    rng = np.random.default_rng(1)
    metric = QuickKid(backbone="ganzoo_tiny", size=32)
    pictures = rng.uniform(-1, 1, (24, 3, 32, 32)).astype("float32")
    for image in torch.from_numpy(pictures):
        metric.update(image[None], image[None] * 0.5, image[None])
    score = halve_distance(metric, "model")
    low, high = metric.intervals()["model"]["kid_ganzoo_tiny"]
    halves = np.array(score.halves[:100])  # so many the metric draws
    ends = score.value + np.quantile(halves - halves.mean(), [0.025, 0.975])
    assert ends == pytest.approx([low, high])
    assert halve_distance(QuickKidWithoutCopies(metric), "copy the input") is None


class QuickKidWithoutCopies:
    """A metric that was given no inputs."""

    def __init__(self, metric):
        self.metric = metric

    def stacked(self):
        return {k: v for k, v in self.metric.stacked().items() if k != "copy the input"}

    def score_name(self, name):
        return self.metric.score_name(name)


def test_the_mean_of_halves():
    score = halve_mean([1.0, 2.0, 3.0, 6.0], True)
    assert score.value == 3
    # an even and an odd place of each
    assert {*score.halves} == {1.5, 3.5, 2.5, 4.5}
    assert halve_mean([], False) is None


def test_the_truth_where_there_are_pairs(recipe, tmp_path):
    rng = np.random.default_rng(0)
    for folder, count in (("pairs", 4), ("pairs_test", 24)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            both = rng.integers(0, 255, (32, 64, 3)).astype("uint8")
            Image.fromarray(both).save(tmp_path / folder / f"{number}.png")
    folders = {"root": str(tmp_path), "train": "pairs", "test": "pairs_test"}
    recipe["data"] = {"type": "paired_folders", **folders, "size": 32}
    tables, runner = make_trial_tables(recipe, 2, "one"), TrialRunner()
    runner.look_at(tables)
    assert runner.yardstick.faithfulness == "PSNR in dB"
    runner.train(tables, tmp_path / "one", 2, nothing)
    measured = runner.measure(tmp_path / "one")
    assert measured.model.faithfulness.higher_is_better
    assert 0 < measured.copying.faithfulness.value < 20


def test_too_few_samples_and_no_output_are_refused(recipe):
    blueprint = build_recipe(make_trial_tables(recipe, 2, "one")).blueprint
    data, yardstick = blueprint.dataset, find_yardstick(blueprint)
    data.prepare()
    with pytest.raises(NothingToCompare, match="kept for validation"):
        find_validation(data, 0.0, yardstick)
    with pytest.raises(NothingToCompare, match="takes 4 validation images a side"):
        find_validation(data, 0.01, yardstick)
    recipe["outputs"] = {"same": "x"}
    with pytest.raises(NothingToCompare, match="no output"):
        find_yardstick(build_recipe(make_trial_tables(recipe, 2, "one")).blueprint)


def test_a_share_that_is_held_out_of_training_folders_chooses(recipe, images, tmp_path):
    for domain in "AB":
        shutil.copytree(images / f"test{domain}", tmp_path / f"train{domain}")
    recipe["data"] |= {"root": str(tmp_path), "hold_out": 0.5}
    recipe["checkpoints"]["validation"] = 0.5
    runner = TrialRunner()
    _, digest = runner.look_at(make_trial_tables(recipe, 2, "one"))
    assert digest


def test_real_trials_from_end_to_end(draft, tmp_path):
    said = []
    offered = [
        PlanCandidate("wider", (Decision("networks.G.width", 6, "more"),), "may learn", 2),
        PlanCandidate("broken", (Decision("networks.G.type", "none", "x"),), "", 1),
    ]
    runner = Steady()
    tried = try_candidates(draft, offered, 3, tmp_path / "trials", say=said.append, runner=runner)
    names = [row.name for row in tried.table.rows]
    assert names == ["the plan", "wider", "broken", "copy the input"]
    assert tried.table.rows[2].state == "failed"
    assert [row.steps for row in tried.table.rows] == [12, 12, 0, 0]  # 1.25 s each
    assert tried.table.samples == "7 validation samples of x, 9 of y"
    again = try_candidates(draft, offered, 3, tmp_path / "trials", say=said.append, runner=runner)
    assert again.table == tried.table
    assert len([line for line in said if line.startswith("trying")]) == 6
