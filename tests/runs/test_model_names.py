"""A name means a ready model of an installed package, wherever a model is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import ganzoo
from ganzoo.builder.packaging import write_model
from ganzoo.cli import app
from ganzoo.errors import ModelError
from ganzoo.registry.discovery import Plugin, installed
from ganzoo.runs.model_files import best_model, model_file
from ganzoo.runs.model_names import find_model, find_place
from ganzoo.runs.ready_models import ready_rows

CARD = {
    "load": "streets/tiny",
    "summary": "photos to maps",
    "bytes": 2_790_000,
    "licence": "apache-2.0",
    "objective": ["G against D"],
    "outputs": {"x2y": "G(x)"},
    "scores": {"iou": {"model": {"iou": 0.6, "n": 9}, "copy the input": {"iou": 0.1633, "n": 9}}},
    "intervals": {"iou": {"model": {"iou": [0.59, 0.61]}}},
    "command": "ganzoo run cyclegan \x1b[2J",
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory, tiny_settings):
    """A ready model `streets/tiny` in a folder, and its card."""
    folder = tmp_path_factory.mktemp("ready") / "streets" / "tiny"
    recipe = Path(__file__).parent.parent.parent / "recipes" / "cyclegan.toml"
    experiment = ganzoo.build_recipe(recipe, tiny_settings)
    write_model(experiment, folder / "model.safetensors", 3)
    (folder / "card.json").write_text(json.dumps(CARD))
    return folder


@pytest.fixture
def ready(weights, monkeypatch, tmp_path):
    """It is installed, and nothing lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    plugin = Plugin("models", "ganzoo-models", "1.2")
    monkeypatch.setattr(installed(), "models", {"streets/tiny": (weights, plugin)})
    return weights


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_a_name_is_a_folder(ready):
    assert find_model("streets/tiny") == find_model(Path("streets/tiny")) == ready
    assert model_file(Path("streets/tiny")) == ready / "model.safetensors"
    assert ganzoo.load_model("streets/tiny").origin.step == 3
    assert find_place("streets/tiny") == ready
    assert find_place("streets/none") == Path("streets/none")
    with pytest.raises(ModelError, match="keeps no best model"):
        best_model(Path("streets/tiny"))


def test_a_path_that_exists_wins(ready, tmp_path):
    (tmp_path / "streets" / "tiny").mkdir(parents=True)
    assert find_model("streets/tiny") == Path("streets/tiny")
    with pytest.raises(ModelError, match="this folder holds no model"):
        ganzoo.load_model("streets/tiny")


SEE = "no ready model of that name.{} See: ganzoo list models"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("streets/tyni", SEE.format(" Did you mean 'streets/tiny'?")),
        ("a/b", SEE.format("")),
        ("streets/tiny/more", "no such file or folder"),
        ("../streets/tiny", "no such file or folder"),
        ("streets/tiny\x00", "no such file or folder"),
        ("tiny", "no such file or folder"),
        ("no.safetensors", "no such file or folder"),
    ],
)
def test_unknown_names_are_refused(ready, name, told):
    with pytest.raises(ModelError) as caught:
        find_model(name)
    assert str(caught.value).endswith(told)


def test_without_a_package_they_say_where_models_come_from(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(installed(), "models", {})
    (tmp_path / "runs").mkdir()
    done = run("translate", "streets/cyclegan", ".", "out")
    assert done.exit_code == 2
    assert "ready models are installed; they come in packages: pip install" in done.stderr
    assert "ready" not in run("translate", "runs/cyclegn", ".", "out").stderr
    assert run("list", "models").output == ""


def test_every_command_that_takes_a_model_takes_a_name(ready, tmp_path):
    photo = tmp_path / "photo.png"
    Image.new("RGB", (24, 20), "red").save(photo)
    assert run("translate", "streets/tiny", photo, "out.png").exit_code == 0
    assert Image.open("out.png").size == (24, 20)
    words = ["evaluate", "streets/tiny", "--json", "--set", "data.held_out=3"]
    scores = json.loads(run(*words).stdout)
    assert (scores["step"], scores["model"]) == (3, str(ready / "model.safetensors"))
    assert "needs x" in run("sample", "streets/tiny", "drawn").stderr


def test_the_list_says_what_the_cards_say(ready):
    (row,) = ready_rows()
    assert row == {
        "name": "streets/tiny",
        "package": "ganzoo-models",
        "version": "1.2",
        "size": "2.8 MB",
        "score": "iou 0.6 [0.59, 0.61], copy the input 0.163",
        "licence": "apache-2.0",
        "summary": "photos to maps",
    }
    assert json.loads(run("list", "models", "--json").stdout) == [row]
    assert run("list", "models").output.startswith("streets/tiny\tganzoo-models\t1.2\t2.8 MB\t")
    assert "streets/tiny" in run("list").output
    shown = run("show", "streets/tiny").output
    assert "iou, copy the input" in shown
    assert "iou 0.163, n 9" in shown
    assert "\x1b" not in shown
    assert "Did you mean 'streets/tiny'?" in run("show", "streets/tniy").stderr


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (None, "it has no card"),
        ("[1]", "its card cannot be read"),
        ('{"scores": {"a": {"model": {"b": "x"}}, "c": 3, "d": {"e": {}}}, "bytes": "y"}', ""),
        ('{"scores": [], "intervals": 3}', ""),
    ],
)
def test_a_damaged_card_stops_no_list(tmp_path, monkeypatch, card, told):
    monkeypatch.setattr(installed(), "models", {"a/b": (tmp_path, Plugin("p", "p", "1"))})
    if card is not None:
        (tmp_path / "card.json").write_text(card)
    (row,) = ready_rows()
    assert row["summary"].startswith(told)
    assert (row["score"], row["size"]) == ("", "")
