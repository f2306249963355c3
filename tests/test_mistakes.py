"""What a user gets wrong: one clear message, exit code 2, no traceback, nothing overwritten."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image


def ganzoo(*words, cwd):
    return subprocess.run(
        [sys.executable, "-m", "ganzoo", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    """Unpaired images, one of which is broken."""
    for name in ("trainA", "trainB"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for index in range(3):
            Image.new("RGB", (20, 20), (index, 50, 90)).save(
                tmp_path / "images" / name / f"{index}.png"
            )
    (tmp_path / "images" / "empty").mkdir()
    (tmp_path / "images" / "trainA" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    return tmp_path


def small(**data):
    settings = {"type": "folders", "root": "images", "size": 16, **data}
    inline = ", ".join(f"{k} = {v!r}" for k, v in settings.items())
    words = ["--set", f"data={{ {inline} }}", "--set", "metrics={}", "--set", "train.device=cpu"]
    for name in ("G", "F"):
        words += ["--set", f"networks.{name}={{ type = 'resnet', width = 4, blocks = 1 }}"]
    for name in ("D_X", "D_Y"):
        words += ["--set", f"networks.{name}={{ type = 'patchgan', width = 4, layers = 1 }}"]
    return [*words, "--set", "train.length=20 steps"]


CASES = {
    "a recipe that is not there": (["run", "cyclegann"], "Did you mean 'cyclegan'"),
    "a word that is none of a list": (
        ["list", "modles"],
        "'what': 'modles' is not one of 'components', 'recipes', 'models', 'plugins', 'rules', "
        "'runs'. Did you mean 'models'?",
    ),
    "a wrong setting": (["run", "cyclegan", "--set", "train.lenght=1"], "Did you mean 'length'"),
    "a network that is unknown": (
        ["run", "cyclegan", "--set", "losses.cycle_X.prediction=F(Gx(x))"],
        "there is no network 'Gx'. Did you mean 'G'?",
    ),
    "a call of something that is no head": (
        ["run", "cyclegan", "--set", "losses.cycle_X.prediction=F.load_state_dict(x)"],
        "'resnet' has no head 'load_state_dict'",
    ),
    "a missing root": (["run", "cyclegan_paper"], "data.root"),
    "a missing folder": (["run", "cyclegan", *small(root="nowhere")], "nowhere"),
    "an empty folder": (["run", "cyclegan", *small(x="empty")], "empty"),
    "channels that do not fit": (
        ["check", "pix2pix", "--set", "networks.D.in_channels=3"],
        "this is 3, and x and y bring 6 channels to D(x, y): leave it out",
    ),
    "an override without a value": (["run", "cyclegan", "--set", "train.seed"], "path=value"),
    "a model that is not there": (["translate", "nowhere", "a.png", "b.png"], "no such file"),
    "a part that is not there": (["show", "resnext"], "Did you mean 'resnet'"),
}


@pytest.mark.parametrize(("words", "message"), CASES.values(), ids=CASES.keys())
def test_a_mistake_is_told(words, message, folder):
    done = ganzoo(*words, cwd=folder)
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == 2
    assert not (folder / "runs").exists(), "nothing was made"


@pytest.mark.case("C10")
def test_an_unreadable_image_is_told_before_the_first_step(folder):
    done = ganzoo("run", "cyclegan", *small(), cwd=folder)
    assert done.returncode == 2
    assert "broken.jpg" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (folder / "runs").exists(), "nothing was made"


@pytest.mark.parametrize("workers", [0, 1])
def test_an_image_cut_off_stops_the_run_and_loses_nothing(folder, workers):
    """Its header is whole, so that only reading it shows what is wrong."""
    broken = folder / "images" / "trainA" / "broken.jpg"
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(broken)
    broken.write_bytes(broken.read_bytes()[:1500])
    words = ["run", "cyclegan", *small(), "--set", f"train.workers={workers}"]
    done = ganzoo(*words, cwd=folder)
    assert done.returncode == 2
    assert "broken.jpg" in done.stderr
    assert "ganzoo resume runs/cyclegan" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 2
    broken.unlink()
    assert ganzoo("resume", "runs/cyclegan", "--change", "data", cwd=folder).returncode == 0


def test_an_unreadable_image_may_be_skipped(folder):
    done = ganzoo("run", "cyclegan", *small(unreadable="skip"), cwd=folder)
    assert done.returncode == 0, done.stderr


def test_an_existing_folder_is_left_alone(folder):
    (folder / "precious").mkdir()
    (folder / "precious" / "thesis.tex").write_text("...")
    done = ganzoo("run", "cyclegan", *small(), "--out", "precious", cwd=folder)
    assert done.returncode == 2
    assert "nothing was changed" in done.stderr
    assert [path.name for path in (folder / "precious").iterdir()] == ["thesis.tex"]


def test_debug_shows_the_traceback(folder):
    done = ganzoo("run", "cyclegann", "--debug", cwd=folder)
    assert done.returncode == 2
    assert "Traceback" in done.stderr
