"""Images of DICOM, by pydicom: values in their units, a page a frame."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import numpy as np
from ganzoo.components.data.image_opening import MAX_PIXELS, check_values
from ganzoo.interfaces.reader import Header, Kind, OpenedImage, Raw, Reader

from ganzoo_readers.libraries import load_library
from ganzoo_readers.rescaling import Rescaling

# After a preamble of 128 bytes (PS3.10, 7.1).
MAGIC, PREAMBLE = b"DICM", 128
INVERTED, PALETTE = "MONOCHROME1", "PALETTE COLOR"
COLOURS: dict[str, tuple[Kind, int]] = {
    **dict.fromkeys(("MONOCHROME1", "MONOCHROME2"), ("gray", 1)),
    **dict.fromkeys(
        ("RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"), ("rgb", 3)
    ),
}
# How many bytes a file may have once it is unpacked.
LARGEST = 8 * MAX_PIXELS


class DicomReader(Reader):
    """Reads DICOM files with their preamble.

    Values are rescaled by slope and intercept, as to Hounsfield units; no window is applied. What
    pydicom cannot decode alone, as JPEG-LS, needs a decoder beside it.
    """

    def recognises(self, start: bytes) -> bool:
        """Whether the file begins like one of DICOM."""
        return start[PREAMBLE : PREAMBLE + 4] == MAGIC

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open a DICOM file.

        Raises:
            ValueError: pydicom or a decoder is missing, or the file holds no image that is read.
            Exception: whatever pydicom raises for a broken file.
        """
        pydicom = load_library("pydicom", "pydicom")
        frames = DicomFrames(pydicom, file)
        yield OpenedImage(frames.header, frames.read)


class StoredNumbers(NamedTuple):
    """How a file's numbers are stored. ends: the least and greatest that they may be."""

    dtype: str
    ends: tuple[float, float] | None


class DicomFrames:
    """The frames of a file. header: of all of them."""

    def __init__(self, pydicom: Any, file: IO[bytes]) -> None:
        self._pydicom, self._file = pydicom, file
        self._packed = _is_packed(pydicom, file)
        file.seek(0)
        self._dataset = pydicom.dcmread(file, stop_before_pixels=not self._packed)
        _check(pydicom, self._dataset)
        self._frames = max(1, int(self._dataset.get("NumberOfFrames") or 1))
        most = LARGEST if self._packed else file.seek(0, 2)
        if self._frames > most:  # something would be kept for each of them
            raise ValueError(f"it claims to have {self._frames:,} frames, which it cannot hold")
        self._rescalings = find_rescalings(self._dataset, self._frames)
        self.header = self._header()

    def read(self, page: int) -> Raw:
        """The values of a frame."""
        header, source = self.header, self._dataset if self._packed else self._file
        check_values(*header.size, header.bands)
        self._file.seek(0)
        try:
            stored = self._pydicom.pixels.pixel_array(source, index=page)
        except RuntimeError as error:  # no decoder takes such values, or they are broken
            syntax = self._dataset.file_meta.TransferSyntaxUID
            if syntax == self._pydicom.uid.RLELossless:
                raise ValueError("its pixels are broken") from error
            raise _no_decoder(syntax) from error
        if self._dataset.PhotometricInterpretation == PALETTE:
            stored = self._pydicom.pixels.apply_color_lut(stored, self._dataset)
        values = np.asarray(stored).reshape(*header.size, -1)[..., : header.bands]
        rescaling = self._rescalings[page % len(self._rescalings)]
        return Raw(rescaling.apply(values, header.dtype))

    def _header(self) -> Header:
        dataset, numbers = self._dataset, _stored_numbers(self._dataset)
        kind, bands = COLOURS[dataset.PhotometricInterpretation]
        first, same = self._rescalings[0], len(set(self._rescalings)) == 1
        known = same and numbers.ends is not None and numbers.ends[0] == 0
        profile = dataset.get("ICCProfile")
        return Header(
            (int(dataset.Rows), int(dataset.Columns)),
            kind,
            bands,
            first.dtype(numbers.dtype, numbers.ends) if same else "float32",
            first.scale(numbers.ends) if known and numbers.ends else None,
            inverted=dataset.PhotometricInterpretation == INVERTED,
            profile=profile if isinstance(profile, bytes) else b"",
            pages=self._frames,
        )


def find_rescalings(dataset: Any, frames: int) -> list[Rescaling]:
    """The rescaling of each frame, or the one of all."""
    each = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])[:frames]
    of_frames = [_rescaling(group) for group in each]
    if len(of_frames) == frames and all(of_frames):
        return [rescaling for rescaling in of_frames if rescaling]
    shared = [_rescaling(group) for group in dataset.get("SharedFunctionalGroupsSequence") or []]
    return [next((each for each in shared if each), _of_slope(dataset))]


def _rescaling(group: Any) -> Rescaling | None:
    """That of a functional group (PS3.3, C.7.6.16.2.9)."""
    said = group.get("PixelValueTransformationSequence")
    return _of_slope(said[0]) if said else None


def _of_slope(dataset: Any) -> Rescaling:
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    rescaling = Rescaling(float(1 if slope is None else slope), float(intercept or 0))
    if not rescaling.slope or not all(map(math.isfinite, rescaling)):
        raise ValueError(f"its values are to be multiplied by {slope}, and {intercept} added")
    return rescaling


def _stored_numbers(dataset: Any) -> StoredNumbers:
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        return StoredNumbers("float32", None)
    if dataset.PhotometricInterpretation == PALETTE:
        bits = int(dataset.RedPaletteColorLookupTableDescriptor[2])
        return StoredNumbers(f"uint{bits}", (0.0, 2.0**bits - 1))
    allocated, bits = int(dataset.BitsAllocated), int(dataset.BitsStored)
    if allocated not in (1, 8, 16, 32):
        raise ValueError(f"its values have {allocated} bits, which are not read")
    width = max(8, allocated)
    if dataset.get("PixelRepresentation"):
        return StoredNumbers(f"int{width}", (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1))
    # As in TIFF, it is not known which values of 32 bits are black and white.
    return StoredNumbers(f"uint{width}", (0.0, 2.0**bits - 1) if bits <= 16 else None)


def _check(pydicom: Any, dataset: Any) -> None:
    """Refuse what would be read wrong or not at all."""
    if not all(dataset.get(name) for name in ("Rows", "Columns", "PhotometricInterpretation")):
        raise ValueError("it holds no image")
    if dataset.PhotometricInterpretation not in COLOURS:
        raise ValueError(f"its colours are {dataset.PhotometricInterpretation}; save it as RGB")
    if "ModalityLUTSequence" in dataset:
        raise ValueError("its values need a table (Modality LUT), which is not read")
    _check_decoder(pydicom, dataset.file_meta.get("TransferSyntaxUID"))


def _check_decoder(pydicom: Any, syntax: Any) -> None:
    try:
        ready = pydicom.pixels.get_decoder(syntax).is_available
    except NotImplementedError:
        ready = False
    if not ready:
        raise _no_decoder(syntax)


def _no_decoder(syntax: Any) -> ValueError:
    name = syntax.name if syntax else "unknown"
    return ValueError(
        f"its compression, {name}, needs a decoder: pip install 'pylibjpeg[all]', or save it "
        "uncompressed"
    )


def _is_packed(pydicom: Any, file: IO[bytes]) -> bool:
    """Whether all of the file is deflated, and not only its frames.

    Raises:
        ValueError: it would become too large.
    """
    file.seek(PREAMBLE + len(MAGIC))
    meta = pydicom.filereader.read_dataset(
        file, False, True, stop_when=lambda tag, vr, length: tag.group != 2
    )
    if meta.get("TransferSyntaxUID") != pydicom.uid.DeflatedExplicitVRLittleEndian:
        return False
    unpacking, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while content := unpacking.unconsumed_tail or file.read(1 << 16):
        size += len(unpacking.decompress(content, 1 << 20))
        if size > LARGEST:
            raise ValueError("it becomes too large once it is unpacked")
    return True
