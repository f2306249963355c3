"""A sample is an observation: each distinct item counts once, and figures say of what they are."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from weakref import WeakValueDictionary

import numpy as np
import pytest
import torch
from ganzoo_study.study_file import read_study
from PIL import Image
from rich.console import Console
from torch import nn
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.components.latents import NormalLatent
from ganzoo.components.metrics import feature_extractor
from ganzoo.components.metrics.cycle_error import CycleError
from ganzoo.components.metrics.fid import frechet_distance
from ganzoo.components.metrics.intervals import bootstrap_mean
from ganzoo.components.networks import backbones
from ganzoo.evaluation.measuring import compute_metrics
from ganzoo.evaluation.observed import count_distinct, format_a_sample, format_observed, observed
from ganzoo.evaluation.progress import progress
from ganzoo.evaluation.scores import print_scores
from ganzoo.interfaces import Data, Metric, Variable
from ganzoo.training.alarms.probe import choose_examples
from ganzoo.training.train import train

X, Y = 40, 9
FID = {"type": "fid", "backbone": "a", "weights": "w", "size": 32, "when": "compare"}


class Few(Data):
    """40 images x, 9 images y; an epoch of tests walks through both as folders do."""

    def __init__(self, trained=()):
        self.variables = {name: Variable(3, (16, 16)) for name in "xy"}
        self.trained = frozenset(trained)
        rng = torch.Generator().manual_seed(0)
        images = torch.rand(X + Y, 3, 4, 4, generator=rng) * 2 - 1
        self.x, self.y = images.repeat_interleave(4, 2).repeat_interleave(4, 3).split([X, Y])

    def __len__(self):
        return X

    def train_sample(self, index, rng):
        return self.test_sample(index)

    def test_count(self):
        return X

    def test_sample(self, index):
        return {"x": self.x[index % X], "y": self.y[index % Y]}

    def test_counts(self):
        return {"x": X, "y": Y}

    def trained_on(self):
        return self.trained


class Pooled(nn.Module):
    """A backbone of 12 features."""

    def forward(self, images):
        return nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)


@pytest.fixture(autouse=True)
def pooled(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(feature_extractor, "_shared", WeakValueDictionary())
    monkeypatch.setattr(backbones, "load_backbone", lambda *_, **__: Pooled())
    flat = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    monkeypatch.setattr(backbones, "input_statistics", lambda network: flat)


@pytest.fixture
def built(recipes, tiny):
    """An untrained model with these metrics alone."""
    others = {name: {} for name in ("labels", "photos", "kid", "layout")}
    return lambda metrics: build_recipe(
        recipes / "cyclegan.toml", tiny(metrics={**others, **metrics})
    )


@pytest.fixture
def found(built):
    """What metrics say of it on 40 and 9 images."""

    def find(metrics, data=None, calls=None, tick=lambda *_: None):
        experiment = built(metrics)
        model = experiment.model()
        for name in "FG" if calls is not None else "":
            network = experiment.networks[name]
            network.register_forward_hook(lambda *_, name=name: calls.append(name))
        return compute_metrics(
            experiment.blueprint, model, data or Few(), metrics, tick=tick
        ), model

    return find


def seen(pictures):
    shown = nn.functional.interpolate(pictures, (32, 32), mode="bicubic", antialias=True)
    return Pooled()(shown.clamp(-1, 1)).double()


@pytest.mark.case("A2")
@pytest.mark.parametrize(("wire", "source", "target"), [("x2y", "x", "y"), ("y2x", "y", "x")])
def test_a_crowd_is_its_distinct_images(found, wire, source, target):
    evaluation, model = found(
        {"fid": {**FID, "prediction": wire, "target": target, "source": source}}
    )
    data = Few()
    sides = {"x": data.x, "y": data.y}
    made = [model(wire, seed=i, **{source: one[None]}) for i, one in enumerate(sides[source])]
    rows = evaluation.scores["fid"]
    real = seen(sides[target])
    assert rows["model"] == {
        "fid_a": pytest.approx(frechet_distance(seen(torch.cat(made)), real), rel=1e-4),
        "images": len(sides[source]),
        "real_images": len(sides[target]),
        "resize_clean": 32,
    }
    half = frechet_distance(real[::2], real[1::2])
    assert rows["real, other half"]["fid_a"] == pytest.approx(half, rel=1e-4)
    copied = frechet_distance(seen(sides[source]), real)
    assert rows["copy the input"]["fid_a"] == pytest.approx(copied, rel=1e-4)
    assert evaluation.observed == {"fid": {"held_out": {"x": X, "y": Y}}}


@pytest.mark.case("A2")
def test_each_network_runs_once_an_item(found):
    calls = []
    found({"fid": {**FID, "prediction": "y2x", "target": "x"},
           "kid": {**FID, "type": "kid", "prediction": "x2y", "target": "y"},
           "cycle": {"type": "cycle_error", "prediction": "G(F(y))", "target": "y"}},
          calls=calls)  # fmt: skip
    # of G(F(y)), each is run anew: what else is asked for must not matter
    assert sorted(calls) == ["F"] * (Y + Y) + ["G"] * (X + Y)


@pytest.mark.case("A2")
@pytest.mark.parametrize(("wires", "name", "count"), [("F(G(x))", "x", X), ("G(F(y))", "y", Y)])
def test_means_cases_and_intervals_are_of_distinct_images(found, wires, name, count):
    evaluation, model = found({"c": {"type": "cycle_error", "prediction": wires, "target": name}})
    direct = CycleError()
    there, back = ("x2y", "y2x") if name == "x" else ("y2x", "x2y")
    for index, image in enumerate(getattr(Few(), name)):
        other = model(there, seed=index, **{name: image[None]})
        again = model(back, seed=index, **{"y" if name == "x" else "x": other})
        direct.update(again, image[None])
    assert evaluation.scores["c"]["model"] == pytest.approx(direct.compute()["model"], rel=1e-5)
    values = evaluation.sample_scores["c"]["cycle_error"]["values"]
    assert values == pytest.approx(direct.sample_scores()["cycle_error"], rel=1e-5)
    assert len(values) == count
    wanted = bootstrap_mean("cycle_error", direct.sample_scores()["cycle_error"])["cycle_error"]
    assert evaluation.intervals["c"]["model"]["cycle_error"] == pytest.approx(wanted, rel=1e-4)
    assert evaluation.observed == {"c": {"held_out": {name: count}}}


class Unaware(Metric):
    """As a plugin writes one that has never heard of it."""

    needs_pairs = False

    def __init__(self):
        self.shown = []

    def update(self, prediction, target):
        self.shown.append(target)

    def compute(self):
        return {"model": {"mean": float(torch.cat(self.shown).mean()), "images": len(self.shown)}}


@pytest.mark.case("A2")
def test_a_metric_that_knows_nothing_of_it_is_right(built):
    experiment = built({"mine": {"type": "cycle_error", "prediction": "x2y", "target": "y"}})
    blueprint = experiment.blueprint
    plan = blueprint.metrics["mine"]
    blueprint.metrics["mine"] = replace(plan, metric=replace(plan.metric, component_class=Unaware))
    evaluation = compute_metrics(blueprint, experiment.model(), Few(), ["mine"])
    row = evaluation.scores["mine"]["model"]
    assert row["images"] == Y  # 40 would count y's items four or five times
    assert row["mean"] == pytest.approx(float(Few().y.mean()), abs=1e-6)
    assert evaluation.observed == {"mine": {"held_out": {"x": Y, "y": Y}}}


@pytest.mark.case("A2")
@pytest.mark.parametrize(
    ("names", "count"),
    [
        ({"x"}, 40),
        ({"y"}, 9),
        ({"x", "y"}, 40),  # 360 pairs, of which there are 40 samples
        ({"b"}, 8),
        ({"a", "b"}, 8),  # 4 and 8 repeat together
        ({"z"}, 40),  # a latent alone: each draw
        ({"y", "z"}, 9),  # one more draw is no new y
    ],
)
def test_how_many_samples_show_something_new(names, count):
    counts = {"x": 40, "y": 9, "a": 4, "b": 8}
    assert count_distinct(names, counts, 40) == count
    items = [tuple(i % counts[n] for n in sorted(names) if n in counts) or i for i in range(40)]
    assert len(set(items)) == count
    assert len(set(items[:count])) == count


@pytest.mark.case("A2", "A3")
def test_what_was_counted_in_words():
    counts = {"x": 40, "y": 9}
    both = observed({"x": 40, "y": 40}, counts, ())
    assert both == {"held_out": {"x": 40, "y": 9}}
    assert format_observed(both) == "40 held-out samples of x, 9 of y"
    one = observed({"x": 9, "y": 9, "z": 9}, counts, {"y"})
    assert one == {"held_out": {"x": 9}, "training": {"y": 9}, "drawn": {"z": 9}}
    assert format_observed(one) == "9 held-out samples of x, 9 training samples of y, 9 draws of z"
    assert format_observed({"training": {"x": 1, "y": 1}}) == "1 training sample of x and y"
    assert [format_observed(odd) for odd in (None, 3, {}, {"held_out": {"x": []}})] == [""] * 4
    assert format_a_sample([]) == "a held-out sample"
    assert format_a_sample(None) == "a sample"
    assert format_a_sample(["x", "y"]) == (
        "a sample (x and y are training images, for want of held-out ones)"
    )


@pytest.mark.case("A2", "A3")
def test_tables_say_it(found):
    evaluation, _ = found({"fid": {**FID, "prediction": "x2y", "target": "y"}}, Few(trained="y"))
    console = Console(file=io.StringIO(), width=100)
    print_scores(evaluation.scores, evaluation.observed, console, evaluation.intervals)
    title = console.file.getvalue().splitlines()[0].rstrip()
    assert title == "fid, 40 held-out samples of x, 9 training samples of y [95 % interval]"
    assert json.loads(json.dumps(evaluation.observed)) == evaluation.observed


@pytest.mark.case("D6")
def test_who_waits_is_told_how_far_it_is(found):
    told = []
    found({"fid": {**FID, "prediction": "y2x", "target": "y"}}, tick=lambda *t: told.append(t))
    assert told == [
        *((done, Y, "samples") for done in range(1, Y + 1)),
        (0, 1, "fid: scores and intervals"),
    ]


def pictures(root, **counts):
    """Folders of so many images each, all of them different."""
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            rng = np.random.default_rng([number, *name.encode()])
            pixels = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((16, 16)).save(root / name / f"{number:03}.png")


FOLDERS = {"train.length": "2 steps", "samples.count": 2, "checkpoints.every": "2 steps"}
CYCLES = {
    **{name: {} for name in ("labels", "photos", "layout")},
    "there": {"type": "cycle_error", "prediction": "F(G(x))", "target": "x", "every": "1 step"},
    "back": {"type": "cycle_error", "prediction": "G(F(y))", "target": "y"},
    "kid": {**FID, "type": "kid", "prediction": "x2y", "target": "y"},
}


@pytest.fixture
def trained(recipes, tiny, tmp_path):
    """A run on folders of images, and all that it said."""

    def run(**counts):
        pictures(tmp_path / "data", **counts)
        data = {"type": "folders", "root": str(tmp_path / "data"), "size": 16}
        changed = {**tiny(data=data, metrics=CYCLES), **FOLDERS}
        console = Console(file=io.StringIO(), width=120)
        out = tmp_path / "run"
        train(build_recipe(recipes / "cyclegan.toml", changed), out, console=console)
        return out, console.file.getvalue()

    return run


def ganzoo(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


def files_of(folder):
    """All that a run says of itself, but for the names of recipe and data."""
    names = ("best.json", "evaluations.jsonl", "report.html")
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


@pytest.mark.case("A3")
def test_nothing_calls_a_training_image_held_out(trained):
    """Without test folders the first training images stand in, and everything says so."""
    folder, said = trained(trainA=5, trainB=3)
    texts = [
        said,
        files_of(folder),
        ganzoo("evaluate", folder),
        ganzoo("evaluate", folder, "--best"),
    ]
    assert "nothing of x and y is held out: samples and metrics are of training ones" in said
    assert "decides which model is the best" in said
    assert "there, 5 training samples of x [95 % interval]" in said
    assert "back, 3 training samples of y [95 % interval]" in said
    assert "best by there, cycle error on 5 training samples of x: step" in said
    assert "on 5 training samples of x, 3 of y, 'folders'" in texts[2]
    best = json.loads((folder / "best.json").read_text())
    assert best["observed"] == {"training": {"x": 5}}
    lines = (folder / "evaluations.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["observed"] == {
        "there": {"training": {"x": 5}},
        "back": {"training": {"y": 3}},
    }
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "On 5 training samples of x." in page
    assert "on 5 training samples of x; kept in" in page
    assert "A row is a sample (x and y are training images, for want of held-out ones)" in page
    told = json.loads(ganzoo("evaluate", folder, "--json"))
    assert (told["counts"], told["trained_on"]) == ({"x": 5, "y": 3}, ["x", "y"])
    for text in texts:
        denials = r"for want of held-out ones|nothing of x and y is held out|0 \+ 0 held out"
        claims = re.sub(denials, "", text)
        assert not re.search("held.out", claims, re.IGNORECASE)


@pytest.mark.case("A2", "A3")
def test_one_side_may_be_held_out_and_the_other_not(trained):
    folder, said = trained(trainA=2, trainB=3, testA=7)
    assert "nothing of y is held out" in said
    assert "decides which model" in said
    dealt = re.search(r"there, (\d) test samples? of x, (\d) validation samples? of x \[", said)
    tested, validated = map(int, dealt.groups())
    assert tested + validated == 7
    assert "back, 3 training samples of y [95 % interval]" in said
    cases = json.loads((folder / "cases.json").read_text())
    assert len(cases["there"]["cycle_error"]["values"]) == tested
    assert len(cases["back"]["cycle_error"]["values"]) == 3
    shown = ganzoo("evaluate", folder, "--metric", "kid")
    assert f"kid, {tested} test samples of x, 3 training samples of y" in shown


@pytest.mark.case("D6")
def test_evaluate_does_what_its_help_says(trained, recipes, tmp_path):
    """A metric of when = "compare" is for --all, also where there is no other."""
    folder, _ = trained(trainA=2, trainB=2, testA=5, testB=4)
    assert list(json.loads(ganzoo("evaluate", folder, "--json"))["scores"]) == ["there", "back"]
    everything = json.loads(ganzoo("evaluate", folder, "--all", "--json"))
    assert set(everything["scores"]) == {"there", "back", "kid"}
    alone = ["--set", "metrics.there={}", "--set", "metrics.back={}"]
    alone += ["--set", "default_metrics=false"]
    refused = CliRunner().invoke(app, ["evaluate", str(folder), *alone])
    assert refused.exit_code == 2
    assert 'take long (kid, when = "compare"): ask for them by --all' in refused.output
    for words in (["--all"], ["--metric", "kid"]):
        found = ganzoo("evaluate", folder, *alone, *words, "--json")
        assert list(json.loads(found)["scores"]) == ["kid"]


@pytest.mark.case("D6")
def test_a_bar_is_shown_on_a_terminal_and_nowhere_else():
    shown = Console(file=io.StringIO(), force_terminal=True, width=80)
    with progress(shown, "opening the model") as tick:
        tick(12, 40, "samples")
    assert "samples" in shown.file.getvalue()
    assert "12/40" in shown.file.getvalue()
    for quiet in (
        Console(file=io.StringIO(), width=80),
        Console(file=io.StringIO(), force_terminal=True, quiet=True),
    ):
        with progress(quiet, "opening the model") as tick:
            tick(12, 40, "samples")
        assert quiet.file.getvalue() == ""


@pytest.mark.case("A2")
def test_alarms_look_at_different_items(built):
    """Of 40 and 10, every tenth sample shows the same y: equal outputs would be no sign."""
    data = Few()
    data.y = data.x[:10] * 0.5
    data.test_counts = lambda: {"x": X, "y": 10}
    data.test_sample = lambda index: {"x": data.x[index % X], "y": data.y[index % 10]}
    shown = choose_examples(data, built({}).model())
    for name in "xy":
        assert len({example[name].numpy().tobytes() for example in shown}) == len(shown) == 4


def test_alarms_draw_latents_as_large_as_test_samples(built):
    """Held-out samples may be larger than training's, as those of denoise.sample_photos."""
    data, model = Few(), built({}).model()
    model.latents = {"z": NormalLatent(like="y")}
    model.variables = {**model.variables, "z": model.variables["y"]}
    data.test_sample = lambda index: {"x": data.x[index], "y": torch.zeros(3, 24, 40)}
    assert {example["z"].shape for example in choose_examples(data, model)} == {(1, 3, 24, 40)}


@pytest.mark.case("A2")
def test_a_study_shows_each_image_once(trained, tmp_path):
    folder, _ = trained(trainA=3, trainB=3, testA=18, testB=10)
    words = ["study", "create", tmp_path / "s", "--real", folder, "--fake", folder]
    ganzoo(*words, "--output", "x2y", "--trials", 4, "--practice", 1)
    made = read_study(tmp_path / "s")
    for images, count in ((made.real.images, 10), (made.methods["run"].images, 18)):
        origins = {image.origin for image in images}  # of the test samples only
        assert len(origins) == len(images) < count
        assert origins < {f"held out {i}" for i in range(count)}


@pytest.mark.case("A2", "A3")
def test_two_folders_of_different_sizes(tmp_path):
    """Each image once; and nobody says that saved images were held out."""
    pictures(tmp_path, real=9, fake=20)
    words = ["evaluate", "--folders", tmp_path / "real", tmp_path / "fake", "--metric", "fid"]
    settings = ["--set", 'metrics.fid.backbone="a"', "--set", "metrics.fid.size=32"]
    sides = []
    for name in ("fake", "real"):
        files = sorted((tmp_path / name).iterdir())
        levels = np.stack([np.array(Image.open(file)) for file in files]).transpose(0, 3, 1, 2)
        sides.append(seen(torch.from_numpy(levels).float() / 127.5 - 1))
    told = json.loads(ganzoo(*words, *settings, "--json"))
    assert told["scores"]["fid"]["model"] == {
        "fid_a": pytest.approx(frechet_distance(*sides), rel=1e-4),
        "images": 20,
        "real_images": 9,
        "resize_clean": 32,
    }
    assert told["observed"] == {"fid": {"given": {"fake": 20, "real": 9}}}
    assert "fid, 20 images of fake, 9 of real [95 % interval]" in ganzoo(*words, *settings)


@pytest.mark.case("A2")
def test_counts_that_differ_are_columns_and_fit_a_terminal():
    counts = {"real_images": 40, "resize": 224}
    rows = {
        "model": {"kid_efficientnet_lite0": 1.0, "std": 0.05, "images": 9, **counts},
        "real, other half": {"kid_efficientnet_lite0": 0.002, "images": 40, **counts},
    }
    ends = {row: {"kid_efficientnet_lite0": (-0.009, 1.097)} for row in rows}
    shown = Console(file=io.StringIO(), width=80)
    on = {"kid": {"held_out": {"y": 9, "x": 40}}}
    print_scores({"kid": rows}, on, shown, {"kid": ends})
    lines = [line.rstrip() for line in shown.file.getvalue().splitlines()]
    assert max(map(len, lines)) <= 80
    assert lines[0] == "kid, 9 held-out samples of y, 40 of x [95 % interval]"
    assert lines[-1] == "real images 40, resize 224"
    cells = [[cell.strip() for cell in line.split("│")] for line in lines if "│" in line]
    assert [(row[3], row[4]) for row in cells] == [("0.050", "9"), ("–", "40")]


@pytest.mark.case("A2")
def test_a_latent_is_drawn_once_a_sample(recipes):
    """G(z) has no items of its own: as many are drawn as there are samples."""
    generator = {"type": "dcgan", "in_channels": 8, "out_channels": 3, "size": 16, "width": 4}
    critic = {"type": "dcgan", "in_channels": 3, "size": 16, "width": 4}
    experiment = build_recipe(
        recipes / "gan.toml",
        {
            **{"networks.G": generator, "networks.D": critic, "train.device": "cpu"},
            **{"latents.z": {"type": "normal", "size": 8}},
            "data": {"type": "streets", "size": 16, "count": 4, "held_out": 2},
            "metrics": {"kid": {}, "fid": {**FID, "prediction": "sample", "target": "y"}},
        },
    )
    model = experiment.model()
    found = compute_metrics(experiment.blueprint, model, Few(), ["fid"])
    assert found.observed == {"fid": {"held_out": {"y": Y}, "drawn": {"z": X}}}
    drawn = [model("sample", seed=i, y=Few().y[:1]) for i in range(X)]
    wanted = frechet_distance(seen(torch.cat(drawn)), seen(Few().y))
    row = found.scores["fid"]["model"]
    assert row["fid_a"] == pytest.approx(wanted, rel=1e-4)
    assert (row["images"], row["real_images"]) == (X, Y)
