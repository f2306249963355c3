"""Values that stand in a file row after row, as they are, so that parts of them can be read."""

from __future__ import annotations

from typing import IO, NamedTuple

import numpy as np

from ganzoo.components.data.image_opening import check_values
from ganzoo.interfaces.reader import Box, Header, OpenedImage, Raw, Values


class StoredRows(NamedTuple):
    """Pixels (height, width, samples) of a type, from `start` on in the file."""

    file: IO[bytes]
    start: int
    dtype: np.dtype[np.generic]
    shape: tuple[int, int, int]

    def read(self, box: Box | None = None) -> Values:
        """The values (h, w, samples) in a box, or all of them, in the machine's order of bytes.

        Raises:
            ValueError: the file ends before them.
            Image.DecompressionBombError: all are wanted, and they are too many.
        """
        if box is None:
            check_values(*self.shape)
        top, left, height, width = box or (0, 0, *self.shape[:2])
        if width == self.shape[1]:
            cut = self._read(top, 0, height * width).reshape(height, width, -1)
        else:
            cut = np.stack([self._read(row, left, width) for row in range(top, top + height)])
        return cut.astype(self.dtype.newbyteorder("="))

    def opened(self, header: Header) -> OpenedImage:
        """The rows as an open image of one page."""
        return OpenedImage(
            header,
            lambda page: Raw(self.read()),
            read_region=lambda box, page: Raw(self.read(box)),
        )

    def _read(self, row: int, column: int, pixels: int) -> Values:
        """Successive pixels (pixels, samples)."""
        _, width, samples = self.shape
        size = samples * self.dtype.itemsize
        self.file.seek(self.start + (row * width + column) * size)
        content = self.file.read(pixels * size)
        if len(content) < pixels * size:
            raise ValueError("it ends before its last row")
        return np.frombuffer(content, self.dtype).reshape(pixels, samples)
