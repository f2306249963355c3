"""Files that break loaders: nasty.tar holds them, nasty.json says what is expected of each."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.folders import Folders
from ganzoo.components.data.image_files import list_images, read_image, shown
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

HERE = Path(__file__).parent.parent.parent / "data"
ENTRIES = {entry["name"]: entry for entry in json.loads((HERE / "nasty.json").read_text())}
REFUSED = "skip with a named warning (or a clear error in strict mode)"
FILES = [name for name in ENTRIES if not name.endswith("/")]
# A hidden file is never listed; what is not listed is not expected to load either.
HIDDEN = [name for name in FILES if name.startswith(".")]
NOT_LISTED = ["noextension", *HIDDEN]
MAY_BE_EITHER = [
    *("truncated_2bytes_short.jpg", "truncated_no_iend.png", "bomb_text_chunk.png"),
    *("photo.jp2", "photo.avif", "1x1.png", ".hidden.png"),
    "invalid_utf8_\udcff\udcfe.png",
]


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory, unpack_nasty: Callable[[Path], Path]) -> Path:
    return unpack_nasty(tmp_path_factory.mktemp("nasty"))


@pytest.fixture(scope="module")
def photo(nasty: Path) -> torch.Tensor:
    """The picture most entries hold, from a lossless file, decoded by Pillow alone."""
    return torch.from_numpy(np.array(Image.open(nasty / "photo.bmp"))).permute(2, 0, 1)


def there(nasty: Path, name: str) -> Path:
    path = nasty / name
    if not os.path.lexists(path):
        pytest.skip(f"this file system cannot hold {shown(path)}")
    return path


def test_all_entries_are_covered() -> None:
    assert len(ENTRIES) == 53
    assert len(FILES) == 52


@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_entry_as_expected(nasty: Path, name: str) -> None:
    path = there(nasty, name)
    expected = ENTRIES[name]["expected"]
    assert (path in list_images(nasty)) == (name not in NOT_LISTED and "checkpoint" not in name)
    if expected.startswith(REFUSED) and name not in MAY_BE_EITHER:
        with pytest.raises(DataError) as caught:
            read_image(path)
        assert shown(path) in str(caught.value)
        str(caught.value).encode("utf-8")  # printable anywhere
    elif name not in MAY_BE_EITHER and "not listed" not in expected:
        assert_good(read_image(path))


@pytest.mark.parametrize("name", MAY_BE_EITHER, ids=ascii)
def test_loads_or_is_named(nasty: Path, name: str) -> None:
    path = there(nasty, name)
    try:
        image = read_image(path)
    except DataError as error:
        message = str(error)
    else:
        assert_good(image)
        return
    assert shown(path) in message


def assert_good(image: torch.Tensor) -> None:
    values = image.float()
    assert image.shape[0] == 3
    assert torch.isfinite(values).all()
    assert values.min() >= 0
    assert values.max() <= 255


LOSSLESS = ["MiXeD.PnG", "icc_srgb.png", "glob[ab]*?.png", "backslash\\name.png", "rgb16.png"]
LOSSY = {
    "cmyk.jpg": 3,
    "animated.webp": 3,  # the first frame: the others are rotated
    "mpo_3d.jpg": 4,
    "lossy.webp": 3,
    "trailing_garbage.jpg": 3,
    "exif_corrupt.jpg": 3,
    "icc_corrupt.jpg": 4,
    "same.jpg": 3,
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_values(nasty: Path, photo: torch.Tensor, name: str) -> None:
    assert torch.equal(read_image(there(nasty, name)).float(), photo.float())


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_values(nasty: Path, photo: torch.Tensor, name: str) -> None:
    assert (read_image(nasty / name).float() - photo).abs().mean() < LOSSY[name]


@pytest.mark.parametrize("name", ["gray16.png", "gray16.tif", "float32.tiff"])
def test_deep_gray_is_neither_white_nor_black(nasty: Path, name: str) -> None:
    expected = torch.from_numpy(np.array(Image.open(nasty / "photo.bmp").convert("L"))).float()
    image = read_image(nasty / name)
    assert image.dtype == torch.float32
    for channel in image:
        torch.testing.assert_close(channel, expected, rtol=0, atol=1e-3)
    torch.testing.assert_close(read_image(nasty / name, Variable(1)), image[:1])


def test_low_16_bit_values_are_kept(nasty: Path) -> None:
    raw = torch.from_numpy(np.array(Image.open(nasty / "gray16_low.png")).astype(np.float32))
    image = read_image(nasty / "gray16_low.png")
    assert raw.max() == 1023
    torch.testing.assert_close(image[0] * 257, raw)
    assert len(set(image[0].flatten().tolist())) > 200


def test_an_array_is_an_image(nasty: Path) -> None:
    """The list of what is expected is older than the reader of arrays."""
    assert nasty / "array.npy" in list_images(nasty)
    assert torch.equal(read_image(nasty / "array.npy"), torch.zeros(3, 4, 4, dtype=torch.uint8))


def test_gray_has_equal_channels(nasty: Path) -> None:
    image = read_image(nasty / "gray.jpg")
    assert torch.equal(image[0], image[1])
    assert torch.equal(image[0], image[2])
    assert torch.equal(read_image(nasty / "gray.jpg", Variable(1)), image[:1])


def test_transparency_is_laid_on_white(nasty: Path, photo: torch.Tensor) -> None:
    hole = torch.zeros(128, 128, dtype=torch.bool)
    hole[20:100, 20:100] = True
    opaque = torch.from_numpy(np.array(Image.open(nasty / "rgba_hole.png"))).permute(2, 0, 1)
    assert (opaque[3] == 255).equal(~hole)
    image = read_image(nasty / "rgba_hole.png")
    assert (image[:, hole] == 255).all()
    assert torch.equal(image[:, ~hole], photo[:, ~hole])


def test_transparent_colour_is_laid_on_white(nasty: Path, photo: torch.Tensor) -> None:
    hidden = (photo == torch.tensor([19, 54, 108]).view(3, 1, 1)).all(0)
    assert hidden.sum() == 24
    image = read_image(nasty / "rgb_trns.png")
    assert (image[:, hidden] == 255).all()
    assert torch.equal(image[:, ~hidden], photo[:, ~hidden])


@pytest.mark.parametrize(("name", "size"), [("3", (80, 128)), ("6", (128, 80))])
def test_orientation_is_applied(nasty: Path, name: str, size: tuple[int, int]) -> None:
    image = read_image(nasty / f"exif_orientation_{name}.jpg")
    stored = torch.from_numpy(np.array(Image.open(nasty / f"exif_orientation_{name}.jpg")))
    turned = torch.rot90(stored, 2 if name == "3" else -1).permute(2, 0, 1)
    assert tuple(image.shape[1:]) == size
    assert torch.equal(image, turned)


def test_a_bomb_costs_no_memory(nasty: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match="pixels"):
        read_image(nasty / "bomb_30000x30000.png")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000  # KiB; decoded, it is 2.7 GB


def test_postscript_never_reaches_ghostscript(nasty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import EpsImagePlugin

    monkeypatch.setattr(EpsImagePlugin, "EpsImageFile", None)
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", None)
    with pytest.raises(DataError, match="none of the formats"):
        read_image(nasty / "eps_named.jpg")


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder owned by an ordinary user, who this process is meanwhile."""
    if os.name != "posix":
        pytest.skip("needs POSIX permissions")
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    shutil.rmtree(folder)


def test_forbidden_files_and_folders_are_named(as_nobody: Path) -> None:
    closed = as_nobody / "unreadable_dir"
    closed.mkdir()
    secret = as_nobody / "secret.png"
    Image.new("RGB", (2, 2)).save(secret)
    secret.chmod(0)
    closed.chmod(0)
    try:
        with pytest.raises(DataError, match=r"secret\.png cannot be read: permission denied"):
            read_image(secret)
        with pytest.raises(DataError, match="unreadable_dir cannot be listed: permission denied"):
            list_images(as_nobody)
    finally:
        closed.chmod(0o700)


def test_a_folder_of_all_of_them_trains(nasty: Path) -> None:
    """With unreadable = skip every bad file is named in one warning, and no NaN comes through."""
    data = Folders(str(nasty.parent), x="nasty", y="nasty", size=16, unreadable="skip")
    data.prepare()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for index in [*range(len(data)), *range(len(data))]:
            sample = data.train_sample(index, np.random.default_rng(index))
            for image in sample.values():
                assert image.shape == (3, 16, 16)
                assert torch.isfinite(image).all()
                assert image.abs().max() <= 1
    skipped = [str(w.message) for w in caught if str(w.message).startswith("skipped")]
    listed = [shown(path) for path in list_images(nasty)]
    assert len(skipped) == len(set(skipped)) >= 12
    for message in skipped:
        assert any(name in message for name in listed)
