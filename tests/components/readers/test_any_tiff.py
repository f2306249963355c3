"""TIFFs of any type, layout and size, drawn at random: three readers and their regions agree."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from ganzoo.components.data.image_files import open_regions, read_header, read_image, read_values
from ganzoo.interfaces import Variable

TYPES = ("uint8", "uint16", "int16", "float16", "float32")
COUNT, REGIONS = 160, 3
Array = NDArray[Any]


class Drawn:
    """A TIFF drawn from a seed: its values (H, W, channels), and how they are written."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = np.random.default_rng([seed, 14])
        self.dtype = str(rng.choice(TYPES))
        self.channels = int(rng.choice([1, 1, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8]))
        self.size = int(rng.integers(1, 90)), int(rng.integers(1, 90))
        self.values = self._draw()
        self.photometric = self._photometric()
        self.how = self._how()

    def write(self, path: Path) -> Path:
        """Write it by tifffile."""
        array = self.values
        if self.how.get("planarconfig") == "separate":
            array = np.moveaxis(array, -1, 0)
        elif self.channels == 1:
            array = array[..., 0]
        tifffile.imwrite(path, array, photometric=self.photometric, metadata=None, **self.how)
        return path

    @property
    def variable(self) -> Variable:
        """As which all values are read."""
        return Variable(self.channels, range=(-2000, 2000) if self.dtype == "int16" else None)

    def _draw(self) -> Array:
        shape = (*self.size, self.channels)
        if self.dtype[0] == "f":
            return self.rng.random(shape).astype(self.dtype)
        low, high = (-2000, 2000) if self.dtype == "int16" else (0, np.iinfo(self.dtype).max)
        return self.rng.integers(low, high + 1, shape).astype(self.dtype)

    def _photometric(self) -> str:
        if self.channels == 3:
            return "rgb"
        whites = self.channels == 1 and self.dtype != "int16" and self.rng.random() < 0.4
        return "miniswhite" if whites else "minisblack"

    def _how(self) -> dict[str, Any]:
        how: dict[str, Any] = {"byteorder": str(self.rng.choice(["<", ">"]))}
        how["bigtiff"] = bool(self.rng.random() < 0.3)
        if self.channels > 1:
            how["planarconfig"] = str(self.rng.choice(["contig", "separate"]))
        if self.channels not in (1, 3):
            how["extrasamples"] = ["unspecified"] * (self.channels - 1)
        if self.rng.random() < 0.5:
            how["tile"] = (16, 16 * int(self.rng.integers(1, 4)))
        else:
            how["rowsperstrip"] = int(self.rng.integers(1, self.size[0] + 1))
        return {**how, **self._compression(how)}

    def _compression(self, how: dict[str, Any]) -> dict[str, Any]:
        is_jpeg = self.dtype == "uint8" and self.channels in (1, 3) and self.rng.random() < 0.4
        if is_jpeg and self.photometric != "miniswhite" and how.get("planarconfig") != "separate":
            return {"compression": "jpeg", **self._eighths(how)}
        kind = str(self.rng.choice(["none", "zlib", "lzw"]))
        if kind == "none":
            return {}
        # The predictor of floats needs whole ones.
        predictor = self.dtype != "float16" and bool(self.rng.random() < 0.5)
        return {"compression": kind, "predictor": predictor}

    def _eighths(self, how: dict[str, Any]) -> dict[str, Any]:
        """Strips of JPEG have whole blocks."""
        return {} if "tile" in how else {"rowsperstrip": 16}


def box_in(size: tuple[int, int], rng: np.random.Generator) -> tuple[int, int, int, int]:
    ends = [np.sort(rng.choice(side + 1, 2, replace=False)) for side in size]
    (top, bottom), (left, right) = ((int(low), int(high)) for low, high in ends)
    return top, left, bottom - top, right - left


def as_pixels(array: Array, drawn: Drawn) -> Array:
    """What tifffile reads, as (H, W, channels)."""
    shape = (*drawn.size, drawn.channels)
    if drawn.how.get("planarconfig") == "separate":
        return np.moveaxis(array.reshape(drawn.channels, *drawn.size), 0, -1)
    return array.reshape(shape)


@pytest.mark.parametrize("seed", range(COUNT))
def test_values_and_regions(tmp_path: Path, seed: int) -> None:
    drawn = Drawn(seed)
    if "compression" in drawn.how:
        pytest.importorskip("imagecodecs")
    path = drawn.write(tmp_path / "a.tif")
    second = as_pixels(tifffile.imread(path), drawn)
    if drawn.how.get("compression") != "jpeg":
        assert np.array_equal(second, drawn.values), drawn.how
    header, raw = read_values(path, drawn.variable)
    assert np.array_equal(raw.values, second), drawn.how
    assert (header.size, header.bands, header.dtype) == (drawn.size, drawn.channels, drawn.dtype)
    assert header.inverted == (drawn.photometric == "miniswhite")
    assert read_header(path, drawn.variable).pages == 1
    image = read_image(path, drawn.variable)
    low, high = drawn.variable.range or header.scale or (0, 0)
    levels = (second.astype(np.float64) - low) / (high - low) * 255
    wanted = 255 - levels if header.inverted else levels
    np.testing.assert_allclose(image, wanted.transpose(2, 0, 1), atol=1e-3)
    assert_regions_agree(path, drawn, image)


def assert_regions_agree(path: Path, drawn: Drawn, image: torch.Tensor) -> None:
    with open_regions(path, drawn.variable) as regions:
        assert regions is not None
        for _ in range(REGIONS):
            top, left, height, width = box = box_in(drawn.size, drawn.rng)
            cut = image[:, top : top + height, left : left + width]
            assert torch.equal(regions.read(box), cut), (drawn.how, box)


def by_magick(path: Path, channels: int) -> Array:
    """(H, W, channels) as 16 bits, by ImageMagick."""
    form = "gray" if channels == 1 else "rgb"
    command = ["convert", f"tiff:{path}", "-depth", "16", "-endian", "LSB", f"{form}:-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<u2")


def suits_magick(drawn: Drawn) -> bool:
    """ImageMagick 6 reads the others, too, but not all the same way."""
    return drawn.dtype in ("uint8", "uint16") and drawn.channels in (1, 3)


@pytest.mark.imagemagick
@pytest.mark.parametrize("seed", [seed for seed in range(COUNT) if suits_magick(Drawn(seed))])
def test_imagemagick_agrees(tmp_path: Path, seed: int) -> None:
    drawn = Drawn(seed)
    path = drawn.write(tmp_path / "a.tif")
    image = read_image(path, drawn.variable).numpy().transpose(1, 2, 0)
    magick = by_magick(path, drawn.channels).reshape(image.shape) / 257
    tolerance = 8 if drawn.how.get("compression") == "jpeg" else 1e-3
    assert np.abs(image - magick).max() <= tolerance, drawn.how
