"""Pictures in memory are read as their files would be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.in_memory import read_picture
from ganzoo.interfaces import Variable


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_as_its_file(tmp_path: Path, mode: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).convert(mode)
    suffix = "tif" if mode == "CMYK" else "png"
    (picture.convert("RGB") if mode == "YCbCr" else picture).save(tmp_path / f"a.{suffix}")
    wanted = read_image(tmp_path / f"a.{suffix}")
    assert torch.equal(read_picture(picture, Variable()), wanted)


@pytest.mark.case("A8")
def test_whole_numbers_are_never_cut_to_16_bits() -> None:
    values = np.array([[-1000, 0, 70000, 139000]], np.int32)
    image = read_picture(Image.fromarray(values), Variable(1, range=(-1000, 139000)))
    np.testing.assert_allclose(image[0], (values + 1000) / 140000 * 255, atol=1e-3)
    with pytest.raises(ValueError, match=r"int32.*set range"):
        read_picture(Image.fromarray(values), Variable(1))
    deep = read_picture(Image.fromarray(np.array([[0, 65535]], np.int32)), Variable(1))
    assert deep.tolist() == [[[0, 255]]]
