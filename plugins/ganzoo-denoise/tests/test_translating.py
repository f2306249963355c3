"""What was learnt on crops is used on images as they are, and latent maps are as large."""

from __future__ import annotations

from pathlib import Path

import ganzoo
import numpy as np
import pytest
import torch
from ganzoo.inference.model import Model
from ganzoo.inference.scale import working_size
from ganzoo.inference.translation import translate
from PIL import Image

import ganzoo_denoise

RECIPE = Path(ganzoo_denoise.__file__).parent / "recipes" / "noise_model.toml"
TINY = {"networks.N.width": 4, "networks.N.layers": 3, "networks.D.width": 4}


def model(**changes: object) -> Model:
    """The untrained networks, with the noise model as an output."""
    data = {"type": "denoise.clean_noisy", "clean": "photos", "size": 48, **changes}
    outputs = {"x2y": "N(x)", "noise": "B(y, z)"}
    return ganzoo.build_recipe(RECIPE, {**TINY, "data": data, "outputs": outputs}).model()


@pytest.mark.case("A1")
def test_crops_are_of_images_as_they_are(tmp_path: Path) -> None:
    """Resizing would take the noise away; data that resize are used as other data are."""
    assert working_size((200, 300), model().variables["x"], "trained") == (200, 300)
    assert working_size((200, 300), model(resize=64).variables["x"], "trained") == (48, 72)
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    job = translate(model(), tmp_path / "in.png", tmp_path / "out.png")
    assert job.scale_line.endswith("every image keeps its size")
    list(job)
    assert Image.open(tmp_path / "out.png").size == (90, 60)


@pytest.mark.case("D10")
def test_the_noise_is_as_large_as_the_image() -> None:
    noiser = model()
    for shape in ((48, 48), (20, 70), (65, 33)):
        y = torch.zeros(2, 3, *shape)
        noisy = noiser("noise", y=y)
        assert isinstance(noisy, torch.Tensor)
        assert noisy.shape == y.shape
        assert not torch.equal(noisy[0], noisy[1])
