"""Files of every type, number of channels and layout, through a network that changes nothing.

What is written has the input's size, the domain's channels and depth, and the input's values where
a format can hold them. tifffile and ImageMagick read it as second opinions.
"""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import nn

from ganzoo.components.data.image_files import read_image
from ganzoo.expression import parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable

DTYPES = ("uint8", "uint16", "int16", "float32")
SIZES = [(1, 1), (7, 5), (16, 48), (33, 64), (130, 21)]
LAYOUTS = ("strips", "planar", "tiled", "big-endian", "min-is-white", "zlib", "lzw", "bigtiff")


def identity(variable, domain="x"):
    """A model by hand whose output is its input."""
    wire = OutputWire(parse("f(x)"), domain=domain)
    return Model({"f": nn.Identity()}, {"out": wire}, {"x": variable}, {})


def variable_of(channels, dtype):
    limits = (-32768, 32767) if dtype == "int16" else None
    return Variable(channels, (8, 8), scale="native", range=limits, dtype=dtype)


def values_of(rng, size, channels, dtype):
    """Random values (H, W, C) over the whole type, its ends among them; floats in 0 ... 1."""
    shape = (*size, channels)
    if dtype == "float32":
        return rng.random(shape, np.float32)
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    values.flat[0], values.flat[-1] = limits.min, limits.max
    return values


def save_tiff(path, values, layout="strips"):
    """A TIFF as others write it."""
    channels = values.shape[-1]
    settings = {"photometric": "rgb" if channels == 3 else "minisblack"}
    if channels > 1:
        settings["planarconfig"] = "contig"
        settings["extrasamples"] = () if channels == 3 else (0,) * (channels - 1)
    stored = values if channels > 1 else values[..., 0]
    if layout == "planar" and channels > 1:
        stored, settings["planarconfig"] = np.moveaxis(values, -1, 0), "separate"
    if layout == "min-is-white" and channels == 1 and values.dtype.kind == "u":
        stored, settings["photometric"] = np.iinfo(values.dtype).max - stored, "miniswhite"
    if layout == "tiled":
        settings["tile"] = (16, 32)
    if layout in ("zlib", "lzw"):
        settings |= {"compression": layout, "predictor": values.dtype.kind != "f"}
    order = ">" if layout == "big-endian" else "<"
    path.parent.mkdir(exist_ok=True)
    with tifffile.TiffWriter(path, bigtiff=layout == "bigtiff", byteorder=order) as tiff:
        tiff.write(stored, metadata=None, **settings)
    return path


def run(model, source, target, **settings):
    """The one file that is written."""
    [(_, written)] = translate(model, source, target, **settings)
    return written


def check_values(written, values):
    """Equal; floats as close as those in [-1, 1] are that networks see."""
    written = written.reshape(values.shape)
    if values.dtype == np.float32:
        assert np.abs(written.astype(np.float64) - values).max() <= 2**-23
    else:
        assert np.array_equal(written, values)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_tiffs_come_back_as_they_were(tmp_path, dtype, layout):
    """Of 1 to 8 channels, where the domain is known and where it is not."""
    if layout == "lzw":
        pytest.importorskip("imagecodecs")
    rng = np.random.default_rng([DTYPES.index(dtype), LAYOUTS.index(layout)])
    for channels in range(1, 9):
        size = SIZES[rng.integers(len(SIZES))]
        values = values_of(rng, size, channels, dtype)
        source = save_tiff(tmp_path / f"{channels}.tif", values, layout)
        model = identity(variable_of(channels, dtype), "x" if channels % 2 else "")
        target = run(model, source, tmp_path / f"out-{channels}.tif")
        with tifffile.TiffFile(target) as tiff:
            [page] = tiff.pages
            assert (page.imagelength, page.imagewidth) == size
            assert (page.samplesperpixel, str(page.dtype)) == (channels, dtype)
            check_values(page.asarray(), values)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
def test_formats_without_loss_hold_the_same(tmp_path, dtype, channels, suffix):
    values = values_of(np.random.default_rng(5), (19, 23), channels, dtype)
    source = save_tiff(tmp_path / "a.tif", values)
    target = run(identity(variable_of(channels, dtype)), source, tmp_path / f"out{suffix}")
    if suffix == ".npy":
        written = np.load(target)
        assert written.dtype == dtype
    else:
        levels = read_image(target, Variable(channels)).permute(1, 2, 0)
        written = (levels.double() * (np.iinfo(dtype).max / 255)).round().numpy()
    check_values(written, values)


@pytest.mark.imagemagick
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_imagemagick_agrees(tmp_path, dtype, channels, suffix):
    """It makes the input, and reads the output: size, depth and every value."""
    depth, kind = 8 * np.dtype(dtype).itemsize, "gray" if channels == 1 else "rgb"
    values = values_of(np.random.default_rng(6), (13, 17), channels, dtype)
    raw = ["-size", "17x13", "-depth", str(depth), "-endian", "LSB"]
    source, compressed = tmp_path / f"a{suffix}", ["-compress", "zip"]
    (tmp_path / "raw").write_bytes(values.tobytes())
    call("convert", *raw, f"{kind}:{tmp_path / 'raw'}", *compressed, source)
    target = run(identity(variable_of(channels, dtype)), source, tmp_path / f"out{suffix}")
    assert call("identify", "-format", "%w %h %z", target).decode() == f"17 13 {depth}"
    content = call("convert", target, "-depth", str(depth), "-endian", "LSB", f"{kind}:-")
    check_values(np.frombuffer(content, dtype), values)


def call(*words):
    return subprocess.run([*map(str, words)], check=True, capture_output=True).stdout


@pytest.mark.imagemagick
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_imagemagick_reads_images_of_many_channels(tmp_path, dtype):
    values = values_of(np.random.default_rng(7), (13, 17), 5, dtype)
    source = save_tiff(tmp_path / "a.tif", values, "planar")
    target = run(identity(variable_of(5, dtype)), source, tmp_path / "out.tif")
    assert call("identify", "-format", "%w %h", target).decode() == "17 13"


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_in_tiff(tmp_path, channels):
    pytest.importorskip("imagecodecs")
    rng = np.random.default_rng(3)
    values = np.kron(rng.integers(0, 256, (4, 6, channels), np.uint8), np.ones((8, 8, 1), np.uint8))
    tifffile.imwrite(
        tmp_path / "a.tif",
        values if channels == 3 else values[..., 0],
        photometric="rgb" if channels == 3 else "minisblack",
        compression="jpeg",
    )
    decoded = tifffile.imread(tmp_path / "a.tif")
    target = run(identity(variable_of(channels, "uint8")), tmp_path / "a.tif", tmp_path / "b.tif")
    assert np.array_equal(tifffile.imread(target), decoded)
    assert np.abs(decoded.reshape(values.shape) - values.astype(int)).mean() < 40


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_every_value_of_16_bits(tmp_path, dtype):
    limits = np.iinfo(dtype)
    values = np.arange(limits.min, limits.max + 1).astype(dtype).reshape(256, 256, 1)
    source = save_tiff(tmp_path / "a.tif", values)
    target = run(identity(variable_of(1, dtype)), source, tmp_path / "b.tif")
    check_values(tifffile.imread(target), values)


class Mixed(nn.Module):
    """Channels of a chosen number, each the mean of all."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        return x.mean(1, keepdim=True).expand(-1, self.channels, -1, -1)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (Variable(1, dtype="uint16"), ("uint16", 1, 0x8000)),
        (Variable(5, dtype="uint16", range=(0, 4095)), ("uint16", 5, 2048)),
        (Variable(2, dtype="int16", range=(-1000, 400)), ("int16", 2, -300)),
        (Variable(3, dtype="float32", range=(-4, 12)), ("float32", 3, 4)),
        (Variable(4, dtype="uint8"), ("uint8", 4, 128)),
        (Variable(4), ("uint8", 4, 128)),
    ],
)
def test_what_is_written_has_the_domain_s_channels_and_depth(tmp_path, domain, expected):
    """Half way between black and white, on the range of the domain."""
    Image.new("RGB", (9, 6)).save(tmp_path / "a.png")
    wire = OutputWire(parse("f(x)"), domain="y")
    variables = {"x": Variable(3, (8, 8), scale="native"), "y": domain}
    network = nn.Sequential(Mixed(domain.channels), Constant())
    model = Model({"f": network}, {"out": wire}, variables, {})
    written = tifffile.imread(run(model, tmp_path / "a.png", tmp_path / "b.tif"))
    dtype, channels, value = expected
    assert (str(written.dtype), written.shape[:2]) == (dtype, (6, 9))
    assert written.size == 54 * channels
    assert (written == value).all()


class Constant(nn.Module):
    """Middle gray."""

    def forward(self, x):
        return torch.zeros_like(x)
