"""A bundle holds a model's files and nothing else; equal models make equal bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import ganzoo
from ganzoo.cli import app
from ganzoo.errors import GanzooError, ModelError
from ganzoo.runs.bundle_reading import open_bundle
from ganzoo.sharing.bundle_writing import write_bundle
from ganzoo.sharing.model_card import Statements
from ganzoo.sharing.shipment import gather_files


@pytest.fixture
def bundle(shared_run, tmp_path):
    return write(shared_run, tmp_path / "one.ganzoo")


def write(model, path):
    work = path.with_suffix(".work")
    work.mkdir()
    write_bundle(gather_files(model, work), path)
    return path


def test_a_bundle_is_a_zip_archive_that_others_read(bundle, shared_run):
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[0] == "manifest.json"
        rest = ["card.json", "card.md", "model.safetensors", "recipe.toml", "samples.png"]
        assert names[1:] == rest
        with archive.open("samples.png") as picture, Image.open(picture) as image:
            assert image.format == "PNG"
        assert archive.read("model.safetensors") == (shared_run / "model.safetensors").read_bytes()
        recipe = tomllib.loads(archive.read("recipe.toml").decode())
        assert recipe == tomllib.loads((shared_run / "recipe.toml").read_text())
        manifest = json.loads(archive.read("manifest.json"))
        for file in manifest["files"]:
            content = archive.read(file["name"])
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
            assert len(content) == file["size"]
        assert [file["name"] for file in manifest["files"]] == names[1:]


def test_equal_models_make_equal_bytes(bundle, shared_run, tmp_path):
    os.utime(shared_run / "model.safetensors", (1, 1))
    assert write(shared_run, tmp_path / "two.ganzoo").read_bytes() == bundle.read_bytes()


def test_what_was_opened_makes_the_same_bundle(bundle, tmp_path):
    open_bundle(bundle, tmp_path / "opened")
    assert write(tmp_path / "opened", tmp_path / "two.ganzoo").read_bytes() == bundle.read_bytes()


def test_an_opened_bundle_is_a_model(bundle, shared_run, tmp_path):
    import torch

    open_bundle(bundle, tmp_path / "opened")
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    before, after = (ganzoo.load_model(place) for place in (shared_run, tmp_path / "opened"))
    assert torch.equal(before("x2y", x=images), after("x2y", x=images))


def test_nothing_is_overwritten(bundle, shared_run):
    with pytest.raises(GanzooError, match="already exists"):
        write_bundle(gather_files(shared_run, bundle.with_suffix(".work")), bundle)


def test_plugins_of_training_are_needed_too():
    """Those that the weights need stand in the file; others are known by the recipe's types."""
    from ganzoo.sharing.shipment import _plugins_of

    tables = {"losses": {"a": {"type": "cut.patchnce"}}, "callbacks": {"b": {"type": "own"}}}
    assert list(_plugins_of(tables)) == ["ganzoo-cut"]


@pytest.mark.parametrize("name", ["model.pth", "weights.bin", "last.ckpt"])
def test_foreign_weights_are_imported_first(name, tmp_path):
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(ModelError, match=f"ganzoo import .*{name}"):
        gather_files(tmp_path / name, tmp_path)


def test_a_checkpoint_is_no_model(shared_run, tmp_path):
    with pytest.raises(ModelError, match="a checkpoint is for resuming"):
        gather_files(shared_run / "checkpoints" / "step-00000002", tmp_path)


def test_a_model_file_takes_the_card_that_lies_beside_it(shared_run, tmp_path):
    names = ["card.json", "card.md", "samples.png"]
    file = shutil.copy(shared_run / "model.safetensors", tmp_path)
    assert not {*names} & gather_files(Path(file), tmp_path / "work").files.keys()
    (tmp_path / "samples.png").write_bytes(b"of something else")
    assert not {*names} & gather_files(Path(file), tmp_path / "work").files.keys()
    (tmp_path / "card.md").write_text("# Mine")
    assert gather_files(Path(file), tmp_path / "work").files["card.md"] == tmp_path / "card.md"


def test_a_licence_stands_on_the_card_of_a_run(shared_run, bundle, tmp_path):
    files = gather_files(shared_run, tmp_path, stated=Statements(licence="cc0-1.0")).files
    assert 'license: "cc0-1.0"' in files["card.md"].read_text()
    open_bundle(bundle, tmp_path / "opened")
    with pytest.raises(GanzooError, match="--licence is for a run"):
        gather_files(tmp_path / "opened", tmp_path, stated=Statements(licence="cc0-1.0"))


def test_commands(shared_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["bundle", str(shared_run)])
    assert done.exit_code == 0, done.output
    assert "ganzoo open cyclegan.ganzoo" in done.output
    done = CliRunner().invoke(app, ["open", "cyclegan.ganzoo"])
    assert done.exit_code == 0, done.output
    assert "ganzoo translate cyclegan IN OUT" in done.output
    assert (tmp_path / "cyclegan" / "model.safetensors").is_file()
    again = CliRunner().invoke(app, ["open", "cyclegan.ganzoo"])
    assert again.exit_code == 2
    assert "already exists" in again.output


def test_a_missing_plugin_is_named_and_the_files_are_written(bundle, shared_run, tmp_path):
    """In the bundle of a model that needs two: one of ganzoo's own, and a stranger's."""
    needed = {"ganzoo-sketches": "0.3.0", "sketches": "1.0"}
    shipment = dataclasses.replace(gather_files(shared_run, tmp_path), packages=needed)
    write_bundle(shipment, tmp_path / "two.ganzoo")
    done = CliRunner().invoke(app, ["open", str(tmp_path / "two.ganzoo"), "--out", f"{tmp_path}/o"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "o" / "model.safetensors").is_file()
    own, other = done.stderr.splitlines()
    assert "ganzoo-sketches 0.3.0 is not installed: pip install ./plugins/ganzoo-sketches" in own
    assert "sketches 1.0 is not installed: pip install sketches, if you trust" in other


def test_large_files_have_records_of_their_own(shared_run, tmp_path, monkeypatch):
    """Beyond 2 GB a zip archive has other records; here the bound is lowered for the writer."""
    with monkeypatch.context() as patch:
        patch.setattr(zipfile, "ZIP64_LIMIT", 1000)
        path = write(shared_run, tmp_path / "large.ganzoo")
    assert b"PK\6\6" in path.read_bytes()
    open_bundle(path, tmp_path / "opened")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_a_bundle_is_known_by_its_name(shared_run, tmp_path):
    done = CliRunner().invoke(app, ["bundle", str(shared_run), "--out", str(tmp_path / "a.zip")])
    assert done.exit_code == 2
    assert "ends in .ganzoo" in done.stderr


def test_places_of_this_machine_are_named(shared_run, tmp_path, monkeypatch):
    """The recipe goes along as it is, so its author is told what it says of his disk."""
    from ganzoo.sharing import shipment

    header = {"recipe": {**ganzoo.load_recipe(shared_run).to_dict()}}
    header["recipe"]["data"] = {"type": "folders", "root": "/home/me/photos", "x": "rel"}
    monkeypatch.setattr(shipment, "read_model_header", lambda path: header)
    assert gather_files(shared_run, tmp_path).places == ("data.root = /home/me/photos",)
