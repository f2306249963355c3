"""HEIF, on files that pillow-heif's encoder writes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import torch
from ganzoo import testing
from ganzoo.components.data import image_opening
from ganzoo.components.data.image_files import read_header, read_image, read_values
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable
from PIL import Image, ImageCms

from ganzoo_readers.heif_reader import HeifReader

ROWS, COLUMNS = np.mgrid[:48, :64]
PHOTO = np.stack([COLUMNS * 3, ROWS * 5, ROWS + COLUMNS], -1).astype(np.uint8)


def encoder() -> bool:
    try:
        pillow_heif.from_pillow(Image.fromarray(PHOTO)).save(io.BytesIO(), quality=-1)
    except Exception:
        return False
    return True


pytestmark = pytest.mark.skipif(not encoder(), reason="this pillow-heif has no encoder")


def written(path: Path, *photos: np.ndarray, **how) -> Path:
    first, *others = (Image.fromarray(photo) for photo in photos)
    heif = pillow_heif.from_pillow(first)
    for other in others:
        heif.add_from_pillow(other)
    heif.save(path, quality=-1, chroma=444, **how)
    return path


def test_colours(tmp_path):
    path = written(tmp_path / "a.heic", PHOTO)
    image = read_image(path)
    assert image.dtype == torch.uint8
    assert np.abs(image.numpy().astype(int) - PHOTO.transpose(2, 0, 1)).max() <= 2
    testing.check_reader("readers.heif", path)
    second = np.array(pillow_heif.read_heif(path))
    assert np.array_equal(image, second.transpose(2, 0, 1))
    header = read_header(path)
    assert (header.size, header.channels, header.dtype, header.pages) == ((48, 64), 3, "uint8", 1)
    assert header.left_out == ()


def test_gray_is_exact(tmp_path):
    path = written(tmp_path / "a.heif", PHOTO[..., 0])
    assert np.array_equal(read_image(path, Variable(1))[0], PHOTO[..., 0])


@pytest.mark.parametrize(("mode", "bands"), [("I;16", 1), ("RGB;16", 3)])
def test_ten_bits_are_kept(tmp_path, mode, bands):
    deep = (PHOTO[..., :bands].astype(np.uint16) * 257 + 128).clip(0, 65535)
    heif = pillow_heif.from_bytes(mode=mode, size=(64, 48), data=deep.tobytes())
    heif.save(tmp_path / "a.heic", quality=-1, chroma=444)
    header, raw = read_values(tmp_path / "a.heic", Variable(bands))
    assert (header.dtype, header.scale, header.bands) == ("uint16", (0, 1023), bands)
    assert raw.values.max() > 255
    levels = read_image(tmp_path / "a.heic", Variable(bands))
    assert np.abs(levels.numpy() - deep.transpose(2, 0, 1) / 257).max() < 1


def test_opacity_is_laid_on_white(tmp_path):
    opacity = np.full((48, 64, 1), 255, np.uint8)
    opacity[10:20, 10:20] = 0
    path = written(tmp_path / "a.heic", np.concatenate([PHOTO, opacity], -1))
    image = read_image(path)
    assert (image[:, 12:18, 12:18] == 255).all()
    assert np.abs(image[:, 30:].numpy().astype(int) - PHOTO[30:].transpose(2, 0, 1)).max() <= 2


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_file_s_own_turn_is_applied_once(tmp_path, orientation):
    exif = Image.Exif()
    exif[274], exif[271] = orientation, "a maker"
    path = written(tmp_path / "a.heic", PHOTO, exif=exif.tobytes())
    turned = np.rot90(PHOTO, {1: 0, 3: 2, 6: -1, 8: 1}[orientation]).transpose(2, 0, 1)
    image = read_image(path)
    assert tuple(image.shape) == turned.shape
    assert np.abs(image.numpy().astype(int) - turned).max() <= 2
    header, _ = read_values(path)
    read = Image.Exif()
    read.load(b"Exif\0\0" + header.exif)
    assert (header.orientation, read[271]) == (1, "a maker")


def test_photos_of_one_size_are_pages(tmp_path):
    path = written(tmp_path / "a.heic", PHOTO, PHOTO[::2, ::2], PHOTO[::-1].copy(), primary_index=2)
    with path.open("rb") as file, HeifReader().open(file) as source:
        first, other = (source.read(page).values.astype(int) for page in range(2))
        assert source.header.pages == 2
    assert np.abs(first - PHOTO[::-1]).max() <= 2
    assert np.abs(other - PHOTO).max() <= 2
    assert read_header(path).left_out == ("pictures of other sizes, which are left out",)


def test_a_profile_is_used(tmp_path):
    """One that says that the colours are sRGB changes nothing; it is in the header."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = written(tmp_path / "a.heic", PHOTO, icc_profile=profile)
    header, _ = read_values(path)
    assert header.profile == profile
    assert np.abs(read_image(path).numpy().astype(int) - PHOTO.transpose(2, 0, 1)).max() <= 2


def test_an_avif_is_the_core_s(tmp_path):
    Image.fromarray(PHOTO).save(tmp_path / "a.avif")
    content = (tmp_path / "a.avif").read_bytes()
    assert not HeifReader().recognises(content[:512])
    (tmp_path / "a.heic").write_bytes(content)
    assert read_image(tmp_path / "a.heic").shape == (3, 48, 64)


def test_cut_off_files_are_refused(tmp_path):
    path = written(tmp_path / "a.heic", PHOTO)
    content = path.read_bytes()
    for share in (0.02, 0.1, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(DataError, match=r"a\.heic cannot be read: "):
            read_image(path)


def test_no_more_pixels_than_allowed(tmp_path, monkeypatch):
    path = written(tmp_path / "a.heic", PHOTO)
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 48 * 64 - 1)
    for refused in (read_image, read_header):
        with pytest.raises(DataError, match="cut it into tiles"):
            refused(path)
