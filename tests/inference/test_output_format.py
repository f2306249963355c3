"""The format of outputs: which one is taken, what is kept of the input, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from torch import nn
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.errors import GanzooError
from ganzoo.expression import parse
from ganzoo.inference import translation
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable


class Network(nn.Module):
    """Changes nothing, and counts its calls."""

    calls = 0

    def forward(self, x):
        self.calls += 1
        return x


def model_of(domain=None, **variable):
    """Images of x, of a domain y if there is one."""
    wire = OutputWire(parse("f(x)"), domain="y" if domain else "")
    variables = {"x": Variable(size=(8, 8), scale="native", **variable)}
    return Model({"f": Network()}, {"out": wire}, variables | ({"y": domain} if domain else {}), {})


def picture(seed=0, size=(40, 24), mode="RGB"):
    """A smooth picture with some noise."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 10, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).convert(mode)


def save(path, **settings):
    path.parent.mkdir(exist_ok=True)
    picture().save(path, **settings)
    return path


def outputs(model, folder, **settings):
    """The written files by input name."""
    target = folder.with_name("out")
    pairs = [*translate(model, folder, target, **settings)]
    return {source.name: written.relative_to(target).as_posix() for source, written in pairs}


def test_the_kind_of_the_input_is_kept(tmp_path):
    names = ("a.jpg", "b.JPEG", "c.webp", "d.tif", "e.tiff", "f.png", "g.bmp", "h.ppm")
    for name in names:
        save(tmp_path / "in" / name)
    written = outputs(model_of(), tmp_path / "in")
    assert written == {**{name: name for name in names[:6]}, "g.bmp": "g.png", "h.ppm": "h.png"}
    kinds = {path.suffix.lower(): Image.open(path).format for path in (tmp_path / "out").iterdir()}
    assert kinds == {
        **{".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"},
        **{".tif": "TIFF", ".tiff": "TIFF", ".png": "PNG"},
    }
    for name in ("d.tif", "e.tiff", "f.png", "g.png", "h.png"):
        assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / name)), picture())
    before, after = (np.asarray(Image.open(tmp_path / f / "a.jpg"), int) for f in ("in", "out"))
    assert np.abs(after - before).mean() < 2


def test_what_cannot_be_a_png_becomes_a_tiff(tmp_path):
    """Of an input whose kind is not written."""
    save(tmp_path / "in" / "a.bmp")
    deep = model_of(Variable(3, dtype="float32"))
    assert outputs(deep, tmp_path / "in") == {"a.bmp": "a.tif"}
    assert tifffile.imread(tmp_path / "out" / "a.tif").dtype == np.float32


def test_a_format_of_choice_keeps_its_own_suffixes(tmp_path):
    for name in ("a.jpg", "b.TIFF", "c.png"):
        save(tmp_path / "in" / name)
    written = outputs(model_of(), tmp_path / "in", format_="tiff")
    assert written == {"a.jpg": "a.tif", "b.TIFF": "b.TIFF", "c.png": "c.tif"}


def test_label_maps_are_never_made_lossy_unasked(tmp_path):
    for name in ("a.jpg", "b.png"):
        save(tmp_path / "in" / name)
    labels = model_of(Variable(3, interpolation="nearest"))
    assert outputs(labels, tmp_path / "in") == {"a.jpg": "a.png", "b.png": "b.png"}
    [(_, written)] = translate(labels, tmp_path / "in" / "a.jpg", tmp_path / "c.jpg")
    assert Image.open(written).format == "JPEG"


def test_quality_is_that_of_lossy_files(tmp_path):
    save(tmp_path / "in" / "a.jpg")
    save(tmp_path / "in" / "b.png")
    sizes = []
    for quality in (20, 95, None, 100):
        list(translate(model_of(), tmp_path / "in", tmp_path / f"{quality}", quality=quality))
        sizes.append((tmp_path / f"{quality}" / "a.jpg").stat().st_size)
        assert np.array_equal(np.asarray(Image.open(tmp_path / f"{quality}" / "b.png")), picture())
    assert sizes[0] < sizes[1] == sizes[2] < sizes[3]
    with pytest.raises(GanzooError, match="--quality 90: png is without loss and has none"):
        translate(model_of(), tmp_path / "in", tmp_path / "p", format_="png", quality=90)


def test_obstacles_of_the_whole_set_come_before_anything_is_computed(tmp_path):
    folder = tmp_path / "in"
    for name in ("a.jpg", "b.jpg", "c.png", "d.tif"):
        save(folder / name)
    (folder / "broken.jpg").write_bytes(b"no image")
    model = model_of(Variable(3, dtype="int16", range=(-1000, 400)))
    with pytest.raises(GanzooError) as caught:
        translate(model, folder, tmp_path / "out")
    first, *kinds = str(caught.value).splitlines()
    assert first == (
        "3 images cannot be written, and nothing was. tiff can hold them: --format tiff, or a name "
        "in .tif"
    )
    assert kinds == [
        f"  {tmp_path / 'out' / 'a.jpg'} and 1 more: jpeg holds 8 bits a value, and these are "
        "int16",
        f"  {tmp_path / 'out' / 'c.png'}: png holds 8 or 16 bits a value, and these are int16",
    ]
    assert not (tmp_path / "out").exists()
    assert model.networks["f"].calls == 0
    written = outputs(model, folder, format_="tiff", unreadable="skip")
    assert [*written.values()] == ["a.tif", "b.tif", "c.tif", "d.tif"]


@pytest.mark.parametrize(
    ("target", "domain", "message"),
    [
        ("a.jpg", Variable(3, dtype="uint16"), "png can hold it: --format png"),
        ("a.png", Variable(5), "png holds 1 or 3 channels, and these are 5"),
        ("a.webp", Variable(2), "tiff can hold it"),
    ],
)
def test_obstacles_of_one_file(tmp_path, target, domain, message):
    source = save(tmp_path / "in.png")
    with pytest.raises(GanzooError, match=message):
        translate(model_of(domain), source, tmp_path / target)


def test_channels_that_come_as_a_surprise_are_told(tmp_path):
    """Of a model that does not say what its outputs are."""
    values = np.zeros((6, 7, 4), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack", planarconfig="contig")
    with pytest.raises(GanzooError, match=r"gives 4 channels; png holds 1 or 3 .* --format tiff"):
        list(translate(model_of(channels=4), tmp_path / "a.tif", tmp_path / "b.png"))
    assert not (tmp_path / "b.png").exists()


def test_an_input_in_its_own_place_is_refused(tmp_path):
    save(tmp_path / "in" / "a.jpg")
    for existing in ("error", "skip", "overwrite"):
        with pytest.raises(GanzooError, match="is an input as well"):
            translate(model_of(), tmp_path / "in", tmp_path / "in", existing=existing)


def adobe_like():
    """A profile that changes colours: its red and blue in each other's place."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_a_profile_is_kept_where_values_are_its_own(tmp_path, suffix):
    source = save(tmp_path / "a.png", icc_profile=adobe_like())
    for colour, kept in (("srgb", None), ("ignore", adobe_like())):
        [(_, written)] = translate(model_of(colour=colour), source, tmp_path / f"{colour}{suffix}")
        assert Image.open(written).info.get("icc_profile") == kept
    gray = model_of(Variable(1), channels=1, colour="ignore")
    [(_, written)] = translate(gray, source, tmp_path / f"gray{suffix}")
    assert "icc_profile" not in Image.open(written).info


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_exif_is_kept_but_for_orientation_and_thumbnail(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:28 12:00:00"
    exif.get_ifd(0x8769)[0xA002] = 40
    exif.get_ifd(0x8825)[1] = "N"
    source = save(tmp_path / "a.jpg", exif=exif, dpi=(300, 150))
    [(_, written)] = translate(model_of(), source, tmp_path / f"b{suffix}")
    with Image.open(written) as image:
        read = image.getexif()
        assert image.size == (24, 40)  # upright
        if suffix != ".webp":
            assert image.info["dpi"] == pytest.approx((150, 300), abs=0.02)
    assert (read.get(0x0112, 1), read[0x010F]) == (1, "Maker")
    assert read.get_ifd(0x8769) == {0x9003: "2026:11:28 12:00:00"}
    assert read.get_ifd(0x8825) == {1: "N"}


def test_exif_no_longer_says_adobe_rgb_of_what_became_srgb(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 65535
    source = save(tmp_path / "a.jpg", exif=exif, icc_profile=adobe_like())
    for colour, space in (("srgb", 1), ("ignore", 65535)):
        [(_, written)] = translate(model_of(colour=colour), source, tmp_path / f"{colour}.jpg")
        assert Image.open(written).getexif().get_ifd(0x8769)[0xA001] == space


def test_broken_exif_is_left_out(tmp_path):
    source = save(tmp_path / "a.jpg", exif=b"Exif\0\0nonsense")
    [(_, written)] = translate(model_of(), source, tmp_path / "b.jpg")
    assert "exif" not in Image.open(written).info


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.fixture
def opened(monkeypatch):
    """The command's model."""
    monkeypatch.setattr("ganzoo.builder.opening.load_onto", lambda *_, **__: model_of())


@pytest.mark.usefixtures("opened")
def test_the_command_takes_a_format_and_a_quality(tmp_path):
    save(tmp_path / "in" / "a.png")
    words = ("translate", __file__, tmp_path / "in")
    done = run(*words, tmp_path / "out", "--format", "jpeg", "--quality", "30")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "a.jpg").is_file()
    for more, message in (
        (("--format", "jepg"), "--format jepg: there is png, tiff, jpeg, webp, npy. Did you mean"),
        (("--quality", "0"), "Invalid value for '--quality'"),
        (("--format", "tiff", "--quality", "30"), "tiff is without loss"),
    ):
        refused = run(*words, tmp_path / "none", *more)
        assert refused.exit_code == 2
        assert message in " ".join(refused.output.split())
    assert not (tmp_path / "none").exists()
    file = run(*words[:2], tmp_path / "in" / "a.png", tmp_path / "b.png", "--format", "tiff")
    assert file.exit_code == 2


def test_a_file_s_name_and_its_format_agree(tmp_path):
    source = save(tmp_path / "a.png")
    with pytest.raises(GanzooError, match=r"--format tiff writes \.tif files; name it .*out\.tif"):
        translate(model_of(), source, tmp_path / "out.png", format_="tiff")
    assert translation.translate(model_of(), source, tmp_path / "out.tiff", format_="tiff").pairs
