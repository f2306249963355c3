"""Metrics on held-out data: one pass, what they learn from, what is left out and said."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from ganzoo import build_recipe
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.data.street_photo import street_scene
from ganzoo.components.data.streets import PALETTE, Streets
from ganzoo.errors import RecipeError
from ganzoo.evaluation.examples import Examples, find_learning_samples
from ganzoo.evaluation.measuring import rehearse, score_run
from ganzoo.evaluation.scores import print_scores
from ganzoo.training.train import train
from ganzoo.training.warnings import list_warnings

LABELS = {"type": "palette_score", "prediction": "G(x)", "target": "y", "source": "x"}
PHOTOS = {
    **{"type": "fcn_score", "prediction": "F(y)", "labels": "y", "photo": "x"},
    **{"examples": 3, "steps": 2, "width": 2},
}
LEARNS = "its segmenter learns from 3 real photos, 2 steps; done once for this data set, then kept"


@pytest.fixture(autouse=True)
def own_judges(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def built(recipes, tiny):
    def build(metrics, **more):
        experiment = build_recipe(recipes / "cyclegan.toml", tiny(metrics=metrics, **more))
        experiment.data.prepare()
        return experiment

    return build


def test_a_metric_learns_once_and_is_told_of(built):
    experiment, told = built({"photos": PHOTOS, "labels": LABELS}), []
    first = score_run(experiment, experiment.data, told.append)
    assert set(first) == {"photos", "labels"}
    assert list(first["photos"]) == [
        *("model", "real photos", "photo of another scene", "copy the input")
    ]
    assert told == [f"metrics.photos: {LEARNS}"]
    assert score_run(experiment, experiment.data, told.append) == first
    assert len(told) == 1


def test_each_wire_is_evaluated_once_a_sample(built):
    other = {**PHOTOS, "width": 3}
    experiment, calls = built({"photos": PHOTOS, "others": other, "labels": LABELS}), []
    for name in ("F", "G"):
        network = experiment.networks[name]
        network.register_forward_hook(lambda *_, name=name: calls.append(name))
    score_run(experiment, experiment.data)
    assert sorted(calls) == ["F"] * 3 + ["G"] * 3


def test_figures_do_not_depend_on_what_else_is_asked_for(built):
    """Even where dropout is on."""
    one = {"type": "psnr", "prediction": "x2y", "target": "y"}
    more = {"type": "psnr", "prediction": "G(y)", "target": "y"}
    generator = {"type": "resnet", "width": 4, "blocks": 1, "dropout": 0.5}
    outputs = {"x2y": {"expression": "G(x)", "mode": "train"}}
    found = []
    for metrics in ({"one": one}, {"more": more, "one": one}):
        experiment = built(metrics, networks__G=generator, outputs=outputs)
        found.append(score_run(experiment, experiment.data)["one"])
    assert found[0] == found[1]


def test_nothing_is_learnt_before_training(built, monkeypatch):
    experiment = built({"photos": PHOTOS})
    monkeypatch.setattr(Streets, "paired_sample", lambda *_: pytest.fail("it was read"))
    rehearse(experiment, experiment.data)


def test_a_run_says_it(recipes, tiny, tmp_path):
    shown = Console(file=io.StringIO(), width=60)
    short = {"train.length": "1 step", "samples.count": 1, "metrics": {"photos": PHOTOS}}
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **short})
    train(experiment, tmp_path / "run", console=shown)
    assert f"metrics.photos: {LEARNS}\n" in shown.file.getvalue()
    scores = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert scores["photos"]["real photos"]["pixel_accuracy"] > 0


@pytest.mark.parametrize("wire", ["F(y)", "y2x"])
def test_what_it_learns_from_is_real(built, wire):
    with pytest.raises(RecipeError) as caught:
        built({"photos": {**PHOTOS, "photo": wire}})
    [fault] = caught.value.faults
    assert fault.path == "metrics.photos.photo"
    assert "is shown real samples of this: name a variable of the data" in fault.message


def test_a_wire_that_is_unknown_is_one_fault(built):
    with pytest.raises(RecipeError) as caught:
        built({"photos": {**PHOTOS, "photo": "xx"}})
    assert len(caught.value.faults) == 1


def pictures(root, *names, count=2):
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")


def test_pairs_that_all_are_held_out_leave_it_out_with_a_note(built, tmp_path):
    pictures(tmp_path, "trainA", "trainB")
    data = {"type": "paired_folders", "root": str(tmp_path), "size": 16}
    experiment = built({"photos": PHOTOS, "labels": LABELS}, data=data)
    rehearse(experiment, experiment.data)
    assert list(score_run(experiment, experiment.data)) == ["labels"]
    assert [note for note in list_warnings(experiment, experiment.data) if "metrics." in note] == [
        "metrics.photos is left out: it learns from x and y of one scene, and 'paired_folders' "
        "has none to spare"
    ]


def test_folders_without_pairs_leave_it_out_with_a_note(built, tmp_path):
    pictures(tmp_path, "trainA", "trainB")
    data = {"type": "folders", "root": str(tmp_path), "size": 16}
    experiment = built({"photos": PHOTOS}, data=data, default_metrics=False)
    assert score_run(experiment, experiment.data) == {}
    [note] = [
        note for note in list_warnings(experiment, experiment.data) if "metrics.photos" in note
    ]
    assert note.startswith("metrics.photos is left out: it compares pairs")
    assert Folders(str(tmp_path)).paired_count() == 0


def test_pairs_that_are_not_held_out_are_paired_samples(tmp_path):
    pictures(tmp_path, "trainA", "trainB", count=10)
    data = PairedFolders(str(tmp_path), size=16, direction="yx")
    data.prepare()
    assert (data.test_count(), data.paired_count()) == (8, 2)
    held_out = [data.test_sample(index) for index in range(8)]
    for index in range(2):
        sample = data.paired_sample(index)
        assert torch.equal(sample["x"], sample["y"])
        assert not any(torch.equal(sample["x"], other["x"]) for other in held_out)
    pictures(tmp_path, "testA", "testB", count=1)
    data.prepare()
    assert (data.test_count(), data.paired_count()) == (1, 10)


def test_streets_keep_scenes_that_no_training_shows():
    few, many = Streets(16, count=2, held_out=1), Streets(16, count=50, paired=True)
    assert few.paired_count() == many.paired_count() == 1_000_000
    sample = few.paired_sample(5)
    assert all(torch.equal(sample[name], many.paired_sample(5)[name]) for name in "xy")
    photo, labels = street_scene(3_000_005, 16, 16)
    for name, pixels in (("x", photo), ("y", PALETTE[labels])):
        shown = torch.from_numpy(np.array(pixels)).permute(2, 0, 1) / 127.5 - 1
        torch.testing.assert_close(sample[name], shown)


def test_examples_are_read_by_wire():
    data = Streets(16, count=2, held_out=1)
    samples = find_learning_samples(data, ["x", "y"])
    examples = Examples(samples, {"photo": "x", "labels": "y"}, torch.device("cpu"))
    assert len(examples) == data.paired_count()
    assert examples[3].keys() == {"photo", "labels"}
    assert torch.equal(examples[3]["labels"], data.paired_sample(3)["y"])
    assert [e["photo"].shape for e in examples[:2]] == [(3, 16, 16)] * 2
    with pytest.raises(IndexError):
        examples[len(data.scenes.shape) * 10**6]


def test_counts_are_printed_as_they_are():
    shown = Console(file=io.StringIO(), width=80)
    rows = {"model": {"kid": 0.0314, "images": 200, "resize": 224}}
    print_scores({"kid": {**rows, "real": {"kid": 0.0, "images": 100, "resize": 224}}}, {}, shown)
    [row] = [line for line in shown.file.getvalue().splitlines() if "model" in line]
    assert "0.031" in row
    assert "200 " in row
    assert "200.000" not in row
    assert "224" not in row
    assert shown.file.getvalue().splitlines()[-1].strip() == "resize 224"  # once for all rows
