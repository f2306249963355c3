"""Files of other formats than TIFF, of depths and kinds that readers get wrong."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.data import image_opening
from ganzoo.components.data.headers import HeaderSummary, header_warnings
from ganzoo.components.data.image_files import read_header, read_image
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(
    size: tuple[int, int], bits: int, colour: int, rows: list[bytes], key: bytes = b""
) -> bytes:
    """A PNG written by hand; size is (height, width), colour as in its header."""
    header = struct.pack(">IIBBBBB", size[1], size[0], bits, colour, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row for row in rows))
    hidden = chunk(b"tRNS", key) if key else b""
    parts = [chunk(b"IHDR", header), hidden, chunk(b"IDAT", content), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def noise(*shape: int, top: int = 65535) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, top + 1, shape).astype(np.uint16)


@pytest.mark.case("A11")
def test_16_bit_png_of_gray_and_opacity(tmp_path: Path) -> None:
    values = noise(5, 7, 2)
    rows = [row.astype(">u2").tobytes() for row in values]
    (tmp_path / "a.png").write_bytes(png((5, 7), 16, 4, rows))
    gray, opacity = values[..., 0] / 257, values[..., 1] / 65535
    wanted = gray * opacity + 255 * (1 - opacity)
    for channels in (1, 3):
        image = read_image(tmp_path / "a.png", Variable(channels))
        assert image.shape == (channels, 5, 7)
        np.testing.assert_allclose(image, np.stack([wanted] * channels), atol=1e-3)
    look = read_header(tmp_path / "a.png")
    assert (look.channels, look.dtype) == (1, "uint16")


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_the_transparent_level_of_a_png_of_few_bits(tmp_path: Path, bits: int) -> None:
    levels = [i % 2**bits for i in range(8)]
    packed = int("".join(f"{level:0{bits}b}" for level in levels), 2).to_bytes(bits, "big")
    hidden = 2**bits - 2
    content = png((1, 8), bits, 0, [packed], struct.pack(">H", hidden))
    (tmp_path / "a.png").write_bytes(content)
    wanted = [255 if level == hidden else level * 255 // (2**bits - 1) for level in levels]
    assert read_image(tmp_path / "a.png", Variable(1)).tolist() == [[wanted]]


@pytest.mark.case("A11")
@pytest.mark.parametrize("top", [1, 100, 255, 1023, 4095, 65535])
@pytest.mark.parametrize(("magic", "bands"), [("P2", 1), ("P5", 1), ("P3", 3), ("P6", 3)])
def test_netpbm_of_every_depth(tmp_path: Path, magic: str, bands: int, top: int) -> None:
    values = noise(4, 6, bands, top=top)
    head = f"{magic}\n# made by hand 9 9\n6 4\n{top}\n".encode()
    if magic in ("P2", "P3"):
        body = b"\n".join(b" ".join(b"%d" % v for v in row.ravel()) for row in values)
    else:
        body = values.astype(">u2" if top > 255 else "u1").tobytes()
    path = tmp_path / "a.ppm"
    path.write_bytes(head + body)
    image = read_image(path, Variable(bands))
    np.testing.assert_allclose(image, (values / top * 255).transpose(2, 0, 1), atol=1e-3)
    assert (image.dtype == torch.uint8) == (top == 255)
    assert read_header(path).size == (4, 6)
    ranged = read_image(path, Variable(bands, range=(0, 2 * top)))
    np.testing.assert_allclose(ranged, (values / top * 127.5).transpose(2, 0, 1), atol=1e-3)
    path.write_bytes((head + body)[: len(head) + len(body) // 2])
    with pytest.raises(DataError, match="ends before its last row"):
        read_image(path)


def test_netpbm_with_values_above_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 1023 " + struct.pack(">2H", 5, 1024))
    with pytest.raises(DataError, match=r"values are 5 \.\.\. 1024; scale them to 0 \.\.\. 1023"):
        read_image(tmp_path / "a.pgm")


@pytest.mark.parametrize("content", [b"P5", b"P5 3 x 255 ", b"P6 0 4 255 ", b"P5 1 1 70000 12"])
def test_broken_netpbm(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pgm").write_bytes(content)
    with pytest.raises(DataError, match="header is broken"):
        read_image(tmp_path / "a.pgm")


def test_netpbm_has_no_more_pixels_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 99999 99999 255 ")
    with pytest.raises(DataError, match="pixels; cut it"):
        read_image(tmp_path / "a.pgm")
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 7)
    (tmp_path / "a.pgm").write_bytes(b"P2 2 4 255 " + b"1 " * 8)
    with pytest.raises(DataError, match="pixels; cut it"):
        read_header(tmp_path / "a.pgm")


@pytest.mark.case("A11")
@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "avif"])
def test_frames_are_counted(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (16, 16), (40 * i, 90, 20)) for i in range(5)]
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    assert read_header(path).pages == 5
    wanted = torch.tensor([0, 90, 20]).view(3, 1, 1).expand(3, 16, 16)
    assert (read_image(path).int() - wanted).abs().max() <= (3 if suffix == "avif" else 0)


@pytest.mark.case("A11")
def test_what_is_left_out_is_told_once_with_counts(tmp_path: Path) -> None:
    frames = [Image.new("L", (4, 4), i) for i in range(3)]
    for name in ("a", "b"):
        frames[0].save(tmp_path / f"{name}.tif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "c.png")
    looks = {path: read_header(path) for path in sorted(tmp_path.iterdir())}
    (told,) = header_warnings(looks)
    assert told.startswith(f"{tmp_path / 'a.tif'} and 1 more image")
    assert "the first is read, 4 are left out" in told
    plain = {Path("c.png"): HeaderSummary((4, 4), 1, "uint8")}
    assert header_warnings(plain) == []
    odd = {Path("x.tif"): HeaderSummary((4, 4), 3, "uint8", left_out=("a band which is left out",))}
    assert header_warnings({**plain, **odd}) == ["x.tif has a band which is left out"]


@pytest.mark.case("A9")
@pytest.mark.parametrize("top", [4095, 1023, 65535])
def test_a_range_of_a_16_bit_png(tmp_path: Path, top: int) -> None:
    values = noise(5, 7, top=top)
    Image.fromarray(values).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png", Variable(1, range=(0, top)))
    np.testing.assert_allclose(image[0], values / top * 255, atol=1e-3)


@pytest.mark.case("A9")
def test_images_too_shallow_for_a_range_are_told(tmp_path: Path) -> None:
    Image.new("L", (4, 4), 255).save(tmp_path / "a.png")
    (told,) = read_header(tmp_path / "a.png", Variable(1, range=(0, 4095))).left_out
    assert told.startswith("values of uint8, 0 ... 255 at most, which are dark in the range")


def test_a_deep_jpeg_2000_keeps_its_bits_where_it_is_gray(tmp_path: Path) -> None:
    codecs = pytest.importorskip("imagecodecs")
    values = noise(32, 32, top=4095)
    path = tmp_path / "a.jp2"
    path.write_bytes(codecs.jpeg2k_encode(values, level=0, bitspersample=12, reversible=True))
    image = read_image(path, Variable(1))
    np.testing.assert_allclose(image[0], values / 4095 * 255, atol=1e-3)
    ranged = read_image(path, Variable(1, range=(0, 8190)))
    np.testing.assert_allclose(ranged[0], values / 4095 * 127.5, atol=1e-3)


@pytest.mark.case("A11")
def test_bits_that_are_not_read_are_told(tmp_path: Path) -> None:
    codecs = pytest.importorskip("imagecodecs")
    deep = noise(32, 32, 3)
    (tmp_path / "a.jp2").write_bytes(codecs.jpeg2k_encode(deep, level=0, reversible=True))
    ten = codecs.avif_encode(noise(32, 32, 3, top=1023), level=100, bitspersample=10)
    (tmp_path / "b.avif").write_bytes(ten)
    for path in sorted(tmp_path.iterdir()):
        (told,) = read_header(path).left_out
        assert told == "more than 8 bits a value in this format, of which 8 are read"
    assert (read_image(tmp_path / "a.jp2").numpy() - deep.transpose(2, 0, 1) / 257).max() < 1.5


@pytest.mark.parametrize("late", [False, True])
def test_orientation_of_a_png_before_or_behind_its_pixels(tmp_path: Path, late: bool) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    block = chunk(b"eXIf", exif.tobytes()[6:])
    rows = [bytes([1, 2, 3]), bytes([4, 5, 6])]
    content = png((2, 3), 8, 0, rows)
    place = content.index(b"IEND" if late else b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(content[:place] + block + content[place:])
    image = read_image(tmp_path / "a.png", Variable(1))
    assert image.tolist() == [[[4, 1], [5, 2], [6, 3]]]


def test_looking_reads_no_pixels(tmp_path: Path) -> None:
    """A file whose header is whole and whose pixels are not: seen, but not readable."""
    for suffix in ("png", "jpg", "tif", "ppm"):
        path = tmp_path / f"a.{suffix}"
        Image.fromarray(noise(64, 48, 3, top=255).astype(np.uint8)).save(path)
        if suffix != "tif":  # whose tags stand at the end
            path.write_bytes(path.read_bytes()[:2000])
        assert read_header(path) == HeaderSummary((64, 48), 3, "uint8")
        if suffix != "tif":
            with pytest.raises(DataError, match="cannot be read"):
                read_image(path)
