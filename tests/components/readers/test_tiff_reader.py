"""Every kind of TIFF that tifffile writes, read back and compared with what was written."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.data import image_opening
from ganzoo.components.data.image_files import read_header, read_image
from ganzoo.components.readers import tiff_reader
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

HEIGHT, WIDTH = 21, 34
Array = NDArray[Any]
# What a file's values may be, and the range that becomes 0 ... 255 where the type has none.
TYPES: dict[str, tuple[float, float] | None] = {
    **dict.fromkeys(("uint8", "uint16", "float16", "float32", "float64")),
    **{"int8": (-128, 127), "int16": (0, 32767), "int32": (-1000, 3000)},
    **{"uint32": (0, 2**32 - 1), "uint64": (0, 1000), "int64": (-5, 5)},
}
NATURAL = {"uint8": 255, "uint16": 65535, "float16": 1, "float32": 1, "float64": 1}
COMPRESSIONS = [None, "zlib", "lzw", "packbits", "lzma", "zstd"]
OF_CODECS = ("lzw", "packbits", "zstd")
LAYOUTS = list(itertools.product(["contig", "separate"], ["<", ">"], [None, (16, 16)]))


def values(dtype: str, bands: int) -> Array:
    """Pixels (H, W, bands) that reach both ends of what will be black and white."""
    low, high = TYPES[dtype] or (0, NATURAL[dtype])
    rng = np.random.default_rng(bands)
    array = rng.uniform(low, high, (HEIGHT, WIDTH, bands))
    array[0, 0], array[0, 1] = low, high
    return array.astype(dtype) if dtype[0] == "f" else array.round().clip(low, high).astype(dtype)


def expected(array: Array, dtype: str) -> torch.Tensor:
    """(C, H, W) in 0 ... 255, as a person would compute it."""
    low, high = TYPES[dtype] or (0, NATURAL[dtype])
    scaled = (array.astype(np.float64) - low) / (high - low) * 255
    return torch.from_numpy(scaled).permute(2, 0, 1).float()


def write(path: Path, array: Array, **how: Any) -> Path:
    """One page; planes are moved to where tifffile wants them."""
    if how.get("planarconfig") == "separate":
        array = np.moveaxis(array, -1, 0)
    elif array.shape[-1] == 1:
        array = array[..., 0]
    settings = {k: v for k, v in how.items() if v is not None}
    tifffile.imwrite(path, array, metadata=None, **settings)
    return path


def needs_codecs(compression: str | None) -> None:
    if compression in OF_CODECS:
        pytest.importorskip("imagecodecs")


@pytest.mark.case("A6", "A8", "A11")
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", TYPES)
def test_rgb_of_every_type_and_layout(tmp_path: Path, dtype: str, compression: str | None) -> None:
    needs_codecs(compression)
    array, variable = values(dtype, 3), Variable(range=TYPES[dtype])
    predictors = [None, 2 if dtype[0] != "f" else 3] if compression else [None]
    for (planar, order, tile), predictor in itertools.product(LAYOUTS, predictors):
        how = {"planarconfig": planar, "byteorder": order, "tile": tile, "predictor": predictor}
        path = write(
            tmp_path / "a.tif", array, photometric="rgb", compression=compression, **how,
            bigtiff=order == ">",
        )  # fmt: skip
        image = read_image(path, variable)
        assert (image.dtype == torch.uint8) == (dtype == "uint8"), how
        difference = (image.float() - expected(array, dtype)).abs().max()
        assert difference < 1e-3, how
        assert read_header(path, variable).left_out == ()


@pytest.mark.case("A7", "A8")
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("dtype", TYPES)
def test_gray_of_every_type_either_way_round(tmp_path: Path, dtype: str, photometric: str) -> None:
    array, variable = values(dtype, 1), Variable(1, range=TYPES[dtype])
    light = expected(array, dtype)
    for order, compression in itertools.product("<>", [None, "zlib"]):
        path = write(
            tmp_path / "a.tif", array, photometric=photometric, byteorder=order,
            compression=compression,
        )  # fmt: skip
        image = read_image(path, variable)
        wanted = light if photometric == "minisblack" else 255 - light
        torch.testing.assert_close(image.float(), wanted, rtol=0, atol=1e-3)


@pytest.mark.case("A10")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("planar", "order"), list(itertools.product(["contig", "separate"], "<>")))
def test_a_fourth_band_is_opacity_only_where_the_file_says_so(
    tmp_path: Path, dtype: str, planar: str, order: str
) -> None:
    array = values(dtype, 4)
    colours = expected(array[..., :3], dtype)
    opacity = expected(array[..., 3:], dtype) / 255
    on_white = {
        "unspecified": colours,
        "unassalpha": colours * opacity + 255 * (1 - opacity),
        "assocalpha": (colours + 255 * (1 - opacity)).clamp(0, 255),
    }
    for kind, wanted in on_white.items():
        path = write(
            tmp_path / "a.tif", array, photometric="rgb", planarconfig=planar, byteorder=order,
            extrasamples=[kind],
        )  # fmt: skip
        tolerance = 0.51 if dtype == "uint8" else 1e-3
        torch.testing.assert_close(read_image(path).float(), wanted, rtol=0, atol=tolerance)
        told = read_header(path).left_out
        assert told == (("a band beside the colours, which is left out",) * (kind[:3] == "uns"))


@pytest.mark.case("A10")
def test_opacity_among_several_other_bands(tmp_path: Path) -> None:
    array = values("uint16", 6)
    path = write(
        tmp_path / "a.tif", array, photometric="rgb", planarconfig="contig",
        extrasamples=["unspecified", "unassalpha", "unspecified"],
    )  # fmt: skip
    opacity = expected(array[..., 4:5], "uint16") / 255
    wanted = expected(array[..., :3], "uint16") * opacity + 255 * (1 - opacity)
    torch.testing.assert_close(read_image(path), wanted, rtol=0, atol=1e-3)
    assert read_header(path).left_out == ("2 bands beside the colours, which are left out",)


@pytest.mark.case("A10")
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("bands", [2, 3, 4, 5])
def test_bands_without_colours(tmp_path: Path, bands: int, planar: str) -> None:
    """Three are what three channels want; of another number nobody knows which to take."""
    array = values("uint16", bands)
    path = write(
        tmp_path / "a.tif", array, photometric="minisblack", planarconfig=planar,
        extrasamples=["unspecified"] * (bands - 1),
    )  # fmt: skip
    if bands == 3:
        torch.testing.assert_close(read_image(path), expected(array, "uint16"), rtol=0, atol=1e-3)
        assert read_header(path).channels == 3
    for channels in {1, 3} - ({3} if bands == 3 else set()):
        for reader in (read_image, read_header):
            with pytest.raises(DataError, match=rf"it has {bands} bands and does not say"):
                reader(path, Variable(channels))


@pytest.mark.case("A11")
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_gray_with_opacity(tmp_path: Path, dtype: str) -> None:
    array = values(dtype, 2)
    path = write(
        tmp_path / "a.tif", array, photometric="minisblack", planarconfig="contig",
        extrasamples=["unassalpha"],
    )  # fmt: skip
    opacity = expected(array[..., 1:], dtype) / 255
    wanted = expected(array[..., :1], dtype) * opacity + 255 * (1 - opacity)
    image = read_image(path, Variable(1)).float()
    torch.testing.assert_close(image, wanted, rtol=0, atol=0.51 if dtype == "uint8" else 1e-3)


@pytest.mark.case("A11")
def test_pages_are_counted(tmp_path: Path) -> None:
    stack = np.random.default_rng(0).integers(0, 256, (12, 8, 9), dtype=np.uint8)
    ways: dict[str, dict[str, Any]] = {
        "plain": {"metadata": None},
        "shaped": {"metadata": {"axes": "QYX"}, "truncate": False},
        "one directory": {"metadata": {}, "truncate": True},
        "imagej": {"imagej": True},
        "ome": {"ome": True},
    }
    for name, how in ways.items():
        path = tmp_path / ("a.ome.tif" if name == "ome" else "a.tif")
        truncate = {"metadata": {"axes": "QYX"}} if how.pop("truncate", False) else {}
        if name == "imagej":
            with tifffile.TiffWriter(path, imagej=True) as writer:
                writer.write(stack)
        else:
            tifffile.imwrite(path, stack, photometric="minisblack", **{**how, **truncate})
        assert read_header(path).pages == 12, name
        assert read_image(path, Variable(1))[0].tolist() == stack[0].tolist(), name


def test_a_smaller_copy_is_no_page(tmp_path: Path) -> None:
    large, small = values("uint8", 3), values("uint8", 3)[::2, ::2]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(small, photometric="rgb", subfiletype=1, metadata=None)
        writer.write(large, photometric="rgb", metadata=None)
    assert read_header(tmp_path / "a.tif").pages == 1
    assert torch.equal(read_image(tmp_path / "a.tif").float(), expected(large, "uint8"))


@pytest.mark.parametrize("dtype", [t for t, r in TYPES.items() if r])
def test_types_without_black_and_white_need_a_range(tmp_path: Path, dtype: str) -> None:
    path = write(tmp_path / "a.tif", values(dtype, 1), photometric="minisblack")
    for reader in (read_image, read_header):
        with pytest.raises(DataError, match=rf"its values are {dtype}.*set range = \[low, high\]"):
            reader(path)


def test_a_palette(tmp_path: Path) -> None:
    table = np.random.default_rng(0).integers(0, 256, (256, 3))
    indices = np.random.default_rng(1).integers(0, 256, (6, 7), dtype=np.uint8)
    for factor in (256, 257):
        tifffile.imwrite(
            tmp_path / "a.tif", indices, photometric="palette",
            colormap=(table.T * factor).astype(np.uint16), metadata=None,
        )  # fmt: skip
        image = read_image(tmp_path / "a.tif")
        assert image.dtype == torch.uint8
        assert torch.equal(image.long(), torch.from_numpy(table[indices]).permute(2, 0, 1))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_cmyk(tmp_path: Path, dtype: str) -> None:
    array = values(dtype, 4)
    path = write(tmp_path / "a.tif", array, photometric="separated", planarconfig="contig")
    ink = expected(array, dtype) / 255
    wanted = 255 * (1 - ink[:3]) * (1 - ink[3:])
    tolerance = 0.51 if dtype == "uint8" else 1e-3
    torch.testing.assert_close(read_image(path).float(), wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tmp_path: Path, orientation: int) -> None:
    array = values("uint16", 1)
    path = write(
        tmp_path / "a.tif", array, photometric="minisblack",
        extratags=[(274, "H", 1, orientation, True)],
    )  # fmt: skip
    rows = array[..., 0].astype(np.float64) / 257
    upright = {
        1: rows, 2: rows[:, ::-1], 3: rows[::-1, ::-1], 4: rows[::-1], 5: rows.T,
        6: np.rot90(rows, -1), 7: rows[::-1, ::-1].T, 8: np.rot90(rows),
    }  # fmt: skip
    image = read_image(path, Variable(1))
    assert tuple(image.shape[1:]) == read_header(path).size == upright[orientation].shape
    np.testing.assert_allclose(image[0], upright[orientation], atol=1e-3)


@pytest.mark.parametrize("bits", [1, 2, 4, 12])
def test_packed_values(tmp_path: Path, bits: int) -> None:
    """Of so many bits, the highest is white."""
    if bits > 1:
        pytest.importorskip("imagecodecs")
    array = np.random.default_rng(0).integers(0, 2**bits, (5, 16)).astype(np.uint16)
    written = array.astype(bool) if bits == 1 else array.astype(np.uint8 if bits < 8 else np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", written, photometric="minisblack", metadata=None,
        bitspersample=bits,
    )  # fmt: skip
    image = read_image(tmp_path / "a.tif", Variable(1))
    np.testing.assert_allclose(image[0], array / (2**bits - 1) * 255, atol=1e-3)


@pytest.mark.parametrize("compression", ["group4", "group3", "tiff_ccitt", "tiff_lzw", "packbits"])
def test_black_and_white_by_pillow(tmp_path: Path, compression: str) -> None:
    bits = np.random.default_rng(0).integers(0, 2, (9, 40), dtype=np.uint8) * 255
    picture = Image.fromarray(bits).convert("1")
    picture.save(tmp_path / "a.tif", compression=compression)
    assert np.array_equal(read_image(tmp_path / "a.tif", Variable(1))[0], bits)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_inside(tmp_path: Path, mode: str) -> None:
    """As YCbCr, which libtiff writes; a decoded JPEG is off by little."""
    rows, columns = np.mgrid[:48, :64]
    array = np.stack([rows * 5, columns * 3, 200 - rows], -1).astype(np.uint8)
    picture = Image.fromarray(array).convert(mode)
    picture.save(tmp_path / "a.tif", compression="jpeg", quality=95)
    image = read_image(tmp_path / "a.tif", Variable(3 if mode == "RGB" else 1)).float()
    wanted = np.array(picture).reshape(48, 64, -1).transpose(2, 0, 1)
    assert np.abs(image.numpy() - wanted).mean() < 1.5


@pytest.mark.parametrize(
    ("compression", "dtype"),
    [
        *[(c, t) for c in ("jpeg2000", "lerc", "jpegxl") for t in ("uint8", "uint16")],
        *[("lerc", "float32"), ("webp", "uint8")],
    ],
)
def test_compressions_of_images(tmp_path: Path, compression: str, dtype: str) -> None:
    """Without loss, they give back what was written."""
    pytest.importorskip("imagecodecs")
    lossless = {"jpeg2000": {"reversible": True, "level": 0}, "webp": {"lossless": True}}
    lossless["jpegxl"] = {"lossless": True}
    array = values(dtype, 3)
    path = write(
        tmp_path / "a.tif", array, photometric="rgb", compression=compression,
        compressionargs=lossless.get(compression, {}),
    )  # fmt: skip
    torch.testing.assert_close(read_image(path).float(), expected(array, dtype), rtol=0, atol=1e-3)


@pytest.fixture
def no_codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the package imagecodecs is not installed."""
    from tifffile import _imagecodecs
    from tifffile.tifffile import TIFF, CompressionCodec, PredictorCodec

    monkeypatch.setattr(tifffile.tifffile, "imagecodecs", _imagecodecs)
    monkeypatch.setitem(TIFF.__dict__, "DECOMPRESSORS", CompressionCodec(encode=False))
    monkeypatch.setitem(TIFF.__dict__, "UNPREDICTORS", PredictorCodec(encode=False))


def by_libtiff(path: Path, array: Array, compression: str) -> Path:
    Image.fromarray(array).save(path, compression=compression)
    return path


@pytest.mark.parametrize("bands", [1, 3])
def test_without_codecs_pillow_reads_8_bits(tmp_path: Path, no_codecs: None, bands: int) -> None:
    array = values("uint8", bands)
    path = by_libtiff(tmp_path / "a.tif", array[..., 0] if bands == 1 else array, "tiff_lzw")
    assert torch.equal(read_image(path, Variable(bands)).float(), expected(array, "uint8"))
    inverted = (255 - array)[..., 0]
    Image.fromarray(inverted).save(path, compression="tiff_lzw", tiffinfo={262: 0})
    assert read_header(path).channels == 1
    for compression in ("packbits", "tiff_adobe_deflate", None):
        by_libtiff(path, array[..., 0] if bands == 1 else array, compression or "raw")
        assert torch.equal(read_image(path, Variable(bands)).float(), expected(array, "uint8"))


def test_without_codecs_other_files_are_refused(tmp_path: Path, no_codecs: None) -> None:
    Image.fromarray(values("uint16", 1)[..., 0]).save(tmp_path / "a.tif", compression="tiff_lzw")
    Image.fromarray(values("uint8", 4)).save(tmp_path / "b.tif", compression="tiff_lzw")
    for name in ("a.tif", "b.tif"):
        for reader in (read_image, read_header):
            with pytest.raises(DataError, match=r"LZW, needs .* pip install 'ganzoo-core\[tiff\]'"):
                reader(tmp_path / name)


def test_what_is_cut_off_is_refused(tmp_path: Path) -> None:
    for compression in (None, "zlib"):
        path = write(
            tmp_path / "a.tif", values("uint16", 3), photometric="rgb", compression=compression,
            rowsperstrip=4,
        )  # fmt: skip
        whole = path.read_bytes()
        for share in (0.3, 0.6, 0.9, 0.99):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(DataError, match="cannot be read"):
                read_image(path)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_size_that_the_file_cannot_hold_is_no_size(
    tmp_path: Path, compression: str | None
) -> None:
    path = write(
        tmp_path / "a.tif", values("uint16", 3), photometric="rgb", compression=compression,
        rowsperstrip=4,
    )  # fmt: skip
    with tifffile.TiffFile(path, mode="r+b") as opened:
        for tag in (256, 257):
            opened.pages[0].tags[tag].overwrite(2**31 - 1, dtype="I")  # type: ignore[union-attr]
    with pytest.raises(DataError, match=r"parts of it are missing|ends before its last row"):
        read_header(path)


def test_missing_parts_are_not_filled(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.tif", values("uint16", 3), photometric="rgb", compression="zlib",
        tile=(16, 16),
    )  # fmt: skip
    with tifffile.TiffFile(path, mode="r+b") as opened:
        tag = opened.pages[0].tags[325]  # type: ignore[union-attr]
        tag.overwrite((0, *tag.value[1:]))
    with pytest.raises(DataError, match="parts of it are missing"):
        read_image(path)


@pytest.mark.parametrize(
    ("array", "how", "message"),
    [
        (np.zeros((4, 5), np.complex64), {}, "type that is not read"),
        (
            np.zeros((4, 8, 9), np.uint8),
            {"volumetric": True, "tile": (16, 16, 16)},
            "a volume of 4",
        ),
        (np.zeros((4, 5, 3), np.uint8), {"photometric": "cielab"}, "its colours are CIELAB"),
        (np.full((4, 5), 2.0, np.float32), {}, r"2 \.\.\. 2; scale them to 0 \.\.\. 1"),
        (np.full((4, 5), np.nan, np.float32), {}, "NaN"),
    ],
)
def test_what_cannot_be_read_right_is_refused(
    tmp_path: Path, array: Array, how: dict[str, Any], message: str
) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", array, metadata=None, **{"photometric": "minisblack", **how}
    )
    with pytest.raises(DataError, match=message):
        read_image(tmp_path / "a.tif")


def test_values_outside_a_range_become_its_ends(tmp_path: Path) -> None:
    array = np.array([[-2000, -1000, -300, 400, 401]], np.int16)
    path = write(tmp_path / "a.tif", array[..., None], photometric="minisblack")
    image = read_image(path, Variable(1, range=(-1000, 400)))
    torch.testing.assert_close(image, torch.tensor([[[0, 0, 127.5, 255, 255]]]))


def test_no_more_pixels_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.tif", values("uint8", 1), photometric="minisblack")
    monkeypatch.setattr(image_opening, "MAX_PIXELS", HEIGHT * WIDTH - 1)
    monkeypatch.setattr(tiff_reader, "_read_whole", None)
    with pytest.raises(DataError, match="pixels; cut it"):
        read_image(path)


@pytest.mark.parametrize("tag", [256, 257, 259, 262, 277])
def test_a_list_in_a_number_s_place_multiplies_nothing(tmp_path: Path, tag: int) -> None:
    """A mutated file once took 43 seconds and 10 GB."""
    path = write(tmp_path / "a.tif", values("uint16", 3), photometric="rgb")
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    places = [start + 2 + 12 * i for i in range(count)]
    (place,) = (p for p in places if struct.unpack_from("<H", content, p)[0] == tag)
    struct.pack_into("<II", content, place + 4, 200, 8)
    path.write_bytes(content)
    for reader in (read_header, read_image):
        with pytest.raises(DataError, match="cannot be read: it"):
            reader(path)


def test_many_bands_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        tmp_path / "a.tif", values("uint8", 20), photometric="rgb",
        extrasamples=["unspecified"] * 17, planarconfig="contig",
    )  # fmt: skip
    assert read_image(path).shape == (3, HEIGHT, WIDTH)
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 2 * HEIGHT * WIDTH)
    with pytest.raises(DataError, match="pixels; cut it"):
        read_header(path)
