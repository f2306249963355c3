"""Frames, EXIF blocks and resolutions of the files that Pillow reads."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.data.image_files import read_header, read_image
from ganzoo.components.readers.installed_readers import find_reader
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable
from ganzoo.interfaces.reader import Header, OpenedImage

RNG = np.random.default_rng(0)
FRAMES = RNG.integers(0, 256, (4, 24, 32, 3), dtype=np.uint8)
PICTURES = [Image.fromarray(frame) for frame in FRAMES]


@contextmanager
def opened(path: Path) -> Iterator[OpenedImage]:
    with path.open("rb") as file, find_reader(path.read_bytes()[:512], path).open(file) as source:
        yield source


def header_of(path: Path) -> Header:
    with opened(path) as source:
        return source.header


def read_frames(path: Path) -> list[NDArray[Any]]:
    """Every frame, twice: forwards, then backwards."""
    with opened(path) as source:
        pages = range(source.header.pages)
        frames = [source.read(page).values for page in pages]
        again = [source.read(page).values for page in reversed(pages)]
    assert all(np.array_equal(one, other) for one, other in zip(frames, again[::-1], strict=True))
    return frames


@pytest.mark.parametrize(
    ("suffix", "how"), [(".webp", {"lossless": True}), (".png", {}), (".apng", {"format": "PNG"})]
)
def test_frames_of_an_animation(tmp_path: Path, suffix: str, how: dict[str, Any]) -> None:
    path = tmp_path / f"a{suffix}"
    PICTURES[0].save(path, save_all=True, append_images=PICTURES[1:], **how)
    assert np.array_equal(read_frames(path), FRAMES)


def palettes() -> list[Image.Image]:
    """Pictures of few colours, the second with a hole."""
    return [picture.quantize(16, dither=Image.Dither.NONE) for picture in PICTURES]


def test_frames_of_a_gif(tmp_path: Path) -> None:
    """The first is a palette, and Pillow makes the others RGB."""
    pictures = palettes()
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:])
    wanted = [np.array(picture.convert("RGB")) for picture in pictures]
    assert np.array_equal(read_frames(tmp_path / "a.gif"), wanted)
    assert read_header(tmp_path / "a.gif").channels == 3


def test_a_gray_first_frame_of_a_gif_that_gets_colours(tmp_path: Path) -> None:
    gray = Image.fromarray(FRAMES[0, ..., 0])
    gray.save(tmp_path / "a.gif", save_all=True, append_images=[palettes()[1]])
    frames = read_frames(tmp_path / "a.gif")
    assert np.array_equal(frames[0], np.repeat(FRAMES[0, ..., :1], 3, -1))
    assert np.array_equal(frames[1], np.array(palettes()[1].convert("RGB")))
    gray.save(tmp_path / "b.gif")
    assert np.array_equal(read_image(tmp_path / "b.gif", Variable(1))[0], FRAMES[0, ..., 0])


def test_a_hole_in_a_gif_is_laid_on_white(tmp_path: Path) -> None:
    indices = RNG.integers(0, 8, (24, 32), dtype=np.uint8)
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette(RNG.integers(0, 200, 24, dtype=np.uint8).tobytes())
    picture.save(tmp_path / "a.gif", transparency=3)
    image = read_image(tmp_path / "a.gif").numpy()
    assert (image[:, indices == 3] == 255).all()
    shown = np.array(picture.convert("RGB")).transpose(2, 0, 1)
    assert np.array_equal(image[:, indices != 3], shown[:, indices != 3])


def test_pictures_of_a_camera_s_file(tmp_path: Path) -> None:
    """Those of the first one's size; a preview is told."""
    path, small = tmp_path / "a.mpo", PICTURES[2].resize((16, 12))
    PICTURES[0].save(path, "MPO", save_all=True, append_images=[PICTURES[1]], quality=95)
    two = read_frames(path)
    assert [np.abs(a.astype(int) - b).mean() < 40 for a, b in zip(two, FRAMES, strict=False)]
    assert np.abs(two[0].astype(int) - two[1]).mean() > 40
    PICTURES[0].save(path, "MPO", save_all=True, append_images=[small, PICTURES[1]], quality=95)
    three = read_frames(path)
    assert np.array_equal(three, two)
    assert read_header(path).left_out[0].startswith("frames of other sizes")


def test_only_the_first_frame_of_16_bits(tmp_path: Path) -> None:
    """Pillow would give 8 bits of the others."""
    buffer = io.BytesIO()
    PICTURES[0].save(buffer, "PNG", save_all=True, append_images=PICTURES[1:])
    content = bytearray(buffer.getvalue())
    assert content[24] == 8
    content[24] = 16  # the pixels are broken then, and are not read here
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(content)
    header = header_of(tmp_path / "a.png")
    assert (header.pages, header.dtype) == (1, "uint16")
    assert header.left_out == (
        "frames of other sizes, or of 16 bits after the first, which are left out",
    )


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png", ".mpo"])
def test_an_animation_that_is_cut_off(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    palettes()[0].convert("RGB").save(path, save_all=True, append_images=PICTURES[1:])
    content = path.read_bytes()
    for share in (0.2, 0.5, 0.8):
        path.write_bytes(content[: int(len(content) * share)])
        try:
            read_frames(path)
            assert read_image(path).shape == (3, 24, 32)
        except Exception:
            continue  # told by whoever opened it


def exif_block() -> Image.Exif:
    block = Image.Exif()
    block[274], block[271] = 6, "a maker"
    block.get_ifd(34665)[33434] = 0.02
    block[34665] = block.get_ifd(34665)
    return block


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_exif_is_in_the_header(tmp_path: Path, kind: str) -> None:
    """As TIFF, in which a second reader finds the same."""
    PICTURES[0].save(tmp_path / "a", kind, exif=exif_block())
    content = header_of(tmp_path / "a").exif
    assert content[:2] in (b"II", b"MM")
    read = Image.Exif()
    read.load(b"Exif\0\0" + content)
    assert (read[274], read[271]) == (6, "a maker")
    assert float(read.get_ifd(34665)[33434]) == pytest.approx(0.02)


@pytest.mark.parametrize(("byteorder", "bigtiff"), [("<", False), (">", True), ("<", True)])
def test_exif_of_any_tiff(tmp_path: Path, byteorder: Any, bigtiff: bool) -> None:
    tifffile.imwrite(
        tmp_path / "a", FRAMES[0], photometric="rgb", byteorder=byteorder, bigtiff=bigtiff,
        metadata=None, software="left out", extratags=[(271, "s", 0, "a maker", True)],
    )  # fmt: skip
    read = Image.Exif()
    read.load(b"Exif\0\0" + header_of(tmp_path / "a").exif)
    assert dict(read) == {271: "a maker"}


def test_no_exif(tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP"):
        PICTURES[0].save(tmp_path / "a", kind)
        assert header_of(tmp_path / "a").exif == b""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
def test_resolution_is_in_the_header(tmp_path: Path, kind: str) -> None:
    PICTURES[0].save(tmp_path / "a", kind, dpi=(300, 150))
    dpi = header_of(tmp_path / "a").dpi
    assert dpi == pytest.approx((300, 150), abs=0.02)


def test_resolution_of_a_tiff_in_other_units(tmp_path: Path) -> None:
    for unit, factor in (("CENTIMETER", 2.54), ("INCH", 1.0), ("NONE", None)):
        tifffile.imwrite(
            tmp_path / "a", FRAMES[0], photometric="rgb", resolution=(100, 50), resolutionunit=unit
        )
        dpi = header_of(tmp_path / "a").dpi
        assert dpi == (None if factor is None else pytest.approx((100 * factor, 50 * factor)))


def test_a_resolution_that_is_none(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a", FRAMES[0], photometric="rgb", metadata=None, resolution=(1e-9, 1e-9),
        resolutionunit=2,
    )  # fmt: skip
    assert header_of(tmp_path / "a").dpi is None


def test_more_pixels_in_a_later_frame_are_refused(tmp_path: Path) -> None:
    """A GIF's frame may grow the canvas."""
    pictures = palettes()
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:])
    content = bytearray((tmp_path / "a.gif").read_bytes())
    places = [i for i in range(len(content) - 9) if content[i] == 0x2C and content[i + 5 : i + 7]
              == (32).to_bytes(2, "little")]  # fmt: skip
    content[places[1] + 5 : places[1] + 9] = (64).to_bytes(2, "little") * 2
    (tmp_path / "a.gif").write_bytes(content)
    with opened(tmp_path / "a.gif") as source, pytest.raises(ValueError, match="another size"):
        source.read(1)
    (tmp_path / "b.gif").write_bytes(b"GIF89a" + bytes(20))
    with pytest.raises(DataError):
        read_image(tmp_path / "b.gif")


def test_more_frames_than_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PICTURES[0].save(path, save_all=True, append_images=PICTURES[1:])
    content = path.read_bytes()
    start = content.index(b"acTL")
    chunk = b"acTL" + (2**31 - 1).to_bytes(4, "big") + bytes(4)
    told = chunk + zlib.crc32(chunk).to_bytes(4, "big")
    path.write_bytes(content[:start] + told + content[start + len(told) :])
    with pytest.raises(DataError, match="2,147,483,647 frames"):
        read_header(path)
