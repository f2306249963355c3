"""ICC profiles, written by hand, and the sRGB that follows from their numbers."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ganzoo.components.data.image_files import read_header, read_image
from ganzoo.interfaces import Variable

Array = NDArray[np.float64]
# Primaries adapted to D50, a column each (Adobe RGB (1998) encoding, 4.3; IEC 61966-2-1).
ADOBE = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
D50 = np.array([0.96420, 1.0, 0.82491])
GAMMA = 563 / 256


def xyz(values: Array) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def gamma(exponent: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256)) + b"\0\0"


def profile(
    space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", pcs: bytes = b"XYZ "
) -> bytes:
    """An ICC profile of version 2."""
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, kind, space, pcs) + b"\0" * 12
    head += b"acsp" + b"\0" * 28 + struct.pack(">3i", *(round(v * 65536) for v in D50))
    return head.ljust(128, b"\0") + table + body


def named(tags: dict[bytes, bytes]) -> dict[bytes, bytes]:
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    return {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz(D50), **tags}


def of_rgb(matrix: Array, exponent: float) -> bytes:
    columns = {f"{c}XYZ".encode(): xyz(matrix[:, i]) for i, c in enumerate("rgb")}
    curves = {f"{c}TRC".encode(): gamma(exponent) for c in "rgb"}
    return profile(b"RGB ", named({**columns, **curves}))


def of_gray(exponent: float) -> bytes:
    return profile(b"GRAY", named({b"kTRC": gamma(exponent)}))


def of_cmyk(corners: Array) -> bytes:
    """Lab of the 16 combinations of full and no ink (C, M, Y, K; K changes fastest)."""
    levels = np.stack([corners[:, 0] * 2.55, corners[:, 1] + 128, corners[:, 2] + 128], -1)
    matrix = struct.pack(">9i", *(65536 * int(i % 4 == 0) for i in range(9)))
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + ramp * 4
    table += levels.round().astype(np.uint8).tobytes() + ramp * 3
    return profile(b"CMYK", named({b"A2B0": table, b"A2B1": table}), b"prtr", b"Lab ")


def encoded(linear: Array) -> Array:
    """Linear sRGB to levels."""
    linear = linear.clip(0, 1)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curve * 255


def from_xyz(values: Array) -> Array:
    return encoded(values @ np.linalg.inv(SRGB).T)


def from_adobe(levels: Array) -> Array:
    return from_xyz((levels / 255) ** GAMMA @ ADOBE.T)


def from_lab(lab: Array) -> Array:
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    return from_xyz(np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * D50)


@pytest.fixture
def colours() -> NDArray[np.uint8]:
    """Some of which lie outside sRGB."""
    return np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


def save(path: Path, array: NDArray[np.uint8], icc: bytes) -> Path:
    Image.fromarray(array).save(path, icc_profile=icc, lossless=True)
    return path


@pytest.mark.case("A20")
@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_adobe_rgb_becomes_srgb(tmp_path: Path, colours: NDArray[np.uint8], suffix: str) -> None:
    path = save(tmp_path / f"a.{suffix}", colours, of_rgb(ADOBE, GAMMA))
    image = read_image(path)
    wanted = from_adobe(colours.astype(np.float64))
    assert image.dtype == torch.uint8
    assert np.abs(image.permute(1, 2, 0).numpy() - wanted).max() < 1.5
    assert np.abs(wanted - colours).max() > 50  # the difference that it makes
    ignored = read_image(path, Variable(colour="ignore"))
    assert np.array_equal(ignored.permute(1, 2, 0), colours)
    assert read_header(path).left_out == ()


@pytest.mark.case("A20")
def test_adobe_rgb_jpeg(tmp_path: Path) -> None:
    """A smooth picture, of which JPEG loses little."""
    rows, columns = np.mgrid[:64, :64]
    smooth = np.stack([rows * 3, columns * 3, 255 - rows * 2], -1).astype(np.uint8)
    Image.fromarray(smooth).save(
        tmp_path / "a.jpg", icc_profile=of_rgb(ADOBE, GAMMA), quality=98, subsampling=0
    )
    wanted = from_adobe(smooth.astype(np.float64))
    off = np.abs(read_image(tmp_path / "a.jpg").permute(1, 2, 0).numpy() - wanted)
    assert off.mean() < 1
    assert np.abs(wanted - smooth).mean() > 5


@pytest.mark.case("A20")
def test_opacity_is_laid_on_white_after_the_colours(
    tmp_path: Path, colours: NDArray[np.uint8]
) -> None:
    opacity = np.random.default_rng(1).integers(0, 256, (12, 16, 1), dtype=np.uint8)
    path = save(tmp_path / "a.png", np.concatenate([colours, opacity], -1), of_rgb(ADOBE, GAMMA))
    share = opacity / 255
    wanted = from_adobe(colours.astype(np.float64)) * share + 255 * (1 - share)
    assert np.abs(read_image(path).permute(1, 2, 0).numpy() - wanted).max() < 2


def test_srgb_profiles_change_nothing(tmp_path: Path, colours: NDArray[np.uint8]) -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = save(tmp_path / "a.png", colours, own)
    assert np.array_equal(read_image(path).permute(1, 2, 0), colours)


@pytest.mark.case("A20")
def test_gray_profile(tmp_path: Path) -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = save(tmp_path / "a.png", gray, of_gray(1.0))
    wanted = encoded(gray / 255.0)
    for channels in (1, 3):
        image = read_image(path, Variable(channels))
        assert len(image) == channels
        assert np.abs(image.numpy() - wanted).max() <= 1.5
    assert np.array_equal(read_image(path, Variable(1, colour="ignore"))[0], gray)


def test_gray_image_with_a_profile_of_rgb(tmp_path: Path) -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = save(tmp_path / "a.png", gray, of_rgb(SRGB, 1.0))
    assert np.abs(read_image(path, Variable(1))[0].numpy() - encoded(gray / 255.0)).max() <= 1.5


@pytest.mark.case("A20")
@pytest.mark.parametrize("suffix", ["tif", "jpg"])
def test_cmyk_with_a_profile(tmp_path: Path, suffix: str) -> None:
    corners = np.array([[100.0, 0, 0]] * 16)
    for place in range(16):
        cyan, magenta, yellow, black = (bool(place & bit) for bit in (8, 4, 2, 1))
        light = 100 - 40 * cyan - 45 * magenta - 10 * yellow
        corners[place] = [0 if black else light, 20 * magenta - 25 * cyan, 30 * yellow - 20 * cyan]
    inks = [[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]
    pixels = np.repeat(np.array(inks, np.uint8), 64, 0).reshape(len(inks) * 8, 8, 4)
    icc = of_cmyk(corners)
    if suffix == "tif":
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, photometric="separated", iccprofile=icc, metadata=None
        )
    else:
        picture = Image.frombytes("CMYK", (8, len(inks) * 8), pixels.tobytes())
        picture.save(tmp_path / "a.jpg", icc_profile=icc, quality=100, subsampling=0)
    image = read_image(tmp_path / f"a.{suffix}")[:, 4::8, 4].T.numpy()
    wanted = from_lab(corners[[0, 8, 4, 6, 1]])
    assert np.abs(image - wanted).max() < 4
    naive = read_image(tmp_path / f"a.{suffix}", Variable(colour="ignore"))[:, 4::8, 4].T.tolist()
    assert naive[1] == pytest.approx([0, 255, 255], abs=2)


@pytest.mark.case("A20")
@pytest.mark.parametrize("icc", [b"nonsense" * 40, of_gray(2.2), of_rgb(ADOBE, GAMMA)[:200]])
def test_a_profile_that_does_not_fit_is_ignored_and_told(
    tmp_path: Path, colours: NDArray[np.uint8], icc: bytes
) -> None:
    path = save(tmp_path / "a.png", colours, icc)
    assert np.array_equal(read_image(path).permute(1, 2, 0), colours)
    (told,) = read_header(path).left_out
    assert told == "a colour profile that is broken or for other images, which is ignored"
    assert read_header(path, Variable(colour="ignore")).left_out == ()


@pytest.mark.case("A20")
def test_deep_images_are_not_converted_and_it_is_told(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (5, 6, 3), dtype=np.uint16)
    for icc, count in ((of_rgb(ADOBE, GAMMA), 1), (of_rgb(SRGB, 1.0), 1)):
        tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", iccprofile=icc, metadata=None)
        image = read_image(tmp_path / "a.tif").permute(1, 2, 0).numpy()
        np.testing.assert_allclose(image, deep / 257, atol=1e-3)
        told = read_header(tmp_path / "a.tif").left_out
        assert len(told) == count
        assert "only images of 8 bits are converted" in told[0]


def test_a_range_leaves_values_alone(tmp_path: Path) -> None:
    gray = np.arange(0, 250, 10, dtype=np.uint8).reshape(5, 5)
    path = save(tmp_path / "a.png", gray, of_gray(1.0))
    image = read_image(path, Variable(1, range=(0, 240)))
    np.testing.assert_allclose(image[0], gray / 240 * 255, atol=1e-4)


def test_profiles_written_here_are_what_they_say() -> None:
    opened = ImageCms.ImageCmsProfile(io.BytesIO(of_rgb(ADOBE, GAMMA)))
    assert opened.profile.xcolor_space == "RGB "
    assert ImageCms.ImageCmsProfile(io.BytesIO(of_gray(2.2))).profile.xcolor_space == "GRAY"


@pytest.mark.case("A20")
def test_what_cameras_and_png_say_without_a_profile_is_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 65535
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg", exif=exif)
    (told,) = read_header(tmp_path / "a.jpg").left_out
    assert told == "the colours of Adobe RGB without a profile, read as sRGB: embed the profile"
    plain = io.BytesIO()
    Image.new("L", (4, 4)).save(plain, "PNG")
    for gamma, expected in ((100000, "a gamma of 1, which is"), (45455, "")):
        content = b"gAMA" + struct.pack(">I", gamma)
        block = struct.pack(">I", 4) + content + struct.pack(">I", zlib.crc32(content))
        whole = plain.getvalue()
        (tmp_path / "a.png").write_bytes(whole[:33] + block + whole[33:])
        told_of = "".join(read_header(tmp_path / "a.png").left_out)
        assert told_of.startswith(expected)
        assert bool(told_of) == bool(expected)
