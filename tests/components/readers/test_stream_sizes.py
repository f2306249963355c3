"""Images within TIFFs that are larger than the strip or tile they stand for."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from ganzoo.components.data.image_files import open_regions, read_image
from ganzoo.components.readers.stream_sizes import stream_size
from ganzoo.errors import DataError

imagecodecs = pytest.importorskip("imagecodecs")
NUMBERS = {"jpeg": 7, "jpeg2000": 34712, "lerc": 34887, "webp": 50001, "jpegxl": 50002}
SIZES = [(8, 8), (16, 48), (48, 16), (45, 70), (100, 100), (301, 777), (600, 500), (16, 2000)]


def encoded(kind: str, height: int, width: int) -> bytes:
    shape = (height, width, 3) if kind == "webp" else (height, width)
    array = np.zeros(shape, np.uint8)
    if kind in ("jpeg", "webp"):
        buffer = io.BytesIO()
        Image.fromarray(array).save(buffer, kind)
        return buffer.getvalue()
    encode: dict[str, Any] = {
        "jpeg2000": imagecodecs.jpeg2k_encode,
        "lerc": imagecodecs.lerc_encode,
        "jpegxl": imagecodecs.jpegxl_encode,
    }
    return bytes(encode[kind](array))


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_size_that_a_stream_says(kind: str, size: tuple[int, int]) -> None:
    assert stream_size(encoded(kind, *size), NUMBERS[kind]) == size


def test_a_jpeg_xl_in_boxes() -> None:
    array = np.zeros((45, 70), np.uint8)
    boxed = bytes(imagecodecs.jpegxl_encode(array, usecontainer=True))
    assert b"jxl" in boxed[:64]
    assert stream_size(boxed, NUMBERS["jpegxl"]) == (45, 70)


def test_other_compressions_hold_no_images() -> None:
    assert stream_size(b"anything", 5) is None


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_larger_image_in_a_tile_is_not_decoded(tmp_path: Path, kind: str) -> None:
    colours = kind == "webp"
    array = np.zeros((64, 64, 3) if colours else (64, 64), np.uint8)
    path, stream = tmp_path / "a.tif", encoded(kind, 640, 640)
    tifffile.imwrite(
        path, array, photometric="rgb" if colours else "minisblack", tile=(64, 64),
        compression=kind, metadata=None,
    )  # fmt: skip
    assert read_image(path).shape == (3, 64, 64)
    start = path.stat().st_size
    with path.open("ab") as file:
        file.write(stream)
    with tifffile.TiffFile(path, mode="r+b") as opened:
        tags = opened.pages[0].aspage().tags
        tags[324].overwrite(start)
        tags[325].overwrite(len(stream))
    with pytest.raises(DataError, match="a strip or tile of it holds a larger image"):
        read_image(path)
    with open_regions(path) as regions:
        assert regions is not None
        with pytest.raises(DataError, match="a strip or tile of it holds a larger image"):
            regions.read((0, 0, 5, 5))


@pytest.mark.parametrize("kind", ["jpeg", "jpeg2000", "lerc", "jpegxl"])
def test_broken_streams(kind: str) -> None:
    content = encoded(kind, 48, 16)
    for length in range(0, min(len(content), 40)):
        try:
            size = stream_size(content[:length], NUMBERS[kind])
        except ValueError:
            continue
        assert size is not None
