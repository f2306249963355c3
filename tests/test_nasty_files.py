"""The files that break loaders, as an ordinary user with 3 GB: checked, trained on, translated.

nasty.json says what is expected of each. One that is refused is named by all three commands, and
no other is; the folder that may not be read stops a training with its name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
ENTRIES = json.loads((ROOT / "tests" / "data" / "nasty.json").read_text())
REFUSED = "skip with a named warning"
# A file that some releases of Pillow read, a hidden one, and one whose loading is bounded anyway.
EITHER = ("truncated_2bytes_short.jpg", "._photo.jpg", "bomb_text_chunk.png")
SKIPPED = re.compile(r"skipped: \S*/trainA/(.*?) cannot be read")
MEMORY = 3 << 30
SIZES = ("data.size=16", "networks.G.width=4", "networks.F.width=4", "networks.D_X.width=4")
SIZES += ("networks.D_Y.width=4", "networks.G.blocks=1", "networks.F.blocks=1")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions and limits")


@pytest.fixture
def ganzoo(tmp_path):
    """Run a command with 3 GB, and without the rights by which root reads everything."""
    resource = pytest.importorskip("resource")
    plain = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root reads everything, and there is no setpriv")
        plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]

    def run(*words):
        command = [*plain, sys.executable, "-m", "ganzoo", *map(str, words)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            # What the process itself writes to; torch's libraries alone map more than that.
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
        )

    return run


@pytest.fixture
def nasty(tmp_path, unpack_nasty):
    return unpack_nasty(tmp_path)


@pytest.fixture
def domains(tmp_path, unpack_nasty):
    """The nasty files as x, a few of noise as y."""
    folder = tmp_path / "domains"
    unpack_nasty(tmp_path).rename(tmp_path / "trainA")
    folder.mkdir()
    (tmp_path / "trainA").rename(folder / "trainA")
    shutil.rmtree(folder / "trainA" / "unreadable_dir")
    (folder / "trainB").mkdir()
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (4, 24, 24, 3))):
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "trainB" / f"{number}.png")
    return folder


def as_text(output):
    """What was printed, names of odd bytes included."""
    return output.decode("utf-8", "backslashreplace")


def refused(folder):
    """The files that must be refused, among those that this file system holds."""
    names = [each["name"] for each in ENTRIES if each["expected"].startswith(REFUSED)]
    return {name for name in names if name not in EITHER and os.path.lexists(folder / name)}


def assert_named(folder, names):
    """All files are named that must be refused, and none that must not."""
    assert refused(folder) <= set(names) <= refused(folder) | set(EITHER)


def test_data_check_names_each_and_the_folder_that_may_not_be_read(ganzoo, nasty, tmp_path):
    (nasty / "unreadable_dir").chmod(0)
    try:
        done = ganzoo("data", "check", nasty, "--json", "--sheet", tmp_path / "sheet.png")
    finally:
        (nasty / "unreadable_dir").chmod(0o755)
    assert done.returncode == 1, as_text(done.stderr)
    findings = {each["kind"]: each for each in json.loads(done.stdout)["findings"]}
    assert "unreadable_dir cannot be listed: permission denied" in findings["unlisted"]["text"]
    assert_named(nasty, [name.partition(": ")[0] for name in findings["unreadable"]["files"]])
    assert Image.open(tmp_path / "sheet.png").width > 1000


def test_a_training_stops_at_the_folder_that_may_not_be_read(ganzoo, domains):
    closed = domains / "trainA" / "unreadable_dir"
    closed.mkdir(mode=0)
    done = ganzoo("run", "cyclegan", "--data", domains)
    closed.chmod(0o755)
    assert done.returncode == 2
    assert "unreadable_dir cannot be listed: permission denied" in as_text(done.stderr)


def test_all_are_trained_on_and_translated_or_named(ganzoo, domains, tmp_path):
    settings = [word for each in SIZES for word in ("--set", each)]
    done = ganzoo(
        *("run", "cyclegan", "--data", domains, "--out", "run", "--set", "train.length='1 epoch'"),
        *("--set", "data.unreadable=skip", *settings),
    )
    assert done.returncode == 0, as_text(done.stderr)
    said = as_text(done.stdout + done.stderr)
    assert re.search(r"data: 48 \+ 4 images, .* unreadable, skipped", said)
    assert {*SKIPPED.findall(said)} <= refused(domains / "trainA") | {*EITHER}
    done = ganzoo("translate", "run", domains / "trainA", "out", "--unreadable", "skip")
    assert done.returncode == 0, as_text(done.stderr)
    said = as_text(done.stdout + done.stderr)
    assert_named(domains / "trainA", SKIPPED.findall(said))
    count = len(list((tmp_path / "out").iterdir()))
    assert f"{count} translated" in said
    assert count >= 30
