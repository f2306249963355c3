"""Arrays of NumPy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

import numpy as np

from ganzoo.components.writers.strips import cut_anew
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm, Writer

ROWS = 256


class NpyWriter(Writer):
    """A .npy file: ([pages,] height, width[, channels]), any type and number of channels."""

    def find_obstacle(self, form: ImageForm) -> str:
        """Nothing: it holds values alone, neither a profile nor EXIF nor a resolution."""
        return ""

    def write(self, file: IO[bytes], form: ImageForm, strips: Iterable[Values]) -> None:
        """Write its header, then its rows as they come, little-endian."""
        stored = np.dtype(form.dtype).newbyteorder("<")
        header = {"descr": stored.str, "fortran_order": False, "shape": form.shape}
        np.lib.format.write_array_header_1_0(file, header)
        for strip in cut_anew(strips, form, ROWS):
            file.write(np.ascontiguousarray(strip, stored).data)
