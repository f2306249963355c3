"""Arrays of NumPy, against `numpy.load`; and files that only look like them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ganzoo.components.data import image_opening
from ganzoo.components.data.image_files import open_regions, read_header, read_image
from ganzoo.components.readers.installed_readers import find_reader
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

TYPES = {
    **dict.fromkeys(("uint8", "uint16", "bool", "float16", "float32", "float64")),
    **{"int8": (-128, 127), "int16": (-1000, 1000), "int32": (0, 9000), "uint32": (0, 9000)},
    **{"int64": (-5, 5), "uint64": (0, 1000)},
}


def noise(shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    low, high = TYPES[dtype] or (0, {"uint8": 255, "uint16": 65535}.get(dtype, 1))
    drawn = np.random.default_rng(0).uniform(low, high, shape)
    return (drawn if dtype[0] == "f" else drawn.round()).astype(dtype)


def read_pages(path: Path) -> list[NDArray[Any]]:
    with path.open("rb") as file, find_reader(path.read_bytes()[:512], path).open(file) as source:
        return [source.read(page).values for page in range(source.header.pages)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_every_type_and_order(tmp_path: Path, dtype: str, channels: int) -> None:
    array = noise((11, 13, channels), dtype)
    variable = Variable(channels, range=TYPES[dtype])
    low, high = TYPES[dtype] or (0, {"uint8": 255, "uint16": 65535}.get(dtype, 1))
    wanted = (array.astype(np.float64) - low) / (high - low) * 255
    for stored in (
        array,
        np.asfortranarray(array),
        array.astype(array.dtype.newbyteorder(">")),
        *([array[..., 0]] if channels == 1 else []),
    ):
        np.save(tmp_path / "a.npy", stored)
        image = read_image(tmp_path / "a.npy", variable)
        assert (image.dtype == torch.uint8) == (dtype == "uint8")
        np.testing.assert_allclose(image, wanted.transpose(2, 0, 1), atol=1e-3)
        header = read_header(tmp_path / "a.npy", variable)
        assert (header.size, header.channels, header.dtype) == ((11, 13), channels, dtype)
        with open_regions(tmp_path / "a.npy", variable) as regions:
            if regions is None:
                assert np.isfortran(stored)
            else:
                assert torch.equal(regions.read((2, 3, 4, 5)), image[:, 2:6, 3:8])


@pytest.mark.parametrize(
    ("shape", "stack"),
    [
        ((5, 7), (1, 5, 7, 1)),
        ((5, 7, 4), (1, 5, 7, 4)),
        ((1, 7, 3), (1, 1, 7, 3)),
        ((90, 80, 70), (1, 90, 80, 70)),
        ((16, 16, 16), (16, 16, 16, 1)),
        ((8, 40, 50), (8, 40, 50, 1)),
        ((2, 5, 7, 3), (2, 5, 7, 3)),
    ],
)
def test_which_side_is_which(
    tmp_path: Path, shape: tuple[int, ...], stack: tuple[int, ...]
) -> None:
    array = noise(shape, "uint16")
    for stored in (array, np.asfortranarray(array)):
        np.save(tmp_path / "a.npy", stored)
        assert np.array_equal(read_pages(tmp_path / "a.npy"), array.reshape(stack))


def saved(array: NDArray[Any], version: tuple[int, int] = (1, 0)) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version)
    return buffer.getvalue()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_format(tmp_path: Path, version: tuple[int, int]) -> None:
    array = noise((5, 7), "uint16")
    (tmp_path / "a.npy").write_bytes(saved(array, version))
    assert np.array_equal(read_pages(tmp_path / "a.npy")[0][..., 0], array)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a pickle was loaded",)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[Evil()]], object), allow_pickle=True)
    for read in (read_header, read_image):
        with pytest.raises(DataError, match="its values are object, a type that is not read"):
            read(tmp_path / "a.npy")


GOOD = saved(noise((5, 7), "uint16"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD[:7], "its header is broken"),
        (GOOD[:60], "its header is broken"),
        (GOOD[:-1], "it ends before its last row"),
        (GOOD.replace(b"(5, 7)", b"(5, 8)"), "it ends before its last row"),
        (GOOD.replace(b"(5, 7), }    ", b"(99999, 99999)}"), "ends before|broken"),
        (GOOD.replace(b"(5, 7)", b"(0, 7)"), r"its shape is \(0, 7\)"),
        (GOOD.replace(b"(5, 7)", b"(35,) "), r"its shape is \(35,\)"),
        (GOOD.replace(b"(5, 7)", b"(-5,7)"), "its header is broken"),
        (GOOD.replace(b"'<u2'", b"'<c8'"), "complex64, a type that is not read"),
        (GOOD.replace(b"'<u2'", b"'<U9'"), "a type that is not read"),
        (GOOD.replace(b"'<u2'", b"'<u9'"), "broken"),
        (GOOD.replace(b"'<u2'", b"[(1,)"), "no plain numbers"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + GOOD[10:], "its header is broken or too long"),
        (b"\x93NUMPY\x04\x00" + GOOD[8:], "its header is broken or too long"),
        (saved(np.zeros((5, 7), [("x", "u1")])), "no plain numbers"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_image(tmp_path / "a.npy")


@pytest.mark.parametrize("is_fortran", [False, True])
def test_no_more_values_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_fortran: bool
) -> None:
    array = noise((11, 13, 3), "uint8")
    np.save(tmp_path / "a.npy", np.asfortranarray(array) if is_fortran else array)
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 11 * 13 - 1)
    with pytest.raises(DataError, match="cut it into tiles"):
        read_image(tmp_path / "a.npy")
