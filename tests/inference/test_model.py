"""The model file describes itself, and translates images of any size."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from safetensors.torch import save_file

from ganzoo import build_recipe, load_model
from ganzoo.components.data.image_files import read_image
from ganzoo.engine.checkpoint import read_header, read_tensors
from ganzoo.errors import DataError, GanzooError, ModelError
from ganzoo.inference.translation import translate
from ganzoo.interfaces.levels import from_levels
from ganzoo.training.train import train

SHORT = {"train.length": "2 steps", "samples.count": 1, "metrics": {}}


@pytest.fixture
def trained(recipes, tiny, tmp_path):
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **SHORT})
    train(experiment, tmp_path / "run", console=Console(file=io.StringIO()))
    return experiment, tmp_path / "run"


def photo(path, width=50, height=37, mode="RGB"):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def test_the_file_needs_nothing_beside_it(trained, tmp_path):
    experiment, run = trained
    alone = tmp_path / "elsewhere.safetensors"
    shutil.copy(run / "model.safetensors", alone)
    model = load_model(alone)
    x = torch.rand(1, 3, 24, 20) * 2 - 1
    assert torch.equal(model("x2y", x=x), experiment.networks["G"].eval()(x))
    assert torch.equal(model("y2x", y=x), experiment.networks["F"].eval()(x))


def test_its_header_holds_the_recipe_and_the_versions(trained):
    experiment, run = trained
    header = read_header(run / "model.safetensors")
    assert header["recipe"] == json.loads(json.dumps(experiment.recipe.to_dict()))
    assert header["step"] == 2
    assert list(header["packages"]) == ["ganzoo-core"]


def test_it_holds_what_the_outputs_need_and_no_critic(trained):
    _, tensors = read_tensors(trained[1] / "model.safetensors")
    assert {name.split("/")[1] for name in tensors} == {"F", "G"}


def test_a_checkpoint_names_every_network(trained):
    state = trained[1] / "checkpoints" / "step-00000002" / "state.safetensors"
    _, tensors = read_tensors(state)
    networks = {name.split("/")[1] for name in tensors if name.startswith("network/")}
    assert networks == {"F", "G", "D_X", "D_Y"}


def test_a_file_keeps_its_size(trained, tmp_path):
    source = photo(tmp_path / "in.jpg", 51, 38)
    model = load_model(trained[1])
    done = list(translate(model, source, tmp_path / "out.png", scale="native"))
    assert done == [(source, tmp_path / "out.png")]
    assert Image.open(tmp_path / "out.png").size == (51, 38)
    expected = model("x2y", x=from_levels(read_image(source))[None])[0]
    written = from_levels(read_image(tmp_path / "out.png"))
    assert (written - expected).abs().max() <= 1 / 255 + 1e-6


def test_a_folder_keeps_its_tree_and_names_that_collide_their_suffix(trained, tmp_path):
    for name in ("a.png", "a.bmp", "b.jpg", "deep/c.bmp"):
        photo(tmp_path / "in" / name)
    done = list(translate(load_model(trained[1]), tmp_path / "in", tmp_path / "out", "y2x"))
    assert {target.relative_to(tmp_path / "out").as_posix() for _, target in done} == {
        "a.png.png",
        "a.bmp.png",
        "b.jpg",
        "deep/c.png",
    }
    assert all(target.is_file() for _, target in done)


def test_outputs_are_never_overwritten(trained, tmp_path):
    source = photo(tmp_path / "in.png")
    (tmp_path / "out.png").write_text("precious")
    with pytest.raises(GanzooError, match=r"already exists.*--existing"):
        translate(load_model(trained[1]), source, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_text() == "precious"


@pytest.mark.parametrize(
    ("source", "target", "output", "message"),
    [
        ("missing.png", "out.png", "", "no such file or folder"),
        ("empty", "out", "", "no images"),
        ("in.png", "out.png", "x2z", "Did you mean 'x2y'"),
        ("in.png", "out.gif", "", r"not written; name it .*out\.png, or one of \.jfif"),
        ("folder", "file.png", "", "need a folder"),
    ],
)
def test_wrong_paths_and_names_are_told(trained, tmp_path, source, target, output, message):
    photo(tmp_path / "in.png")
    photo(tmp_path / "folder" / "in.png")
    photo(tmp_path / "file.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(GanzooError, match=message):
        list(translate(load_model(trained[1]), tmp_path / source, tmp_path / target, output))


def test_an_unreadable_image_is_named(trained, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.png"):
        list(translate(load_model(trained[1]), tmp_path / "broken.png", tmp_path / "out.png"))
    assert not (tmp_path / "out.png").exists()


def test_what_is_no_model_is_refused(trained, tmp_path):
    (tmp_path / "text.safetensors").write_text("no tensors here")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    state = trained[1] / "checkpoints" / "step-00000002" / "state.safetensors"
    for path, message in {
        tmp_path / "missing.safetensors": "no such file",
        tmp_path / "text.safetensors": "damaged",
        tmp_path / "other.safetensors": "not written by ganzoo",
        state: "not a model",
    }.items():
        with pytest.raises(ModelError, match=message):
            load_model(path)


def test_a_cut_off_file_is_refused(trained, tmp_path):
    whole = (trained[1] / "model.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="damaged"):
        load_model(tmp_path / "cut.safetensors")


def test_a_model_of_a_missing_plugin_says_which(trained, tmp_path):
    from ganzoo.engine.checkpoint import write_tensors

    header, tensors = read_tensors(trained[1] / "model.safetensors")
    header["recipe"]["networks"]["G"]["type"] = "sharpen.unsharp"
    header["packages"] = {"ganzoo-sharpen": "1.2"}
    del header["format"]
    write_tensors(tmp_path / "foreign.safetensors", tensors, header)
    with pytest.raises(ModelError, match=r"no plugin 'sharpen'.*\n.*ganzoo-sharpen 1\.2"):
        load_model(tmp_path / "foreign.safetensors")


def test_dropout_is_kept_on_where_the_recipe_says_so(tiny):
    tables = {
        "networks": {"G": {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5}},
        "losses": {"l1": {"type": "l1", "prediction": "G(x)", "target": "y"}},
        "outputs": {"on": {"expression": "G(x)", "mode": "train"}, "off": "G(x)"},
        "data": tiny()["data"],
        "optimizers": {"default": {"type": "adam"}},
        "train": {"length": "1 step", "device": "cpu"},
    }
    model = build_recipe(tables).model()
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    assert torch.equal(model("off", x=x, seed=1), model("off", x=x, seed=2))
    before = {k: v.clone() for k, v in model.networks["G"].state_dict().items()}
    assert torch.equal(model("on", x=x, seed=1), model("on", x=x, seed=1))
    assert not torch.equal(model("on", x=x, seed=1), model("on", x=x, seed=2))
    after = model.networks["G"].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before), "statistics stay"


def test_weights_may_start_from_a_model_file(trained, recipes, tiny, tmp_path):
    experiment, run = trained
    started = build_recipe(
        recipes / "cyclegan.toml",
        {**tiny(), **SHORT, "networks.G.weights": str(run / "model.safetensors")},
    )
    for one, two in zip(
        started.networks["G"].parameters(), experiment.networks["G"].parameters(), strict=True
    ):
        assert torch.equal(one, two)
    moved = run.with_name("moved")
    train(started, tmp_path / "second", console=Console(file=io.StringIO()))
    run.rename(moved)
    assert load_model(tmp_path / "second").networks.keys() == {"F", "G"}, "it needs no other file"
    with pytest.raises(ModelError, match="do not fit"):
        build_recipe(
            recipes / "cyclegan.toml",
            {**tiny(), "networks.G.weights": str(moved), "networks.G.width": 8},
        )


def test_what_the_recipe_froze_stays_in_evaluation_mode(tiny):
    """`trainable = false` holds even in an output with the chance of training."""
    unet = {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5}
    tables = {
        "networks": {"G": unet, "F": {**unet, "trainable": False}},
        "losses": {"l1": {"type": "l1", "prediction": "F(G(x))", "target": "y"}},
        "outputs": {
            "moved": {"expression": "G(x)", "mode": "train"},
            "kept": {"expression": "F(x)", "mode": "train"},
        },
        "data": tiny()["data"],
        "optimizers": {"default": {"type": "adam"}},
        "train": {"length": "1 step", "device": "cpu"},
    }
    model = build_recipe(tables).model()
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    assert torch.equal(model("kept", x=x, seed=1), model("kept", x=x, seed=2))
    assert not torch.equal(model("moved", x=x, seed=1), model("moved", x=x, seed=2))
    assert [network.training for network in model.networks.values()] == [True, False]
