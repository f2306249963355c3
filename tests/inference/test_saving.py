"""Images saved from Python, as `translate` writes them."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import nn

from ganzoo.errors import GanzooError
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable


def model_of(domain=None):
    """Images of x, of a domain y if there is one."""
    wire = OutputWire(parse("f(x)"), domain="y" if domain else "")
    variables = {"x": Variable(size=(8, 8), scale="native"), **({"y": domain} if domain else {})}
    return Model({"f": nn.Identity()}, {"out": wire}, variables, {})


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_file_is_the_one_that_translate_writes(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    source = tmp_path / "a.jpg"
    pixels = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    Image.fromarray(pixels).save(source, exif=exif, dpi=(72, 72))
    model, decoded = model_of(), np.array(Image.open(source))
    list(translate(model, source, tmp_path / f"b{suffix}"))
    image = torch.from_numpy(decoded).permute(2, 0, 1).float() / 127.5 - 1
    for index, given in enumerate((image, image[None])):
        target = tmp_path / "new" / f"{index}{suffix}"
        model.save_image(given, target, like=source)
        assert target.read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_values_are_those_of_the_domain(tmp_path):
    model = model_of(Variable(2, dtype="int16", range=(-1000, 400)))
    image = torch.tensor([-1.0, 1.0, 0.0]).expand(2, 4, 3)
    model.save_image(image, tmp_path / "a.tif")
    written = tifffile.imread(tmp_path / "a.tif")
    assert (written.dtype, written.shape) == (np.int16, (4, 3, 2))
    assert written[0, :, 0].tolist() == [-1000, 400, -300]


def test_a_volume_has_a_page_for_each_slice(tmp_path):
    model = model_of(Variable(1, (8, 8), depth=5, dtype="uint16"))
    slices = torch.linspace(-1, 1, 5).view(1, 5, 1, 1).expand(1, 5, 6, 7)
    model.save_image(slices, str(tmp_path / "a.tif"))
    written = tifffile.imread(tmp_path / "a.tif")
    assert written.shape == (5, 6, 7)
    assert written[:, 0, 0].tolist() == [0, 16384, 32768, 49151, 65535]


@pytest.mark.parametrize(
    ("shape", "name", "quality", "error", "message"),
    [
        ((2, 3, 4, 4), "a.png", 0, ValueError, r"\[2, 3, 4, 4\] is not one image"),
        ((5, 4, 4), "a.png", 0, ValueError, "png holds 1 or 3 channels, and these are 5"),
        ((3, 4, 4), "a.gif", 0, GanzooError, "such files are not written"),
        ((3, 4, 4), "a.jpg", 101, GanzooError, "from 1 to 100"),
    ],
)
def test_what_cannot_be_saved_is_said(tmp_path, shape, name, quality, error, message):
    with pytest.raises(error, match=message):
        model_of().save_image(torch.zeros(shape), tmp_path / name, quality=quality)
    assert not [*tmp_path.iterdir()]
