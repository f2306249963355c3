"""Treats all images alike: size, mode, encoding, number of bytes and times are the same."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganzoo.components.data.transforms import Framing, Size
from ganzoo.files.writing import append
from ganzoo.interfaces.levels import to_levels
from PIL import Image
from torch import Tensor

from ganzoo_study.study_file import Format

PADDING = 64  # bytes that the common size of all files is above that of the largest


@dataclass(frozen=True)
class Encoder:
    """Turns pixels into the bytes of a file without metadata.

    size: (height, width); what is larger is shrunk (bicubic, antialiased) and cut at the centre.
    quality: of JPEG, 1 ... 100.
    """

    size: Size
    format: Format = "png"
    quality: int = 95

    def fit(self, pixels: Tensor) -> Tensor:
        """(3, H, W) as uint8, of any size, to (3, height, width)."""
        view = Framing(list(self.size)).centre_view(pixels).of(pixels)
        return to_levels(view)

    def encode(self, pixels: Tensor) -> bytes:
        """The file's content, for pixels of the right size."""
        picture = Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())
        file = io.BytesIO()
        if self.format == "jpeg":
            picture.save(file, "JPEG", quality=self.quality)
        else:
            picture.save(file, "PNG")
        return file.getvalue()

    def enlarges(self, pixels: Tensor) -> bool:
        """Whether an image must be enlarged to be shown."""
        height, width = pixels.shape[-2:]
        return height < self.size[0] or width < self.size[1]


def fingerprint(pixels: Tensor) -> str:
    """A hash that is equal for equal pixels."""
    return hashlib.sha256(pixels.contiguous().numpy().tobytes()).hexdigest()


def level(files: Sequence[Path], time: float) -> None:
    """Give files the same number of bytes and the same times.

    What is added stands after the image's end, where decoders stop, and is random, so that it
    looks like the rest.
    """
    sizes = [file.stat().st_size for file in files]
    most = max(sizes) + PADDING
    for file, size in zip(files, sizes, strict=True):
        append(file, secrets.token_bytes(most - size))
        os.utime(file, (time, time))
