"""Stacks, channels in pages and volumes through `translate`, by networks without weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import Tensor, nn

from ganzoo.errors import DataError, GanzooError, ModelError
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable


class Mirror(nn.Module):
    """Left and right are exchanged."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(-1)


class Blend(nn.Module):
    """The first channel alone, or the middle slice of a volume."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, x.shape[2] // 2] if x.dim() == 5 else x[:, :1]


class Deepen(nn.Module):
    """An image becomes a volume of three slices, darker by the half each time."""

    def forward(self, x: Tensor) -> Tensor:
        light = (x + 1) / 2
        return torch.stack([light, light / 2, light / 4], 2) * 2 - 1


def model(network: nn.Module, x: Variable, y: Variable | None = None) -> Model:
    wire = OutputWire(parse("G(x)"), domain="y" if y else "")
    return Model({"G": network}, {"x2y": wire}, {"x": x, **({"y": y} if y else {})}, {})


@pytest.fixture
def values(tmp_path: Path) -> np.ndarray:
    values = np.random.default_rng(0).integers(0, 65536, (5, 6, 9), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", values, photometric="minisblack")
    return values


def translated(model: Model, source: Path, target: Path, **settings) -> list[str]:
    todo = translate(model, source, target, scale="native", **settings)
    assert len(list(todo)) == todo.done
    return todo.warnings


@pytest.mark.parametrize("suffix", [".tif", ".npy"])
def test_each_page_becomes_a_page(tmp_path: Path, values: np.ndarray, suffix: str) -> None:
    each = model(Mirror(), Variable(1, (6, 9), pages="each"))
    target = tmp_path / f"out{suffix}"
    assert translated(each, tmp_path / "in.tif", target) == []
    result = tifffile.imread(target) if suffix == ".tif" else np.load(target)
    assert result.dtype == np.uint16
    assert np.array_equal(result, values[:, :, ::-1])


def test_pages_are_computed_as_files_of_their_own_are(tmp_path: Path, values: np.ndarray) -> None:
    each = model(nn.Conv2d(1, 1, 3, padding=1), Variable(1, (6, 9), pages="each"))
    translated(each, tmp_path / "in.tif", tmp_path / "out.tif")
    for page in range(5):
        tifffile.imwrite(tmp_path / "one.tif", values[page], photometric="minisblack")
        translated(each, tmp_path / "one.tif", tmp_path / f"out{page}.tif")
        alone = tifffile.imread(tmp_path / f"out{page}.tif")
        assert np.array_equal(alone, tifffile.imread(tmp_path / "out.tif", key=page))


def test_the_channels_in_pages_become_one_image(tmp_path: Path, values: np.ndarray) -> None:
    joined = model(Blend(), Variable(5, (6, 9), pages="channels"), Variable(1, (6, 9)))
    translated(joined, tmp_path / "in.tif", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.mode == "I;16"
        assert np.array_equal(np.array(image), values[0])


def test_a_volume_becomes_pages(tmp_path: Path, values: np.ndarray) -> None:
    volume = Variable(1, (6, 9), pages="depth", depth=3)
    body = model(Mirror(), volume, volume)
    translated(body, tmp_path / "in.tif", tmp_path / "out.tif")
    assert np.array_equal(tifffile.imread(tmp_path / "out.tif"), values[:, :, ::-1])


def test_volumes_and_images_become_each_other(tmp_path: Path, values: np.ndarray) -> None:
    volume, flat = Variable(1, (6, 9), pages="depth", depth=3), Variable(1, (6, 9))
    translated(model(Blend(), volume, flat), tmp_path / "in.tif", tmp_path / "flat.png")
    with Image.open(tmp_path / "flat.png") as image:
        assert np.array_equal(np.array(image), values[2])
    translated(model(Deepen(), flat, volume), tmp_path / "flat.png", tmp_path / "deep.tif")
    deep = tifffile.imread(tmp_path / "deep.tif").astype(int)
    assert np.array_equal(deep[0], values[2])
    assert np.abs(deep[1:] - [values[2] / 2, values[2] / 4]).max() <= 0.5


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_a_format_of_one_page_is_refused_before_anything(
    tmp_path: Path, values: np.ndarray, suffix: str
) -> None:
    tifffile.imwrite(tmp_path / "in.tif", (values >> 8).astype(np.uint8), photometric="minisblack")
    volume = Variable(1, (6, 9), pages="depth", depth=3)
    for each in (
        model(Mirror(), volume, volume),
        model(Mirror(), Variable(1, (6, 9), pages="each")),
    ):
        with pytest.raises(GanzooError, match=r"holds one page, and these are 5"):
            translate(each, tmp_path / "in.tif", tmp_path / f"out{suffix}")
    assert not (tmp_path / f"out{suffix}").exists()


def test_what_is_no_volume_is_refused(tmp_path: Path) -> None:
    Image.new("L", (9, 6)).save(tmp_path / "flat.png")
    np.save(tmp_path / "body.npy", np.zeros((5, 6, 9), np.uint8))
    body = model(Mirror(), Variable(1, (6, 9), pages="depth", depth=3))
    with pytest.raises(DataError, match=r"flat\.png cannot be read: it is a flat image"):
        translated(body, tmp_path / "flat.png", tmp_path / "out.tif")
    flat = model(Mirror(), Variable(1, (6, 9)))
    with pytest.raises(DataError, match=r"body\.npy cannot be read: it is a volume of 5 slices"):
        translated(flat, tmp_path / "body.npy", tmp_path / "out.tif")


def test_a_page_that_is_broken_leaves_no_file(tmp_path: Path, values: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "in.tif", values, photometric="minisblack", compression="zlib")
    with tifffile.TiffFile(tmp_path / "in.tif") as tiff:
        last = tiff.pages[4].dataoffsets[0]
    with (tmp_path / "in.tif").open("rb+") as file:
        file.seek(last)
        file.write(b"broken")
    each = model(Mirror(), Variable(1, (6, 9), pages="each"))
    with pytest.raises(DataError, match=r"in\.tif cannot be read"):
        translated(each, tmp_path / "in.tif", tmp_path / "out.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["in.tif"]
    todo = translate(each, tmp_path / "in.tif", tmp_path / "out.tif", unreadable="skip")
    assert list(todo) == []
    assert len(todo.refused) == 1


class Growing(nn.Module):
    """Each call gives a wider image."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x.repeat(1, 1, 1, self.calls)


def test_pages_of_other_sizes_are_no_file(tmp_path: Path, values: np.ndarray) -> None:
    each = model(Growing(), Variable(1, (6, 9), pages="each"))
    with pytest.raises(ModelError, match=r"gives the shapes .* pages of a file are alike"):
        translated(each, tmp_path / "in.tif", tmp_path / "out.tif")
