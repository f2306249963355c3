"""Images in memory are read as their files are, and in the same words."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from ganzoo.components.data.image_files import (
    open_regions,
    read_full_header,
    read_header,
    read_image,
)
from ganzoo.components.data.image_source import ImageContent
from ganzoo.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)


@pytest.fixture(params=["a.jpg", "a.png", "a.webp", "a.tif", "a.ppm", "deep.tif"])
def stored(request, tmp_path):
    path = tmp_path / request.param
    if request.param == "deep.tif":
        tifffile.imwrite(path, PIXELS.astype(np.uint16) * 257, photometric="rgb")
    else:
        Image.fromarray(PIXELS).save(path)
    return path


def test_they_are_read_as_files_are(stored):
    content = ImageContent(stored.name, stored.read_bytes())
    assert torch.equal(read_image(content), read_image(stored))
    assert read_header(content) == read_header(stored)
    assert read_full_header(content) == read_full_header(stored)
    with open_regions(content) as regions, open_regions(stored) as others:
        assert (regions is None) == (others is None)
        if regions is not None:
            assert torch.equal(regions.read((3, 4, 5, 6)), others.read((3, 4, 5, 6)))


def test_a_fault_names_the_picture():
    with pytest.raises(DataError, match=r"^letter\.txt cannot be read: it is broken, no image"):
        read_image(ImageContent("letter.txt", b"Dear all"))
    with pytest.raises(DataError, match=r"^/etc/passwd cannot be read: it is broken, no image"):
        read_image(ImageContent("/etc/passwd", b"no path is opened"))
