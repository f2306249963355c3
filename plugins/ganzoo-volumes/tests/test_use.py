"""Volumes (N, C, D, H, W) from training to files."""

from __future__ import annotations

import json
from pathlib import Path

import ganzoo
import numpy as np
import pytest
import tifffile
import torch
from ganzoo.builder import build_recipe
from ganzoo.builder.flops import count_flops
from ganzoo.builder.own_data import own_data
from ganzoo.cli import app
from ganzoo.errors import DataError, GanzooError
from ganzoo.inference.grid import MARGIN, heading_height
from ganzoo.inference.translation import translate
from ganzoo.printing.terminal import Terminal
from ganzoo.training.train import train
from PIL import Image
from torch.nn.functional import conv3d
from typer.testing import CliRunner

from ganzoo_volumes.solids import Solids

SMALL = {
    "networks.G.width": 2,
    "networks.F.width": 2,
    "networks.D_X.width": 2,
    "networks.D_Y.width": 2,
    "networks.D_X.layers": 1,
    "networks.D_Y.layers": 1,
    "data.size": [12, 13, 14],
    "data.held_out": 3,
    "losses.adversarial_X.buffer.size": 2,
    "ema.half_life": "4 images",
    "metrics.back": {
        "type": "cycle_error",
        "prediction": "F(G(x))",
        "target": "x",
    },
    "train.length": "4 steps",
    "train.batch_size": 2,
    "train.log_every": "1 step",
    "train.device": "cpu",
    "samples.count": 2,
}


def trained(out: Path, overrides: dict[str, object]) -> Path:
    train(build_recipe("volumes.cyclegan3d", overrides), out, console=Terminal(quiet=True))
    return out


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return trained(tmp_path_factory.mktemp("volumes") / "run", SMALL)


def test_a_run_has_all_that_other_runs_have(run):
    scores = json.loads((run / "metrics.json").read_text())
    text = json.dumps(scores)
    for name in ("shells", "solids", "alike", "back"):
        assert f'"{name}"' in text
    last = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    assert all(np.isfinite(v) for terms in last["losses"].values() for v in terms.values())
    page = (run / "report.html").read_text()
    assert "2 test samples" in page
    sheet = Image.open(run / "samples" / "step-00000004.png")
    assert sheet.width > 6 * 128
    assert ganzoo.evaluate(run)


def test_the_sheet_shows_middle_slices(run):
    volume = build_recipe("volumes.cyclegan3d", SMALL).data.test_sample(0)["x"]
    middle = ((volume[0, 6] + 1) * 127.5).round().byte().numpy()
    with Image.open(run / "samples" / "step-00000004.png") as image:
        sheet = np.array(image)
    height, width = (10 * side for side in middle.shape)  # enlarged to at least 128 px
    top = heading_height(width)
    cell = sheet[top : top + height, MARGIN : MARGIN + width, 0]
    assert np.array_equal(cell[::10, ::10], middle)


def test_a_model_of_volumes(run):
    model = ganzoo.load_model(run)
    volumes = torch.rand(2, 1, 5, 9, 11) * 2 - 1
    made = model("x2y", x=volumes)
    assert made.shape == volumes.shape
    fast = model.speed_up()("x2y", x=volumes)
    torch.testing.assert_close(fast, made, rtol=1e-4, atol=1e-4)
    for flat in (torch.zeros(1, 1, 9, 11), Image.new("L", (11, 9))):
        with pytest.raises(ValueError, match="depth"):
            model("x2y", x=flat)


def test_a_model_of_drawn_volumes_translates_files(run, tmp_path):
    slices = np.random.default_rng(0).integers(0, 256, (9, 11, 12), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "volume.tif", slices)
    tifffile.imwrite(tmp_path / "flat.tif", slices[0])
    model = ganzoo.load_model(run)
    list(translate(model, tmp_path / "volume.tif", tmp_path / "out.tif", scale="native"))
    assert tifffile.imread(tmp_path / "out.tif").shape == slices.shape
    with pytest.raises(DataError, match="flat image"):
        list(translate(model, tmp_path / "flat.tif", tmp_path / "other.tif"))


def test_a_flat_model_takes_no_volume(tmp_path):
    networks = {"G": {"type": "resnet", "width": 4, "blocks": 1, "kernel": 3}}
    recipe = {
        "networks": {**networks, "D": {"type": "patchgan", "width": 4, "layers": 1}},
        "losses": {"adversarial": {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}},
        "outputs": {"x2y": "G(x)"},
        "data": {"type": "volumes.solids", "size": 16},
        "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
        "train": {"length": "1 step"},
    }
    with pytest.raises(GanzooError, match=r"'G' cannot take 1 x 1 x 16 x 16 x 16"):
        build_recipe(recipe)


def volume_files(folder: Path, name: str, numbers: range, suffix: str) -> None:
    data = Solids([14, 15, 16], held_out=10)
    folder.mkdir(parents=True)
    for number in numbers:
        volume = data.test_sample(number)[name][0].numpy()
        values = ((volume + 1) * 500).round().astype(np.int16)
        if suffix == ".nii":
            nibabel = pytest.importorskip("nibabel")
            stored = nibabel.Nifti1Image(values.transpose(2, 1, 0), np.eye(4))
            stored.to_filename(folder / f"{number}.nii")
        else:
            tifffile.imwrite(folder / f"{number}{suffix}", values, photometric="minisblack")


@pytest.mark.parametrize("suffix", [".tif", ".nii"])
def test_volumes_in_folders_train_and_are_translated(tmp_path, suffix):
    if suffix == ".nii":
        pytest.importorskip("ganzoo_readers")
    for place, name in (("trainA", "x"), ("trainB", "y")):
        volume_files(tmp_path / place, name, range(3), suffix)
    volume_files(tmp_path / "testA", "x", range(4, 6), suffix)
    volume_files(tmp_path / "testB", "y", range(4, 6), suffix)
    data = {
        "type": "folders",
        "root": str(tmp_path),
        "pages": "depth",
        "depth": 8,
        "size": 12,
        "channels": 1,
        "range": [0, 1000],
        "cache": 0,
    }
    kept = {key: value for key, value in SMALL.items() if not key.startswith("data.")}
    without = {f"metrics.{name}": {} for name in ("shells", "solids", "alike")}
    out = trained(tmp_path / "run", {**kept, **without, "data": data})
    model = ganzoo.load_model(out)
    todo = translate(model, tmp_path / "testA", tmp_path / "out", format_="tiff")
    assert len(list(todo)) == 2
    written = tifffile.imread(sorted((tmp_path / "out").iterdir())[0])
    assert written.shape == (14, 15, 16)
    assert written.dtype == np.int16
    assert written.min() >= 0
    assert written.max() <= 1000
    as_array = model("x2y", x=str(next((tmp_path / "testA").iterdir())))
    assert as_array.shape == (14, 15, 16)
    Image.new("L", (16, 15)).save(tmp_path / "flat.png")
    with pytest.raises(DataError, match="it is a flat image"):
        list(translate(model, tmp_path / "flat.png", tmp_path / "flat.tif"))


def test_own_volumes_take_the_place_of_the_recipes(tmp_path):
    for place, name in (("trainA", "x"), ("trainB", "y")):
        volume_files(tmp_path / place, name, range(2), ".tif")
    settings = own_data("volumes.cyclegan3d", [], tmp_path).settings
    table = next(each for each in settings if each.startswith("data="))
    assert 'pages = "depth"' in table
    assert "depth = 16" in table
    arguments = ["check", "volumes.cyclegan3d", *[w for s in settings for w in ("--set", s)]]
    checked = CliRunner().invoke(app, arguments)
    assert checked.exit_code == 0, checked.output
    assert "4 x 1 x 16 x 16 x 16" in checked.output


def test_systems_of_volumes_are_compared(run, tmp_path):
    other = {**SMALL, "train.seed": 1, "train.length": "1 step"}
    trained(tmp_path / "other", other)
    arguments = ["compare", str(run), str(tmp_path / "other"), "--out", str(tmp_path / "both")]
    compared = CliRunner().invoke(app, arguments)
    assert compared.exit_code == 0, compared.output
    assert (tmp_path / "both" / "x2y.png").exists()


def test_networks_of_flat_images_refuse_to_score_volumes():
    kid = {"metrics.k": {"type": "kid", "weights": "none", "prediction": "x2y", "target": "y"}}
    experiment = build_recipe("volumes.cyclegan3d", {**SMALL, **kid})
    with pytest.raises(GanzooError, match="its network takes no volumes"):
        train(experiment, Path("unused"), console=Terminal(quiet=True))


def test_the_counted_arithmetic_is_that_of_three_dimensions():
    """Of one convolution by hand: 2 * 27 * in * out * voxels, forward; twice that backward."""
    volume, weight = torch.rand(1, 2, 6, 6, 6), torch.rand(3, 2, 3, 3, 3, requires_grad=True)
    assert count_flops(lambda: conv3d(volume, weight)) == 2 * 27 * 2 * 3 * 4**3
    assert count_flops(lambda: conv3d(volume, weight).sum().backward()) == 4 * 27 * 2 * 3 * 4**3
