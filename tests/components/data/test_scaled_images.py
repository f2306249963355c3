"""Large JPEGs that are decoded at a fraction of their size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, JpegImagePlugin

from ganzoo.components.data.image_cache import ImageCache
from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.pages import ImagePage
from ganzoo.components.data.scaled_images import ScaledImages
from ganzoo.components.data.transforms import Framing, resize
from ganzoo.interfaces import Variable


@pytest.fixture
def drafts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes that JPEGs were decoded at."""
    sizes: list[tuple[int, int]] = []
    original = JpegImagePlugin.JpegImageFile.draft

    def draft(self, mode, size):
        drafted = original(self, mode, size)
        sizes.append(self.size)
        return drafted

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "draft", draft)
    return sizes


def photo(path: Path, width: int, height: int, turned: int = 1) -> Path:
    """Waves of many lengths and an edge."""
    rows, columns = np.mgrid[:height, :width]
    waves = np.stack([np.sin(rows / k + columns**1.1 / (k + 3)) for k in (3, 11, 40)], -1)
    pixels = (127 + 90 * waves).astype(np.uint8)
    pixels[height // 3 :, width // 2 :] //= 2
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = turned
    image.save(path, quality=92, exif=exif)
    return path


def read(path: Path, variable: Variable = Variable(), **settings: object) -> torch.Tensor:  # noqa: B008
    framing = Framing(**{"size": 32, "aspect": "squash", **settings})  # type: ignore[arg-type]
    scaled = ScaledImages(framing, ImageCache(0)).read(ImagePage(path), variable, framing.resize)
    assert scaled.shape == read_image(path, variable).shape
    return scaled.pixels


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("turned", "decoded"), [(1, (160, 100)), (6, (320, 200))])
def test_a_large_photo_is_decoded_at_a_fraction(
    tmp_path: Path,
    drafts: list[tuple[int, int]],
    channels: int,
    turned: int,
    decoded: tuple[int, int],
) -> None:
    """At least 2.5 times the wanted size stays: 100 rows for 32, but 200 columns for 48."""
    path = photo(tmp_path / "a.jpg", 640, 400, turned)
    pixels = read(path, Variable(channels), size=[32, 48])
    exact = resize(read_image(path, Variable(channels)), (32, 48))
    assert pixels.shape == (channels, 32, 48)
    assert drafts == [decoded]
    difference = (pixels.int() - exact.int()).abs()
    assert difference.max() <= 3
    assert difference.float().mean() < 0.5


@pytest.mark.parametrize(
    ("size", "settings"),
    [
        ((642, 400), {}),  # a quarter would leave half a pixel over; a half does not
        ((641, 401), {}),
        ((160, 160), {"size": 70}),  # a half is less than 2.5 x 70
        ((4000, 8), {"aspect": "keep"}),  # only a region of a strip is used
    ],
)
def test_where_a_fraction_would_change_it_all_is_decoded(
    tmp_path: Path, drafts: list[tuple[int, int]], size: tuple[int, int], settings: dict
) -> None:
    path = photo(tmp_path / "a.jpg", *size)
    pixels = read(path, **settings)
    assert drafts == ([(321, 200)] if size == (642, 400) else [])
    if not drafts and pixels.shape[-1] == pixels.shape[-2]:
        assert torch.equal(pixels, resize(read_image(path), tuple(pixels.shape[-2:])))


def test_label_maps_and_ranges_are_decoded_whole(
    tmp_path: Path, drafts: list[tuple[int, int]]
) -> None:
    path = photo(tmp_path / "a.jpg", 640, 400)
    for variable in (Variable(interpolation="nearest"), Variable(range=(0, 100))):
        exact = resize(read_image(path, variable), (32, 32), variable.interpolation)
        assert torch.equal(read(path, variable), exact)
    assert drafts == []


def test_a_broken_photo_is_refused_either_way(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg", 640, 400)
    path.write_bytes(path.read_bytes()[:-2000])
    for size in (32, 300):
        with pytest.raises(Exception, match="cannot be read"):
            read(path, size=size)
