"""NIfTI, on the files that nibabel ships and on files that it writes."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch
from ganzoo.components.data.image_files import open_regions, read_header, read_image
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

from ganzoo_readers.nifti_reader import NiftiReader

DATA = Path(nibabel.__file__).parent / "tests" / "data"
SHIPPED = [
    *("anatomical.nii", "functional.nii", "example4d.nii.gz", "example_nifti2.nii.gz"),
    *("standard.nii.gz", "reoriented_anat_moved.nii"),
]
RNG = np.random.default_rng(0)


def slices_of(path: Path) -> np.ndarray:
    """Forwards, and backwards once more."""
    with path.open("rb") as file, NiftiReader().open(file) as source:
        pages = range(source.header.pages)
        slices = np.stack([source.read(page).values for page in pages])
        again = np.stack([source.read(page).values for page in reversed(pages)])
    assert np.array_equal(slices, again[::-1], equal_nan=True)
    return slices


def as_pages(array: np.ndarray) -> np.ndarray:
    """(x, y, z, t ...) as (pages, y, x, 1), z before t."""
    flat = array.reshape(*array.shape[:2], -1, order="F")
    return flat.transpose(2, 1, 0)[..., None]


@pytest.mark.parametrize("name", SHIPPED)
def test_values_are_those_of_nibabel(name):
    wanted = nibabel.load(DATA / name).get_fdata()
    slices = slices_of(DATA / name)
    pages = as_pages(wanted)
    np.testing.assert_allclose(slices, pages, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_every_type(tmp_path, dtype, suffix, kind):
    array = RNG.uniform(0, 200, (7, 5, 3, 2)).astype(dtype)
    for order in "<>":
        header = kind.header_class(endianness=order)
        header.set_data_dtype(dtype)
        kind(array, np.eye(4), header).to_filename(tmp_path / f"a{suffix}")
        slices = slices_of(tmp_path / f"a{suffix}")
        assert slices.dtype == dtype
        assert np.array_equal(slices, as_pages(array))
        about = read_header(tmp_path / f"a{suffix}", Variable(1, range=(0, 200), pages="each"))
        assert (about.size, about.pages, about.dtype) == ((5, 7), 6, dtype)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"),
    [(2.0, -1000.0, "int32"), (0.5, 0.0, "float32"), (1.0, 0.0, "int16"), (np.nan, 0.0, "int16")],
)
def test_slope_and_intercept(tmp_path, slope, intercept, dtype):
    array = RNG.integers(-1000, 3000, (7, 5, 3)).astype(np.int16)
    image = nibabel.Nifti1Image(array, np.eye(4))
    image.to_filename(tmp_path / "a.nii")
    content = bytearray((tmp_path / "a.nii").read_bytes())
    content[112:120] = np.array([slope, intercept], "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(content)
    slices = slices_of(tmp_path / "a.nii")
    assert slices.dtype == dtype
    real = array if np.isnan(slope) else array * slope + intercept
    np.testing.assert_allclose(slices, as_pages(real))


def test_colours(tmp_path):
    colours = RNG.integers(0, 256, (7, 5, 3, 3), dtype=np.uint8)
    packed = colours.view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0]
    nibabel.Nifti1Image(packed, np.eye(4)).to_filename(tmp_path / "a.nii")
    image = read_image(tmp_path / "a.nii", Variable(pages="each"))
    assert image.dtype == torch.uint8
    assert np.array_equal(image, colours[:, :, 0].transpose(2, 1, 0))


def test_regions(tmp_path):
    array = RNG.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    nibabel.Nifti1Image(array, np.eye(4)).to_filename(tmp_path / "a.nii")
    with open_regions(tmp_path / "a.nii", Variable(1, pages="each")) as regions:
        assert regions is not None
        region = regions.read((4, 6, 11, 13), 2)
        assert np.array_equal(region[0], array[6:19, 4:15, 2].T)
    nibabel.Nifti1Image(array, np.eye(4)).to_filename(tmp_path / "a.nii.gz")
    with open_regions(tmp_path / "a.nii.gz", Variable(1, pages="each")) as regions:
        assert regions is None


def test_a_volume_is_no_picture(tmp_path):
    path, _ = written(tmp_path)
    with pytest.raises(DataError, match="it is a volume of 3 slices, of which pages = 'first'"):
        read_image(path)
    volume = read_image(path, Variable(1, pages="depth", depth=2))
    for page in range(3):
        slice_ = read_image(path, Variable(1, pages="each"), page)
        assert torch.equal(volume[:, page], slice_)


def written(tmp_path: Path, suffix: str = ".nii") -> tuple[Path, bytes]:
    path, array = tmp_path / f"a{suffix}", RNG.integers(0, 256, (7, 5, 3), dtype=np.uint8)
    nibabel.Nifti1Image(array, np.eye(4)).to_filename(path)
    return path, path.read_bytes()


def patched(content: bytes, place: int, value: np.ndarray) -> bytes:
    return content[:place] + value.tobytes() + content[place + value.nbytes :]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (40, np.array([3, 30000, 30000, 30000], "<i2"), "it ends before its last slice"),
        (40, np.array([7] + [30000] * 7, "<i2"), "it ends before its last slice"),
        (40, np.array([3, 7, -5, 3], "<i2"), "which is that of no image"),
        (40, np.array([1, 105, 1, 1], "<i2"), "which is that of no image"),
        (70, np.array([32], "<i2"), "a type that is not read"),
        (70, np.array([12345], "<i2"), "cannot be read: "),
        (108, np.array([1e30], "<f4"), "cannot be read: "),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_header_that_claims_too_much(tmp_path, place, value, message, packed):
    content = patched(written(tmp_path)[1], place, value)
    target = tmp_path / ("b.nii.gz" if packed else "b.nii")
    target.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=message):
        read_image(target)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_cut_off_files_are_refused(tmp_path, suffix):
    path, content = written(tmp_path, suffix)
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises((EOFError, ValueError)):
            slices_of(path)


def test_extensions_are_skipped(tmp_path):
    image = nibabel.Nifti1Image(RNG.integers(0, 256, (7, 5, 3), dtype=np.uint8), np.eye(4))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"x" * 5000))
    image.to_filename(tmp_path / "a.nii.gz")
    assert np.array_equal(slices_of(tmp_path / "a.nii.gz"), as_pages(np.asarray(image.dataobj)))
