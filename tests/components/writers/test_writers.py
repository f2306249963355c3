"""Every writer, enumerated: what it can hold is read back as it was, by others than ganzoo."""

import subprocess
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from ganzoo.components.writers import png_chunks, tiff_writer
from ganzoo.components.writers.installed_writers import find_format, get_format, make_writer
from ganzoo.interfaces.writer import ImageForm

LOSSLESS = ("png", "tiff", "npy")
SIZES = [(1, 1), (7, 5), (64, 300), (600, 33)]


def values_of(form, seed=0):
    """A slope with noise, (pages * height, width, channels), over the whole type."""
    rng = np.random.default_rng(seed)
    shape = (form.pages * form.size[0], form.size[1], form.channels)
    share = np.linspace(0, 1, shape[1])[None, :, None] * 0.9 + rng.random(shape) * 0.1
    if form.dtype == "float32":
        return (share * 2 - 0.5).astype(np.float32)
    limits = np.iinfo(form.dtype)
    return (limits.min + share * (int(limits.max) - limits.min)).round().astype(form.dtype)


def strips_of(values, height=3):
    """Strips of uneven heights."""
    edges = [0, *range(1, len(values), height), len(values)]
    return (values[a:b] for a, b in pairwise(edges))


def encode(name, form, values):
    file = BytesIO()
    writer = make_writer(get_format(name))
    assert writer.find_obstacle(form) == ""
    writer.write(file, form, strips_of(values))
    file.seek(0)
    return file


def read(name, file, form):
    """([pages,] H, W[, C]) by a library that is not the writer's own code."""
    if name == "npy":
        return np.load(file, allow_pickle=False)
    if name == "tiff":
        return tifffile.imread(file).reshape(form.shape)
    if form.dtype == "uint16" and form.channels == 3:  # Pillow would drop bits
        imagecodecs = pytest.importorskip("imagecodecs")
        return imagecodecs.png_decode(file.read())
    return np.asarray(Image.open(file))


def forms():
    for dtype in ("uint8", "uint16", "int16", "float32"):
        for channels in (1, 2, 3, 4, 5, 8):
            yield ImageForm(SIZES[(channels + len(dtype)) % 4], channels, dtype)
    yield ImageForm((5, 7), 1, "uint16", pages=4)
    yield ImageForm((5, 7), 3, "uint8", pages=2)
    yield ImageForm((5, 7), 6, "float32", pages=3)


@pytest.mark.parametrize("name", LOSSLESS)
def test_values_are_as_they_were(name):
    writer, held = make_writer(get_format(name)), 0
    for form in forms():
        if writer.find_obstacle(form) == "":
            values = values_of(form)
            result = read(name, encode(name, form, values), form)
            assert result.dtype == form.dtype
            assert np.array_equal(result, values.reshape(form.shape)), form
            held += 1
    assert held == {"png": 4, "tiff": 27, "npy": 27}[name]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_lossy_formats_are_close_and_follow_the_quality(name, channels):
    sizes = []
    for quality, error in ((100, 6), (None, 12), (10, 40)):
        form = ImageForm((40, 60), channels, "uint8", quality=quality)
        values = values_of(form)
        file = encode(name, form, values)
        shown = np.asarray(Image.open(file).convert("L" if channels == 1 else "RGB"))
        assert np.abs(shown.reshape(values.shape) - values.astype(int)).mean() < error
        sizes.append(len(file.getvalue()))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[2]


def test_a_jpeg_keeps_colours_at_full_resolution():
    """Red and blue columns in turn, which half the resolution would make purple."""
    values = np.zeros((16, 16, 3), np.uint8)
    values[:, ::2, 0] = values[:, 1::2, 2] = 255
    read_back = np.asarray(Image.open(encode("jpeg", ImageForm((16, 16), 3, "uint8"), values)))
    assert np.abs(read_back.astype(int) - values).max() < 40


@pytest.mark.parametrize(
    ("name", "form", "reason"),
    [
        ("png", ImageForm((4, 4), 5, "uint8"), "holds 1 or 3 channels, and these are 5"),
        ("png", ImageForm((4, 4), 3, "float32"), "holds 8 or 16 bits a value, and these are float"),
        ("png", ImageForm((4, 4), 3, "uint8", pages=2), "holds one page, and these are 2"),
        ("jpeg", ImageForm((4, 4), 3, "uint16"), "holds 8 bits a value, and these are uint16"),
        ("jpeg", ImageForm((4, 4), 2, "uint8"), "holds 1 or 3 channels"),
        ("jpeg", ImageForm((10, 65_501), 3, "uint8"), "holds 65,500 pixels a side, and this is"),
        ("webp", ImageForm((16_384, 10), 3, "uint8"), "pixels a side, and this is 10 x 16,384"),
        ("webp", ImageForm((4, 4), 1, "int16"), "holds 8 bits a value, and these are int16"),
        ("jpeg", ImageForm((20_000, 20_000), 3, "uint8"), "up to 67,108,864 pixels"),
    ],
)
def test_what_a_format_cannot_hold_is_said(name, form, reason):
    assert reason in make_writer(get_format(name)).find_obstacle(form)


@pytest.mark.parametrize(("width", "most"), [(16_383, 0), (16_384, 1)])
def test_webp_s_limit_is_libwebp_s(width, most):
    form = ImageForm((1, width), 3, "uint8")
    assert bool(make_writer(get_format("webp")).find_obstacle(form)) == bool(most)
    picture = Image.new("RGB", (width, 1))
    if most:
        with pytest.raises(ValueError, match="encoding error"):
            picture.save(BytesIO(), "WEBP")
    else:
        picture.save(BytesIO(), "WEBP")


def profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("name", ["png", "tiff", "jpeg", "webp"])
def test_profile_and_resolution_are_kept(name, dtype):
    form = ImageForm((6, 8), 3, dtype, profile=profile(), dpi=(300.0, 150.0))
    if make_writer(get_format(name)).find_obstacle(form):
        pytest.skip("8 bits only")
    with Image.open(encode(name, form, values_of(form))) as image:
        assert image.info["icc_profile"] == form.profile
        if name != "webp":  # it has no place for it
            assert image.info["dpi"] == pytest.approx(form.dpi, abs=0.02)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("name", ["png", "jpeg", "webp"])
def test_exif_is_kept(name, dtype):
    exif = Image.Exif()
    exif[271], exif[306] = "Maker", "2026:11:28 12:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    form = ImageForm((6, 8), 3, dtype, exif=block)
    if make_writer(get_format(name)).find_obstacle(form):
        pytest.skip("8 bits only")
    with Image.open(encode(name, form, values_of(form))) as image:
        read_back = image.getexif()
    assert (read_back[271], read_back.get_ifd(0x8825)[1]) == ("Maker", "N")


def test_a_tiff_keeps_the_texts_of_exif():
    exif = Image.Exif()
    exif[270], exif[271], exif[306], exif[274] = "Greetings", "Maker", "2026:11:28 12:00:00", 6
    form = ImageForm((6, 8), 3, "uint8", exif=exif.tobytes().removeprefix(b"Exif\0\0"))
    with tifffile.TiffFile(encode("tiff", form, values_of(form))) as tiff:
        tags = tiff.pages[0].tags
        assert tags.valueof(270) == "Greetings"
        assert [tags.valueof(tag) for tag in (271, 306, 274)] == ["Maker", exif[306], None]
    broken = ImageForm((6, 8), 3, "uint8", exif=b"nonsense")
    with tifffile.TiffFile(encode("tiff", broken, values_of(form))) as tiff:
        assert tiff.pages[0].tags.valueof(271) is None


@pytest.mark.parametrize("channels", [1, 3])
def test_pngs_are_filtered_a_few_rows_at_a_time(monkeypatch, channels):
    """As Pillow reads them; rows that are alike, too."""
    monkeypatch.setattr(png_chunks, "TOGETHER", 500)
    form = ImageForm((70, 50), channels, "uint8")
    values = values_of(form)
    values[20:30] = 7
    assert np.array_equal(
        np.asarray(Image.open(encode("png", form, values))), values.reshape(form.shape)
    )


@pytest.mark.parametrize("size", [(256, 256), (300, 513), (257, 255)])
@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 3), ("float32", 2), ("int16", 1)])
def test_large_tiffs_are_tiled(monkeypatch, size, dtype, channels):
    monkeypatch.setattr(tiff_writer, "TILED", 255)
    form = ImageForm(size, channels, dtype, pages=2)
    values = values_of(form)
    file = encode("tiff", form, values)
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages[0]
        assert page.is_tiled == (size[1] > 256)
        assert len(tiff.pages) == 2
        assert np.array_equal(tiff.asarray().reshape(form.shape), values.reshape(form.shape))


def test_tiff_says_what_its_bands_are():
    for channels, photometric, extra in ((1, 1, ()), (3, 2, ()), (5, 1, (0,) * 4)):
        form = ImageForm((6, 8), channels, "uint16")
        with tifffile.TiffFile(encode("tiff", form, values_of(form))) as tiff:
            page = tiff.pages[0]
            assert (page.photometric, page.extrasamples) == (photometric, extra)
            assert (page.predictor, page.planarconfig, page.compression) == (2, 1, 8)


def test_a_tiff_that_might_exceed_4_gib_is_big(monkeypatch):
    form = ImageForm((6, 8), 3, "uint16")
    for most, big in ((6 * 8 * 3 * 2, False), (6 * 8 * 3 * 2 - 1, True)):
        monkeypatch.setattr(tiff_writer, "MOST_CLASSIC", most)
        with tifffile.TiffFile(encode("tiff", form, values_of(form))) as tiff:
            assert tiff.is_bigtiff == big


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize(("rows", "word"), [(5, "fewer"), (7, "more")])
def test_strips_of_another_height_are_refused(name, rows, word):
    form = ImageForm((6, 8), 3, "uint16")
    with pytest.raises(ValueError, match=f"there are {word} rows"):
        encode(name, form, np.zeros((rows, 8, 3), np.uint16))


def test_formats_are_found_by_suffix(tmp_path):
    names = {"a.PNG": "png", "b.tiff": "tiff", "c.Jpg": "jpeg", "d.jfif": "jpeg", "e.npy": "npy"}
    assert {file: find_format(tmp_path / file).name for file in names} == names
    assert find_format(tmp_path / "a.bmp") is None


@pytest.mark.imagemagick
@pytest.mark.parametrize(
    ("name", "dtype"), [("png", "uint16"), ("tiff", "uint16"), ("tiff", "uint8")]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_imagemagick_reads_the_same(tmp_path, name, dtype, channels):
    form = ImageForm((9, 14), channels, dtype)
    values, file = values_of(form), tmp_path / f"a.{name}"
    file.write_bytes(encode(name, form, values).getvalue())
    raw, depth = "gray" if channels == 1 else "rgb", 8 * np.dtype(dtype).itemsize
    command = ["convert", str(file), "-depth", str(depth), "-endian", "LSB", f"{raw}:-"]
    content = subprocess.run(command, capture_output=True, check=True).stdout
    assert np.array_equal(np.frombuffer(content, dtype), values.ravel())
