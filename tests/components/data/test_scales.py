"""Values that use little of their scale, or lie outside it, are told with counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from ganzoo import build_recipe
from ganzoo.cli import app
from ganzoo.components.data.folder_base import FolderData
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.paired_folders import PairedFolders
from ganzoo.components.data.scales import SAMPLED, scale_warnings
from ganzoo.interfaces import Variable
from ganzoo.recipe.loading import load_recipe


def pngs(folder: Path, top: int, count: int = 3, low: int = 0) -> list[Path]:
    """16-bit PNGs whose values are `low` ... `top`, both of them there."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        values = np.random.default_rng(number).integers(low, top + 1, (8, 9), dtype=np.uint16)
        values[0, 0], values[0, 1] = low, top
        Image.fromarray(values).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


@pytest.mark.case("A9")
@pytest.mark.parametrize(("top", "suggested"), [(4095, 4095), (1000, 1023), (3, 3)])
def test_12_bits_in_files_of_16_are_told(tmp_path: Path, top: int, suggested: int) -> None:
    files = pngs(tmp_path / "a", top)
    assert read_image(files[0]).max() < 16  # nearly black, as it was in silence
    (told,) = scale_warnings(files, Variable(1), "data.range.x")
    assert told == (
        f"values of 3 sampled images lie in 0 ... {top} and use {top / 65535:.1%} of 0 ... 65535, "
        f"so all images look nearly alike; set data.range.x = [0, {suggested}]"
    )
    ranged = Variable(1, range=(0, suggested))
    assert scale_warnings(files, ranged) == []
    assert read_image(files[0], ranged).max() == pytest.approx(top / suggested * 255, abs=1e-3)


@pytest.mark.case("A9")
def test_a_narrow_band_far_from_black(tmp_path: Path) -> None:
    (told,) = scale_warnings(pngs(tmp_path / "a", 31000, low=30000), Variable(1), "data.range.x")
    assert told.endswith("set data.range.x = [30000, 31000]")


@pytest.mark.case("A9")
def test_a_sixteenth_is_enough(tmp_path: Path) -> None:
    assert scale_warnings(pngs(tmp_path / "a", 4096), Variable(1)) == []


def test_flat_images_say_nothing(tmp_path: Path) -> None:
    for level in (10, 11, 12):
        Image.new("L", (4, 4), level).save(tmp_path / f"{level}.png")
    assert scale_warnings(sorted(tmp_path.iterdir()), Variable(1)) == []


@pytest.mark.case("A9")
@pytest.mark.parametrize("kind", [Folders, PairedFolders])
def test_folders_tell_before_the_first_step(tmp_path: Path, kind: type[FolderData]) -> None:
    """Of x, whose files hold 12 bits; y uses its range. What is advised helps."""
    pngs(tmp_path / "trainA", 4095)
    pngs(tmp_path / "trainB", 65535)
    settings: dict[str, object] = {"root": str(tmp_path), "size": 8, "channels": 1}
    data = kind(**settings)  # type: ignore[arg-type]
    data.prepare()
    (told,) = data.inspect()
    assert told.startswith("x: values of 3 sampled images lie in 0 ... 4095 and use 6.2% of")
    assert told.endswith("set data.range.x = [0, 4095]")
    assert data.test_sample(0)["x"].max() < -0.87
    recipe = load_recipe("pix2pix", {"data": {"type": "folders", **settings}})
    advised = load_recipe(recipe.to_dict(), [told.split("set ")[1].replace(" = ", "=", 1)])
    assert advised.data is not None
    mended = kind(**settings, range=advised.data.settings["range"])  # type: ignore[arg-type]
    mended.prepare()
    assert mended.inspect() == []
    assert mended.test_sample(0)["x"].max() > 0.9


@pytest.mark.case("A9")
def test_values_outside_the_range_are_counted(tmp_path: Path) -> None:
    values = np.zeros((10, 10), np.int16)
    values[0] = [-2000, -1001, *[400] * 8]
    values[1, 0] = 401
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack", metadata=None)
    (told,) = scale_warnings([tmp_path / "a.tif"], Variable(1, range=(-1000, 400)))
    assert told == (
        "3.0% of the values of 1 sampled image lie outside the range -1000 ... 400 and become its "
        "ends"
    )


def test_at_most_so_many_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ganzoo.components.data import scales

    seen: list[Path] = []
    real = scales.read_values
    monkeypatch.setattr(scales, "read_values", lambda p, v: (seen.append(p), real(p, v))[1])
    files = pngs(tmp_path / "a", 65535, count=SAMPLED + 3)
    assert scale_warnings(files, Variable(1)) == []
    assert 8 <= len(seen) <= SAMPLED
    assert seen[0] == files[0]
    assert seen[-1] in files[-2:]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of 12-bit images, untrained: what is told does not depend on it."""
    from rich.console import Console

    from ganzoo.training.train import train

    root = tmp_path_factory.mktemp("deep")
    for name in ("trainA", "trainB"):
        pngs(root / name, 4095)
    small = {"type": "resnet", "width": 4, "blocks": 1}
    critic = {"type": "patchgan", "width": 4, "layers": 1}
    changes = {
        **{f"networks.{name}": small for name in ("G", "F")},
        **{f"networks.{name}": critic for name in ("D_X", "D_Y")},
        "data": {"type": "folders", "root": str(root), "size": 16, "range": {"x": [0, 4095]}},
        "train.device": "cpu",
        "train.length": "1 steps",
        "samples.count": 1,
        "metrics": {},
    }
    train(build_recipe("cyclegan", changes), root / "run", console=Console(quiet=True))
    return root / "run" / "model.safetensors"


@pytest.mark.case("A9")
def test_the_range_stands_in_the_filled_recipe(model: Path) -> None:
    data = build_recipe(model.parent).data
    assert data.variables["x"].range == (0, 4095)
    assert data.variables["y"].range is None


@pytest.mark.case("A9", "A11")
def test_translate_reads_as_training_did_and_tells_what_it_left_out(
    model: Path, tmp_path: Path
) -> None:
    """The range stands in the model; a page more, and a value above the range, are told once."""
    source = tmp_path / "in"
    pngs(source, 4095, count=2)
    pages = np.full((3, 8, 9), 4095, np.uint16)
    pages[0, 0, 0] = 5000
    tifffile.imwrite(source / "a.tif", pages, photometric="minisblack", metadata=None)
    done = CliRunner().invoke(
        app, ["translate", str(model), str(source), str(tmp_path / "out"), "--output", "x2y"]
    )
    assert done.exit_code == 0, done.output
    notes = [line for line in done.output.splitlines() if line.startswith("note: ")]
    assert len(notes) == 2
    assert "a.tif has more than one page" in notes[0]
    assert "2 are left out" in notes[0]
    assert notes[1].startswith("note: 0.5% of the values of 3 sampled images lie outside")


@pytest.mark.case("A9")
def test_translate_tells_of_images_too_dark_for_the_range(model: Path, tmp_path: Path) -> None:
    Image.new("L", (16, 16), 200).save(tmp_path / "a.png")
    done = CliRunner().invoke(
        app,
        [
            "translate",
            str(model),
            str(tmp_path / "a.png"),
            str(tmp_path / "b.png"),
            "--output",
            "x2y",
        ],
    )
    assert done.exit_code == 0, done.output
    assert "which are dark in the range 0 ... 4095" in done.output
