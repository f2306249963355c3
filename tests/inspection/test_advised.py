"""What data check advises is done, and the training that it advises then makes its steps."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from ganzoo.cli import app

RNG = np.random.default_rng(0)
# So that a step takes a moment.
TINY = ("train.length='1 step'", "train.device=cpu", "train.batch_size=1")
SMALL = {
    "cyclegan": ("data.size=16", "networks.G.width=4", "networks.F.width=4"),
    "pix2pix": ("data.size=16",),
}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")  # a setting may not be cut by the end of a line
    return tmp_path


def ganzoo(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def noise(*shape, top=256):
    return RNG.integers(0, top, shape)


def save(folder, count, pixels=lambda: noise(24, 24, 3).astype(np.uint8)):
    Path(folder).mkdir(parents=True, exist_ok=True)
    for _ in range(count):
        Image.fromarray(pixels()).save(Path(folder) / f"{len(list(Path(folder).iterdir()))}.png")


def domains():
    for name in ("trainA", "trainB"):
        save(f"photos/{name}", 3)


def train(command, *settings):
    """Do as told by the last line, at a tiny size."""
    words = shlex.split(command)
    assert words[:2] == ["ganzoo", "run"]
    small = SMALL.get(words[2], ())
    given = [word for each in (*TINY, *small, *settings) for word in ("--set", each)]
    return ganzoo(*words[1:], "--out", "run", *given)


def advised(*options):
    """The last line, and the settings in the advice of errors and warnings."""
    said = ganzoo("data", "check", "photos", *options).output
    arrows = "\n".join(line for line in said.splitlines() if line.strip().startswith("->"))
    settings = [shlex.split(each)[0] for each in re.findall(r"--set ('[^']+'|\S+)", arrows)]
    return said.splitlines()[-1], [each for each in settings if "size" not in each]


@pytest.mark.parametrize(
    ("use", "make"),
    {
        "domains": domains,
        "pairs": domains,
        "classes": lambda: [save(f"photos/{name}", 3) for name in ("cat", "dog", "owl")],
        "images": lambda: save("photos", 3),
    }.items(),
)
def test_the_recipe_of_each_use_takes_the_folder(use, make):
    make()
    command, _ = advised("--as", use)
    done = train(command)
    assert done.exit_code == 0, done.output


def make_deep():
    for path in Path("photos/trainA").iterdir():
        Image.fromarray(noise(24, 24, top=4096).astype(np.uint16)).save(path)


def make_signed():
    for path in Path("photos/trainB").iterdir():
        values = noise(24, 24, top=3000).astype(np.int16) - 1000
        tifffile.imwrite(path.with_suffix(".tif"), values)
        path.unlink()


def make_floats():
    for path in Path("photos/trainA").iterdir():
        tifffile.imwrite(path.with_suffix(".tif"), noise(24, 24).astype(np.float32))
        path.unlink()


def make_bands():
    shutil.rmtree("photos/trainB")
    Path("photos/trainB").mkdir()
    for number in range(3):
        values = noise(24, 24, 5).astype(np.uint8)
        how = {"photometric": "minisblack", "planarconfig": "contig"}
        tifffile.imwrite(f"photos/trainB/{number}.tif", values, **how)


def make_broken():
    Path("photos/trainA/broken.png").write_bytes(b"")


def make_pages():
    frames = [Image.fromarray(noise(24, 24, 3).astype(np.uint8)) for _ in range(3)]
    frames[0].save("photos/trainA/moving.webp", save_all=True, append_images=frames[1:])


def make_wide():
    save("photos/trainA", 3, lambda: noise(24, 60, 3).astype(np.uint8))


@pytest.mark.parametrize(
    ("make", "setting", "before"),
    [
        (make_deep, "data.range.x=[0,4095]", 0),
        (make_signed, "data.range.y=[-", 2),
        (make_floats, "data.range.x=[0,255]", 2),
        (make_bands, "data.channels.y=5", 2),
        (make_broken, "data.unreadable=skip", 2),
        (make_pages, "data.pages=each", 0),
        (make_wide, "data.aspect=squash", 0),
    ],
)
def test_settings_do_what_they_are_advised_for(make, setting, before):
    """before: the exit code of a training without them."""
    domains()
    make()
    command, settings = advised()
    assert any(each.startswith(setting) for each in settings), settings
    more = ["losses.identity_X={}", "losses.identity_Y={}"] if make is make_bands else []
    assert train(command, *more).exit_code == before
    shutil.rmtree("run", ignore_errors=True)
    done = train(command, *settings)
    assert done.exit_code == 0, done.output


def test_swapped_test_folders_are_read_right():
    for name, top in (("trainA", 256), ("testB", 256), ("trainB", 100), ("testA", 100)):
        save(f"photos/{name}", 24, lambda top=top: noise(24, 24, 3, top=top).astype(np.uint8))
    command, settings = advised()
    assert settings == ["data.test_x=testB", "data.test_y=testA"]
    done = train(command, *settings)
    assert done.exit_code == 0, done.output


def test_the_command_for_no_pairs_is_one_that_works():
    for name in ("trainA", "trainB"):
        save(f"photos/{name}", 24)
    said = ganzoo("data", "check", "photos", "--as", "pairs").output
    (again,) = [line for line in said.splitlines() if "ganzoo data check" in line]
    assert ganzoo(*shlex.split(again)[1:]).exit_code == 0
