"""Which frames of an image that Pillow opens are read: those of the size of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from PIL import ImageFile

from ganzoo.components.data.image_opening import open_image_in
from ganzoo.components.readers.pillow_values import GRAY_16_ALPHA, LOW_BYTES


def find_frames(
    image: ImageFile.ImageFile, file: IO[bytes], layout: str
) -> tuple[Sequence[int], bool]:
    """The frames that are read, as Pillow counts them, and whether there are others.

    layout: that of the first frame.

    Raises:
        ValueError: the file says that it has more of them than it can hold.
    """
    count = int(getattr(image, "n_frames", 1))
    check_frames(count, file)
    if count > 1 and (layout in LOW_BYTES or layout == GRAY_16_ALPHA):
        return [0], True  # the low bytes of further frames cannot be had
    if count > 1 and image.format == "MPO":
        alike = list(_alike(image, file, count)) or [0]
        return alike, len(alike) < count
    return range(max(1, count)), False


def check_frames(count: int, file: IO[bytes]) -> None:
    """Refuse more frames than bytes, before something is kept for each of them.

    Raises:
        ValueError: there are more.
    """
    place = file.tell()
    size = file.seek(0, 2)
    file.seek(place)
    if count > size:
        raise ValueError(f"it claims to have {count:,} frames, and has {size:,} bytes")


def _alike(image: ImageFile.ImageFile, file: IO[bytes], count: int) -> Iterator[int]:
    """The pictures of a camera's file that are of one form: others are previews or maps."""
    place = file.tell()
    file.seek(0)
    with open_image_in(file, ["JPEG"]) as again:
        for index in range(count):
            try:
                again.seek(index)
            except Exception:  # a broken entry raises one of many kinds
                break
            if (again.size, again.mode) == (image.size, image.mode):
                yield index
    file.seek(place)
