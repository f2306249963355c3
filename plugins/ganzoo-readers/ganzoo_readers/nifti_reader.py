"""Volumes of NIfTI, packed or not: each slice is a page, as it is stored."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple, cast

import numpy as np
from ganzoo.components.readers.stored_rows import StoredRows
from ganzoo.interfaces.reader import Box, Header, OpenedImage, Raw, Reader

from ganzoo_readers.libraries import load_library
from ganzoo_readers.rescaling import Rescaling

GZIP = b"\x1f\x8b"
# The length of a header, which stands at its start, and where its magic is.
NIFTI_1, NIFTI_2 = 348, 540
# How many bytes deflate makes of one, at most.
RATIO = 1032
RGB = [("R", "u1"), ("G", "u1"), ("B", "u1")]


class NiftiReader(Reader):
    """Reads NIfTI-1 and -2 in one file, `.nii` or `.nii.gz`.

    A page is a slice (y, x) in the file's order, neither turned nor mirrored: z varies first, then
    time. Values are rescaled by `scl_slope` and `scl_inter`; what is black and white is not known,
    save for unsigned integers of up to 16 bits.
    """

    def recognises(self, start: bytes) -> bool:
        """Whether the file, or what is packed in it, begins like a header of NIfTI."""
        if start[:2] == GZIP:
            start = _unpacked(start)
        return _version(start) is not None

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open a volume.

        Raises:
            ValueError: nibabel is missing, or the header is broken or of a kind that is not read.
        """
        file.seek(0)
        packed = file.read(2) == GZIP
        most = file.seek(0, 2) * (RATIO if packed else 1)
        file.seek(0)
        content = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if packed else file
        volume = _read_header(content)
        _check_length(volume, most)
        yield OpenedImage(
            volume.header,
            lambda page: volume.rescaled(volume.rows(content, page).read()),
            read_region=None if packed else lambda box, page: volume.region(content, box, page),
        )


class Volume(NamedTuple):
    """What a header says: where slices are, and what their numbers mean."""

    header: Header
    start: int
    stored: np.dtype[Any]
    rescaling: Rescaling

    def rows(self, content: IO[bytes], page: int) -> StoredRows:
        """The rows of a slice."""
        shape = (*self.header.size, self.header.bands)
        size = math.prod(shape) * self.stored.itemsize
        return StoredRows(content, self.start + page * size, self.stored, shape)

    def rescaled(self, values: Any) -> Raw:
        """Stored numbers as values."""
        return Raw(self.rescaling.apply(values, self.header.dtype))

    def region(self, content: IO[bytes], box: Box, page: int) -> Raw:
        """The values in a box of a slice."""
        return self.rescaled(self.rows(content, page).read(box))


def _unpacked(start: bytes) -> bytes:
    """The beginning of what is packed; b"" where it is broken."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, NIFTI_1)
    except zlib.error:
        return b""


def _version(start: bytes) -> int | None:
    """The length of the header; None for other files."""
    if start[4:7] == b"n+2" and NIFTI_2.to_bytes(4, "little") in (start[:4], start[3::-1]):
        return NIFTI_2
    return NIFTI_1 if start[344:347] == b"n+1" else None


def _read_header(content: IO[bytes]) -> Volume:
    nibabel = load_library("nibabel", "nibabel")
    start = content.read(NIFTI_2)
    version = _version(start)
    if version is None:
        raise ValueError("its header is broken")
    # Without the extensions behind it, which may be of any length.
    kind = nibabel.Nifti1Header if version == NIFTI_1 else nibabel.Nifti2Header
    header = kind(start[:version], check=False)
    shape = tuple(int(side) for side in header.get_data_shape())
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"its shape is {shape}, which is that of no image")
    stored, bands = _type(header.get_data_dtype())
    slope, intercept = (float(each or 0) for each in header.get_slope_inter())
    rescaling = Rescaling(slope, intercept) if slope else Rescaling()
    ends = _ends(stored)
    dtype = rescaling.dtype(str(stored.newbyteorder("=")), ends)
    known = stored.kind == "u" and stored.itemsize <= 2 and ends is not None
    scale = rescaling.scale(ends) if known and ends else None
    width, height, *others = shape
    about = Header(
        (height, width), "rgb" if bands == 3 else "gray", bands, dtype, scale,
        pages=math.prod(others), volume=math.prod(others) > 1,
    )  # fmt: skip
    return Volume(about, int(header.get_data_offset()), stored, rescaling)


def _type(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], int]:
    """The type of a number, and how many a pixel has."""
    if dtype == np.dtype(RGB):
        return np.dtype("u1"), 3
    if dtype.kind not in "iuf":
        raise ValueError(f"its values are {dtype}, a type that is not read")
    return dtype, 1


def _ends(dtype: np.dtype[Any]) -> tuple[float, float] | None:
    """The least and greatest number of a type of integers."""
    if dtype.kind == "f":
        return None
    info = np.iinfo(dtype)
    return float(info.min), float(info.max)


def _check_length(volume: Volume, most: int) -> None:
    """Refuse a header that claims more than the file can hold."""
    header = volume.header
    size = math.prod((*header.size, header.bands, header.pages)) * volume.stored.itemsize
    if volume.start + size > most:
        raise ValueError("it ends before its last slice")
