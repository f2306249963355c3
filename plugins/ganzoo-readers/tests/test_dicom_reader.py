"""DICOM, on the files that pydicom ships; none is fetched."""

from __future__ import annotations

import copy
import io
import warnings
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
import torch
from ganzoo.components.data import image_opening
from ganzoo.components.data.image_files import read_header, read_image, read_values
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable
from ganzoo.interfaces.reader import Reader
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from ganzoo_readers import dicom_reader
from ganzoo_readers.dicom_reader import DicomReader

pytestmark = pytest.mark.filterwarnings("ignore")
ANY = Variable(range=(0, 1))


def shipped(name: str) -> Path:
    path = Path(pydicom.__file__).parent / "data" / "test_files" / name
    assert path.is_file(), "not in the package"
    return path


def frames_of(path: Path, reader: Reader | None = None) -> list[np.ndarray]:
    with path.open("rb") as file, (reader or DicomReader()).open(file) as source:
        return [source.read(page).values for page in range(source.header.pages)]


def test_hounsfield_units():
    """CT: slope 1, intercept -1024; a range makes them an image."""
    path = shipped("CT_small.dcm")
    dataset = pydicom.dcmread(path)
    header, raw = read_values(path, ANY)
    wanted = dataset.pixel_array.astype(int) - 1024
    assert np.array_equal(raw.values[..., 0], wanted)
    assert (header.kind, header.bands, header.scale) == ("gray", 1, None)
    image = read_image(path, Variable(1, range=(-1000, 400)))
    levels = (wanted.clip(-1000, 400) + 1000) / 1400 * 255
    np.testing.assert_allclose(image[0], levels, atol=1e-3)
    with pytest.raises(DataError, match=r"not known which are black and white; set range"):
        read_header(path)


RAW = {
    "MR_small.dcm": "int16",
    "MR_small_RLE.dcm": "int16",
    "MR_small_bigendian.dcm": "int16",
    "MR_small_implicit.dcm": "int16",
    "MR_small_padded.dcm": "int16",
    "ExplVR_BigEnd.dcm": "uint8",
    "SC_rgb_rle.dcm": "uint8",
    "SC_rgb_rle_16bit_2frame.dcm": "uint16",
    "SC_ybr_full_422_uncompressed.dcm": "uint8",
    "SC_rgb_small_odd_big_endian.dcm": "uint8",
    "examples_overlay.dcm": "uint16",
    "image_dfl.dcm": "uint8",
    "liver_1frame.dcm": "uint8",
    "rtdose.dcm": "uint32",
    "rtdose_rle.dcm": "uint32",
}


@pytest.mark.parametrize("name", RAW)
def test_values_are_those_of_pydicom(name):
    path = shipped(name)
    wanted = pydicom.dcmread(path).pixel_array
    frames = frames_of(path)
    wanted = wanted.reshape(len(frames), *frames[0].shape)
    assert np.array_equal(frames, wanted)
    assert read_header(path, ANY).dtype == RAW[name]
    assert read_header(path, ANY).pages == len(frames)


def test_the_same_picture_in_every_way_of_writing_it():
    names = ("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm")
    first, *others = (frames_of(shipped(name))[0] for name in names)
    assert all(np.array_equal(first, other) for other in others)


def test_values_by_hand():
    """Those at the end of an uncompressed file, without a library."""
    content = shipped("MR_small.dcm").read_bytes()
    start = content.rindex(b"\xe0\x7f\x10\x00OW") + 12
    stored = np.frombuffer(content[start:], "<i2", 64 * 64).reshape(64, 64)
    assert np.array_equal(frames_of(shipped("MR_small.dcm"))[0][..., 0], stored)


def edited(tmp_path: Path, name: str = "examples_overlay.dcm", **changes) -> Path:
    dataset = pydicom.dcmread(shipped(name))
    for key, value in changes.items():
        setattr(dataset, key, value)
    dataset.save_as(tmp_path / "a.dcm")
    return tmp_path / "a.dcm"


def test_the_lowest_value_may_be_white(tmp_path):
    path = edited(tmp_path, PhotometricInterpretation="MONOCHROME1")
    light, dark = read_image(shipped("examples_overlay.dcm")), read_image(path)
    torch.testing.assert_close(dark, 255 - light)
    assert light.max() > 50


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype", "scale"),
    [
        (1, -1024, "int16", (-1024, 3071)),
        (2, 0, "uint16", (0, 8190)),
        (20, 0, "int32", (0, 81900)),
        (0.5, 3, "float32", (3, 2050.5)),
        (-1, 0, "int16", (-4095, 0)),
    ],
)
def test_rescaled_values(tmp_path, slope, intercept, dtype, scale):
    """Of 12 bits, so that the ends are known."""
    path = edited(tmp_path, RescaleSlope=slope, RescaleIntercept=intercept)
    header, raw = read_values(path)
    stored = pydicom.dcmread(path).pixel_array.astype(float)
    assert (header.dtype, header.scale) == (dtype, scale)
    assert raw.values.dtype == dtype
    np.testing.assert_allclose(raw.values[..., 0], stored * slope + intercept, rtol=1e-6)


def test_values_beyond_the_stored_bits_do_not_wrap(tmp_path):
    stored = np.full((300, 484), 4000, np.uint16)
    stored[0, 0] = 40000  # its lower 12 bits are 3136
    path = edited(tmp_path, PixelData=stored.tobytes(), RescaleSlope=1, RescaleIntercept=-1024)
    values = frames_of(path)[0]
    assert (values[0, 0, 0], values[1, 1, 0]) == (2112, 2976)


def groups(*pairs: tuple[float, float]) -> Sequence:
    """Functional groups of such slopes and intercepts."""
    made = []
    for slope, intercept in pairs:
        inner, group = Dataset(), Dataset()
        inner.RescaleSlope, inner.RescaleIntercept = slope, intercept
        group.PixelValueTransformationSequence = Sequence([inner])
        made.append(group)
    return Sequence(made)


def test_each_frame_has_its_own_rescaling(tmp_path):
    name = "SC_rgb_rle_2frame.dcm"
    stored = pydicom.dcmread(shipped(name)).pixel_array
    path = edited(tmp_path, name, SharedFunctionalGroupsSequence=groups((3, 1)))
    assert np.array_equal(frames_of(path), stored.astype(int) * 3 + 1)
    path = edited(tmp_path, name, PerFrameFunctionalGroupsSequence=groups((1, 0), (2, 5)))
    wanted = np.stack([stored[0], stored[1] * 2.0 + 5])
    assert np.array_equal(frames_of(path), wanted)
    assert read_header(path, ANY).dtype == "float32"


def test_a_palette_becomes_rgb():
    path = shipped("examples_palette.dcm")
    dataset = pydicom.dcmread(path)
    indices = dataset.pixel_array
    table = np.stack(
        [
            np.frombuffer(getattr(dataset, f"{colour}PaletteColorLookupTableData"), "<u2")
            for colour in ("Red", "Green", "Blue")
        ],
        -1,
    )
    assert np.array_equal(frames_of(path)[0], table[indices])


@pytest.mark.parametrize(
    "name", ["MR_small_jpeg_ls_lossless.dcm", "SC_rgb_jpeg_gdcm.dcm", "JPEG-lossy.dcm"]
)
def test_what_needs_a_decoder_is_said(name):
    with pytest.raises(DataError) as caught:
        read_image(shipped(name))
    message = str(caught.value)
    if "needs a decoder" not in message:
        pytest.skip("there is a decoder")
    assert "pip install 'pylibjpeg[all]'" in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["test-SR.dcm", "rtplan.dcm", "reportsi.dcm", "waveform_ecg.dcm"])
def test_what_holds_no_image(name):
    with pytest.raises(DataError, match="it holds no image"):
        read_header(shipped(name))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"RescaleSlope": "0", "RescaleIntercept": "3"}, "multiplied by 0"),
        ({"NumberOfFrames": 2**31 - 1}, "2,147,483,647 frames"),
        ({"PhotometricInterpretation": "YBR_PARTIAL_420"}, "its colours are YBR_PARTIAL_420"),
        ({"ModalityLUTSequence": Sequence([Dataset()])}, "need a table"),
        ({"BitsAllocated": 64}, "64 bits, which are not read"),
        ({"PixelData": b"12"}, "cannot be read: "),
        ({"Rows": 0}, "it holds no image"),
    ],
)
def test_what_would_be_read_wrong_is_refused(tmp_path, changes, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = edited(tmp_path, **changes)
    with pytest.raises(DataError, match=message):
        read_image(path)


def test_cut_off_files_are_refused(tmp_path):
    content = shipped("MR_small.dcm").read_bytes()
    for share in (0.05, 0.3, 0.7, 0.95):
        (tmp_path / "a.dcm").write_bytes(content[: int(len(content) * share)])
        with pytest.raises(DataError, match=r"a\.dcm cannot be read: "):
            read_image(tmp_path / "a.dcm", Variable(1, range=(0, 2000)))


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    """A megabyte of zeros, where less is allowed."""
    content = shipped("image_dfl.dcm").read_bytes()
    meta = content[: content.index(b"1.2.840.10008.1.2.1.99")]
    pydicom_end = 132 + 12 + int.from_bytes(content[140:144], "little")
    assert len(meta) < pydicom_end
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packing.compress(bytes(1 << 20)) + packing.flush()
    (tmp_path / "a.dcm").write_bytes(content[:pydicom_end] + bomb)
    monkeypatch.setattr(dicom_reader, "LARGEST", 1 << 19)
    with pytest.raises(DataError, match="it becomes too large once it is unpacked"):
        read_header(tmp_path / "a.dcm")


def test_no_more_pixels_than_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(image_opening, "MAX_PIXELS", 64 * 64 - 1)
    with pytest.raises(DataError, match="cut it into tiles"):
        read_image(shipped("MR_small.dcm"), ANY)
    dataset = copy.deepcopy(pydicom.dcmread(shipped("MR_small.dcm")))
    dataset.Rows = dataset.Columns = 65000
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    (tmp_path / "a.dcm").write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match="cut it into tiles"):
        read_header(tmp_path / "a.dcm", ANY)
