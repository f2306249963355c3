"""Image files that memory does not hold are translated in tiles, and go on after a kill."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import nn

from ganzoo.components.networks.resnet import ResNet
from ganzoo.errors import GanzooError
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.tiling import tiling as tiling_module
from ganzoo.inference.tiling.live_bytes import Law
from ganzoo.inference.tiling.tiling import Tiling
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable

SIZE = 150, 210
PROGRAM = """
import os, signal, sys, torch
from pathlib import Path
sys.path.insert(0, {here!r})
from test_big_image import Law, Tiling, model_of, give_room, tiling_module
from ganzoo.inference.translation import translate
from ganzoo.inference.tiling.band_file import BandFile

give_room(lambda owner, name, value: setattr(owner, name, value))
add, left = BandFile.add, [{bands}]

def add_and_die(self, *given):
    add(self, *given)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

BandFile.add = add_and_die
list(translate(model_of(), Path({source!r}), Path({target!r}), scale="native"))
"""


def model_of(norm="none"):
    torch.manual_seed(0)
    network = ResNet(width=4, blocks=1, kernel=3, norm=norm).eval()
    return Model(
        {"f": network}, {"out": OutputWire(parse("f(x)"))}, {"x": Variable(3, (32, 32))}, {}
    )


def give_room(set_):
    """Memory for tiles of about 80 x 80 px; whole, the image would need more besides its values."""
    set_(tiling_module, "READING", 1000)
    set_(tiling_module, "GREEDY", 10**9)
    set_(Tiling, "law", Law(0, 100))
    set_(Tiling, "room", 100 * 80 * 80 + 2**26 + 10**6)


@pytest.fixture
def little_room(monkeypatch):
    give_room(lambda owner, name, value: monkeypatch.setattr(owner, name, value))


def photo(path, dtype=np.uint8):
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (*SIZE, 3), dtype)
    tifffile.imwrite(path, values, photometric="rgb", tile=(64, 64))
    return path


def values_of(path):
    return tifffile.imread(path).astype(int)


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".ganzoo-bands"))


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_tiles_of_a_file_are_the_whole_image(tmp_path, monkeypatch, suffix):
    source = photo(tmp_path / "photo.tif")
    if suffix == ".png":  # which is read whole
        source = tmp_path / "photo.png"
        Image.fromarray(tifffile.imread(tmp_path / "photo.tif")).save(source)
    list(translate(model_of(), source, tmp_path / "whole.tif", scale="native"))
    give_room(lambda owner, name, value: monkeypatch.setattr(owner, name, value))
    monkeypatch.setattr(
        Tiling, "room", 100 * 80 * 80 + 2**26 + 10**6 if suffix == ".tif" else 1200000
    )
    told = Told()
    job = translate(model_of(), source, tmp_path / "tiled.tif", scale="native")
    job.progress = told
    assert [target.name for _, target in job] == ["tiled.tif"]
    assert "tiles of" in told.sentence
    assert told.pixels == pytest.approx(told.total, rel=1e-6)
    difference = values_of(tmp_path / "tiled.tif") - values_of(tmp_path / "whole.tif")
    assert abs(difference).max() <= 1  # of 255: a sum that rounds the other way
    assert (difference != 0).mean() < 1e-3
    assert not leftovers(tmp_path)


class Told:
    def start(self, name, sentence, total, done):
        self.sentence, self.total, self.pixels = sentence, total, done

    def advance(self, pixels):
        self.pixels += pixels

    def finish(self):
        pass


@pytest.mark.usefixtures("little_room")
def test_a_run_that_was_killed_goes_on_to_the_same_bytes(tmp_path):
    source, target = photo(tmp_path / "photo.tif"), tmp_path / "out" / "result.tif"
    list(translate(model_of("instance"), source, tmp_path / "expected.tif", scale="native"))
    program = PROGRAM.format(
        here=str(tmp_path.joinpath(__file__).parent),
        bands=2,
        source=str(source),
        target=str(target),
    ).replace("model_of()", "model_of('instance')")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr.decode()
    [state, _] = leftovers(target.parent)
    assert json.loads((target.parent / state).read_text())["bands"] == 2
    assert not target.exists()
    told = Told()
    job = translate(model_of("instance"), source, target, scale="native")
    job.progress = told
    list(job)
    assert told.pixels == pytest.approx(told.total, rel=1e-6)
    assert target.read_bytes() == (tmp_path / "expected.tif").read_bytes()
    assert not leftovers(target.parent)


@pytest.mark.usefixtures("little_room")
def test_bands_of_another_input_are_removed(tmp_path):
    source, target = photo(tmp_path / "photo.tif"), tmp_path / "out" / "result.tif"
    target.parent.mkdir()
    stale = target.parent / ".ganzoo-bands-0123456789abcdef-result.tif.rows"
    other = target.parent / ".ganzoo-bands-0123456789abcdef-other.tif.rows"
    stale.write_bytes(b"x")
    similar = target.parent / ".ganzoo-bands-0123456789abcdef-a-result.tif.rows"
    for path in (other, similar):
        path.write_bytes(b"x")
    list(translate(model_of(), source, target, scale="native"))
    assert leftovers(target.parent) == sorted([other.name, similar.name])


@pytest.mark.usefixtures("little_room")
def test_a_disk_without_room_for_the_bands_is_told_first(tmp_path, monkeypatch):
    source, target = photo(tmp_path / "photo.tif"), tmp_path / "result.tif"
    needed = SIZE[0] * SIZE[1] * 3
    full = shutil.disk_usage(tmp_path)._replace(free=needed - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(GanzooError, match=r"result\.tif: cannot be written \(the disk needs"):
        list(translate(model_of(), source, target, scale="native"))
    assert not target.exists()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full._replace(free=needed))
    list(translate(model_of(), source, target, scale="native"))
    assert target.exists()


@pytest.mark.usefixtures("little_room")
def test_a_long_name_has_bands_too(tmp_path):
    source, target = photo(tmp_path / "photo.tif"), tmp_path / f"{'n' * 245}.tif"
    list(translate(model_of(), source, target, scale="native"))
    assert target.exists()
    assert not leftovers(tmp_path)


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize(
    "damage", [b"{}", b"[", b'{"plan": {}}', b'{"plan": []}', "bands", "inf", None]
)
def test_a_damaged_state_begins_anew(tmp_path, monkeypatch, damage):
    source, target = photo(tmp_path / "photo.tif"), tmp_path / "out" / "result.tif"
    list(translate(model_of(), source, tmp_path / "expected.tif", scale="native"))
    job = iter(translate(model_of(), source, target, scale="native"))
    from ganzoo.inference.tiling.band_file import BandFile

    add = BandFile.add

    def stop(self, *given):
        add(self, *given)
        raise KeyboardInterrupt

    monkeypatch.setattr(BandFile, "add", stop)
    with pytest.raises(KeyboardInterrupt):
        next(job)
    monkeypatch.setattr(BandFile, "add", add)
    state, rows = (target.parent / name for name in leftovers(target.parent))
    if damage is None:
        rows.write_bytes(b"")
    elif isinstance(damage, bytes):
        state.write_bytes(damage)
    else:
        table = json.loads(state.read_text()) | {"bands": -99 if damage == "bands" else 0.5}
        state.write_text(json.dumps(table).replace("0.5", "1e999"))
    list(translate(model_of(), source, target, scale="native"))
    assert target.read_bytes() == (tmp_path / "expected.tif").read_bytes()


def test_too_little_memory_is_one_sentence_that_says_how_much_would_do(tmp_path):
    source = photo(tmp_path / "photo.tif")
    job = translate(model_of(), source, tmp_path / "out.tif", scale="native", memory=2**20)
    with pytest.raises(
        GanzooError, match=r"photo\.tif: .* too little for a tile; give --memory \d+M"
    ):
        list(job)


def test_memory_that_was_asked_for_and_cannot_be_kept_is_refused(tmp_path):
    source, model = photo(tmp_path / "photo.tif"), model_of()
    model.networks["f"].model.append(nn.Dropout(0.5))
    model.outputs["out"] = OutputWire(parse("f(x)"), train_mode=True)
    job = translate(model, source, tmp_path / "out.tif", scale="native", memory=2**20)
    with pytest.raises(GanzooError, match="cannot be tiled: it draws dropout or noise at random"):
        list(job)


@pytest.mark.usefixtures("little_room")
def test_an_image_that_is_resized_is_tiled_in_memory(tmp_path, monkeypatch):
    source = photo(tmp_path / "photo.tif")
    list(translate(model_of(), source, tmp_path / "tiled.tif", scale=0.9))
    monkeypatch.undo()
    list(translate(model_of(), source, tmp_path / "whole.tif", scale=0.9))
    assert abs(values_of(tmp_path / "tiled.tif") - values_of(tmp_path / "whole.tif")).max() <= 1


@pytest.mark.usefixtures("little_room")
def test_deep_values_stay_deep(tmp_path):
    source = photo(tmp_path / "photo.tif", np.uint16)
    list(translate(model_of(), source, tmp_path / "tiled.tif", scale="native"))
    result = tifffile.imread(tmp_path / "tiled.tif")
    assert result.dtype == np.uint16
    assert len(np.unique(result)) > 1000
