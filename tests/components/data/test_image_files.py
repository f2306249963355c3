from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ganzoo.components.data import image_opening
from ganzoo.components.data.image_files import list_images, read_image, save_image, shown
from ganzoo.components.readers import pillow_reader as reader
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable
from ganzoo.interfaces.levels import from_levels


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png16(values: NDArray[np.uint16], key: tuple[int, ...] = ()) -> bytes:
    """A 16-bit PNG (H, W, 1, 3 or 4) written by hand, for Pillow writes none."""
    height, width, channels = values.shape
    colour_type = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header)]
    if key:
        parts.append(chunk(b"tRNS", struct.pack(f">{len(key)}H", *key)))
    return b"".join([*parts, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")])


def tiff16(values: NDArray[np.uint16], order: str) -> bytes:
    """A 16-bit RGB TIFF of one strip; order is `<` (II) or `>` (MM)."""
    height, width, _ = values.shape
    bits = 8 + 2 + 10 * 12 + 4
    strip = bits + 6
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, bits),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, strip),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, values.size * 2),
        (339, 3, 1, 1),
    ]
    entries = b"".join(
        struct.pack(order + "HHI", tag, kind, count)
        + (struct.pack(order + "HH", value, 0) if (kind, count) == (3, 1) else b"")
        + (struct.pack(order + "I", value) if (kind, count) != (3, 1) else b"")
        for tag, kind, count, value in tags
    )
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    directory = struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0)
    return (
        head
        + directory
        + struct.pack(order + "3H", 16, 16, 16)
        + values.astype(order + "u2").tobytes()
    )


@pytest.fixture
def deep() -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, 65536, (5, 7, 4), dtype=np.uint16)


def chw(array: NDArray[np.generic]) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float64)).permute(2, 0, 1).float()


def test_8_bit_stays_uint8(tmp_path: Path) -> None:
    array = np.random.default_rng(1).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    Image.fromarray(array).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.dtype == torch.uint8
    assert torch.equal(image, torch.from_numpy(array).permute(2, 0, 1))


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_png_keeps_all_16_bits(
    tmp_path: Path, deep: NDArray[np.uint16], channels: int
) -> None:
    values = deep[..., :channels]
    (tmp_path / "a.png").write_bytes(png16(values))
    image = read_image(tmp_path / "a.png", Variable(channels))
    torch.testing.assert_close(image, chw(values) / 257, rtol=0, atol=1e-4)


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bit_colour_tiff_keeps_all_16_bits(
    tmp_path: Path, deep: NDArray[np.uint16], order: str
) -> None:
    (tmp_path / "a.tif").write_bytes(tiff16(deep[..., :3], order))
    image = read_image(tmp_path / "a.tif")
    torch.testing.assert_close(image, chw(deep[..., :3]) / 257, rtol=0, atol=1e-4)


def test_16_bit_alpha_is_laid_on_white(tmp_path: Path, deep: NDArray[np.uint16]) -> None:
    deep[0, 0, 3], deep[1, 1, 3] = 0, 65535
    (tmp_path / "a.png").write_bytes(png16(deep))
    image = read_image(tmp_path / "a.png")
    assert image[:, 0, 0].tolist() == [255, 255, 255]
    torch.testing.assert_close(image[:, 1, 1] * 257, chw(deep)[:3, 1, 1])
    opacity = deep[2, 2, 3] / 65535
    expected = deep[2, 2, 0] / 257 * opacity + 255 * (1 - opacity)
    assert image[0, 2, 2].item() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_transparent_colour_is_white(
    tmp_path: Path, deep: NDArray[np.uint16], channels: int
) -> None:
    values = deep[..., :channels]
    key = tuple(int(v) for v in values[3, 4])
    (tmp_path / "a.png").write_bytes(png16(values, key))
    image = read_image(tmp_path / "a.png", Variable(channels))
    assert (image[:, 3, 4] == 255).all()
    assert (image == 255).all(0).sum() == 1


def test_gray_of_16_bit_colour_is_luma(tmp_path: Path, deep: NDArray[np.uint16]) -> None:
    (tmp_path / "a.png").write_bytes(png16(deep[..., :3]))
    red, green, blue = chw(deep[..., :3]) / 257
    expected = 0.299 * red + 0.587 * green + 0.114 * blue
    torch.testing.assert_close(read_image(tmp_path / "a.png", Variable(1))[0], expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_has_the_channels_asked_for(tmp_path: Path, mode: str, channels: int) -> None:
    Image.new("L", (4, 2), 1).convert(mode).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif", Variable(channels))
    assert image.shape == (channels, 2, 4)
    assert image.float().min() >= 0


def test_palette_with_transparency(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "a.png", transparency=0)
    image = read_image(tmp_path / "a.png")
    assert image[:, 0, 0].tolist() == [255, 255, 255]
    assert image[:, 0, 1].tolist() == [40, 50, 60]


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_orientations_against_pillow(tmp_path: Path, orientation: int, suffix: str) -> None:
    array = np.random.default_rng(orientation).integers(0, 256, (3, 5, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(array).save(path, exif=exif, lossless=True)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    image = read_image(path)
    assert image.shape[1:] == ((5, 3) if orientation > 4 else (3, 5))
    assert torch.equal(image, torch.from_numpy(upright.copy()).permute(2, 0, 1))


@pytest.mark.parametrize(
    ("values", "message"),
    [([0.5, float("nan")], "NaN"), ([0.5, float("inf")], "infinite"), ([0.5, 200.0], "0 ... 1")],
)
def test_float_values_out_of_range(tmp_path: Path, values: list[float], message: str) -> None:
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(DataError, match=rf"a\.tiff cannot be read: .*{message}"):
        read_image(tmp_path / "a.tiff")


def test_32_bit_integers_need_a_range(tmp_path: Path) -> None:
    Image.fromarray(np.array([[70000]], np.int32)).save(tmp_path / "a.tiff")
    with pytest.raises(DataError, match=r"set range = \[low, high\]"):
        read_image(tmp_path / "a.tiff")
    image = read_image(tmp_path / "a.tiff", Variable(1, range=(0, 140000)))
    assert image.tolist() == [[[127.5]]]


def test_pixel_cap_is_checked_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (8, 4)).save(tmp_path / "a.png")
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 32)
    assert read_image(tmp_path / "a.png").shape == (3, 4, 8)
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 31)
    monkeypatch.setattr(reader, "read_values", None)
    with pytest.raises(DataError, match="more than 31 pixels"):
        read_image(tmp_path / "a.png")


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DataError, match="not a regular file"):
        read_image(tmp_path / "a.png")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.png cannot be read: no such file"):
        read_image(tmp_path / "a.png")


def test_list_is_recursive_sorted_and_without_hidden(tmp_path: Path) -> None:
    names = ["b/2.PNG", "b/10.jpeg", "a.tif", "x.png/c.webp", "note.txt", ".h.png", ".d/e.png"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert found == ["a.tif", "b/10.jpeg", "b/2.PNG", "x.png/c.webp"]


def test_list_follows_links_but_not_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.png").touch()
    root = tmp_path / "root"
    root.mkdir()
    try:
        (root / "link").symlink_to(tmp_path / "elsewhere")
        (root / "circle").symlink_to(root)
    except OSError:
        pytest.skip("no links here")
    assert list_images(root) == [root / "link" / "a.png"]


def test_list_of_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere cannot be listed: no such file or directory"):
        list_images(tmp_path / "nowhere")


def test_save_rounds_and_clamps(tmp_path: Path) -> None:
    # 127.5 rounds to even, 128.
    values = torch.tensor([-1.0, -2.0, 1.0, 3.0, 0.0, -0.5, float("nan"), float("inf")])
    save_image(values.view(1, 2, 4), tmp_path / "new" / "a.png")
    stored = Image.open(tmp_path / "new" / "a.png")
    assert stored.mode == "L"
    assert np.asarray(stored).ravel().tolist() == [0, 0, 255, 255, 128, 64, 0, 255]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.png"]


def test_saved_image_reads_back_exactly(tmp_path: Path) -> None:
    levels = torch.arange(256, dtype=torch.uint8).repeat(3).view(3, 16, 16)
    save_image(from_levels(levels), tmp_path / "a.png")
    assert torch.equal(read_image(tmp_path / "a.png"), levels)


def test_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_image(torch.zeros(3, 2, 2), tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()

    def fail(file: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        save_image(torch.ones(3, 2, 2), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_shown_is_always_printable() -> None:
    name = shown(Path("bad_\udcff.png"))
    assert name == "bad_\\xff.png"
    io.TextIOWrapper(io.BytesIO(), encoding="utf-8").write(name)
