"""docs/tour.ipynb runs as it is written, and what it shows is what its files say."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ganzoo

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
PAGE = Path(__file__).parent.parent / "docs" / "tour.ipynb"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("tour")


@pytest.fixture(scope="module")
def cells(place):
    """The outputs of each cell of code, by a word that only its source has."""
    book = nbformat.read(PAGE, as_version=4)
    resources = {"metadata": {"path": str(place)}}
    nbclient.NotebookClient(book, timeout=300, resources=resources).execute()
    return [cell for cell in book.cells if cell.cell_type == "code"]


def outputs(cells, word):
    (cell,) = [cell for cell in cells if word in cell.source]
    return cell.outputs


def printed(cells, word):
    return "".join(each.text for each in outputs(cells, word) if each.output_type == "stream")


def test_what_goes_in_comes_out(cells):
    said = printed(cells, "labels = model.translate").splitlines()
    assert said == ["Image (32, 32)", "ndarray (32, 32, 3)", "Tensor (3, 32, 32)", "True"]
    assert printed(cells, "back =") == "['x2y', 'y2x'] (32, 32)\n"
    assert printed(cells, "digits.sample") == "(4, 1, 32, 32) True\n"


def test_the_picture_is_what_the_saved_model_makes(cells, place):
    (shown,) = outputs(cells, "beside =")
    sheet = Image.open(io.BytesIO(base64.b64decode(shown.data["image/png"])))
    halves = np.asarray(sheet.resize((64, 32), Image.Resampling.NEAREST))
    made = ganzoo.load_model(place / "runs" / "tour").translate(halves[:, :32])
    assert np.abs(made.astype(int) - halves[:, 32:]).max() <= 1
    assert made.std() > 1


def test_the_file_of_onnx_is_the_model(cells, place):
    assert printed(cells, "to_onnx").startswith("parity at ")
    image = torch.rand(1, 3, 20, 36, generator=torch.Generator().manual_seed(0)) * 2 - 1
    session = onnxruntime.InferenceSession(
        str(place / "labels.onnx"), providers=["CPUExecutionProvider"]
    )
    (made,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    expected = ganzoo.load_model(place / "runs" / "tour").translate(image)
    assert np.abs(made - expected.numpy()).max() < 1e-4


def test_the_changed_objective_was_trained_and_measured(cells, place):
    weights = dict(line.split(" weight ") for line in printed(cells, "change =").splitlines())
    weights = {name.strip(): weight for name, weight in weights.items()}
    assert (weights["cycle_X"], weights["cycle_Y"], weights["identity_Y"]) == ("10", "30", "5")
    assert printed(cells, "outcome =") == "20 True\n"
    recipe = ganzoo.load_recipe(place / "runs" / "changed")
    assert recipe.losses["identity_Y"].weight == 5
    scores = ganzoo.evaluate(place / "runs" / "changed", tell=lambda text: None).scores
    share = scores["labels"]["model"]["pixel_accuracy"]
    assert printed(cells, "accuracy =").startswith(f"{share:.3f} of the pixels")


def test_the_page_is_small():
    assert PAGE.stat().st_size < 200_000
