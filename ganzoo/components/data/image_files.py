"""Image files, read and written. A file that cannot be read is a DataError that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ganzoo.components.data import image_opening
from ganzoo.components.data.headers import HeaderSummary, stored_box, summarise, turned_size
from ganzoo.components.data.image_listing import list_images as list_images
from ganzoo.components.data.image_listing import shown as shown
from ganzoo.components.data.image_opening import BROKEN, check_values, readable
from ganzoo.components.data.image_opening import MAX_PIXELS as MAX_PIXELS
from ganzoo.components.data.image_source import ImageSource, open_bytes
from ganzoo.components.data.pages import check_pages, check_together, decode_pages, shown_page
from ganzoo.components.data.spare_bands import choose_bands
from ganzoo.components.readers.installed_readers import START, find_reader
from ganzoo.components.writers.png_writer import save_png
from ganzoo.errors import DataError
from ganzoo.files.untrusted import UntrustedError
from ganzoo.interfaces.levels import to_pixels
from ganzoo.interfaces.reader import Box, Header, OpenedImage, Raw
from ganzoo.interfaces.variable import Variable

RGB = Variable()
Size = tuple[int, int]
"""(height, width)"""


def read_image(path: ImageSource, variable: Variable = RGB, page: int = 0) -> Tensor:
    """One image file as a tensor (channels, H, W) of 0 ... 255, upright.

    A file whose pages are slices becomes a volume (channels, D, H, W).
    variable: how it is read: channels (3 is RGB, 1 is gray), range and colour. It is not resized.
    8-bit sources are uint8. Deeper ones, and those on a `range`, are float32: that range, or all
    that the type can hold, becomes 0 ... 255; values outside a `range` become its ends. Unsigned
    integers of up to 16 bits and floats (0 ... 1) have a range of their own, other types need one.
    The EXIF orientation is applied, transparent images get a white background, and colours become
    sRGB by the file's profile. `read_header(path).left_out` says what of a file is not read.
    page: of a file of several, counted from 0, where the variable's `pages` are each an image.

    Raises:
        DataError: the file is missing, unreadable, broken, larger than MAX_PIXELS, in a format
            that is not read, has bands that are no colours, or holds values that are not finite or
            out of the range of its type.
    """
    with _named(path), _opened(path, variable) as source:
        return decode_pages(source.header, source.read, variable, page)


def read_reduced(
    path: Path, variable: Variable, wanted: Callable[[Size], Size | None], page: int = 0
) -> tuple[Tensor, Size]:
    """An image that will be resized, as `read_image` reads it, and the size of the image itself.

    A large JPEG is decoded at a fraction of its size if that changes no more than rounding does.
    wanted: the size that an image of such a size will get; None if regions of it will be used.
    page: as of `read_image`.

    Raises:
        DataError: as `read_image`.
    """
    with _named(path), _opened(path, variable) as source:
        size = turned_size(source.header)
        reduced = _reduce(source, size, wanted(size), variable)
        image = decode_pages(source.header, source.read, variable, page)
        return image, size if reduced else (image.shape[-2], image.shape[-1])


def _reduce(source: OpenedImage, size: Size, wanted: Size | None, variable: Variable) -> bool:
    plain = variable.range is None and variable.interpolation == "bicubic"
    if wanted is None or source.reduce is None or not plain:
        return False
    upright = size == source.header.size
    return source.reduce(wanted if upright else (wanted[1], wanted[0]))


def read_values(path: Path, variable: Variable = RGB) -> tuple[Header, Raw]:
    """The header and the stored values of an image file, before they are scaled to 0 ... 255.

    Where all pages are read, the values are those of the middle one.

    Raises:
        DataError: as `read_image`, save for values out of range.
    """
    with _named(path), _opened(path, variable) as source:
        return source.header, source.read(shown_page(source.header, variable))


@contextmanager
def open_source(path: Path) -> Iterator[OpenedImage]:
    """An image file, opened, before it is known what it will be read as.

    Raises:
        DataError: as `read_image`, save for its bands and values; also in place of any exception
            while it is open.
    """
    with _named(path), _opened_by_reader(path) as opened:
        source = choose_bands(opened, RGB)
        check_values(*source.header.size, max(source.header.bands, source.header.samples))
        yield source


def read_header(
    path: ImageSource, variable: Variable = RGB, *, whole: bool = True
) -> HeaderSummary:
    """A summary of the header of an image file, and of what reading it as that variable leaves out.

    whole: the image is to be read whole; otherwise it may have more than MAX_PIXELS where
        `open_regions` can read regions of it.

    Raises:
        DataError: the header shows that `read_image`, or `open_regions`, would refuse the file.
    """
    with _named(path), _opened(path, variable, whole) as source:
        return summarise(source.header, variable)


class Regions:
    """An image that is read region by region, as `read_image` reads it whole.

    size: (height, width) of the image, upright. pages: as many has the file.
    """

    def __init__(self, path: ImageSource, source: OpenedImage, variable: Variable) -> None:
        self._path, self._source, self._variable = path, source, variable
        self.size, self.pages = turned_size(source.header), source.header.pages

    def read(self, box: Box, page: int = 0) -> Tensor:
        """The levels (channels, height, width) in a box (top, left, height, width), upright.

        Where pages are channels or slices, those of all pages.

        Raises:
            DataError: that part of the file is broken.
            ValueError: the box is not within the image, or is empty.
        """
        top, left, height, width = box
        inside = top + height <= self.size[0] and left + width <= self.size[1]
        if min(top, left) < 0 or min(height, width) < 1 or not inside:
            raise ValueError(f"the box {box} is not within an image of {self.size} pixels")
        with _named(self._path):
            header, read = self._source.header, self._source.read_region
            assert read is not None
            stored = stored_box(box, header)
            return decode_pages(header, lambda p: read(stored, p), self._variable, page)


@contextmanager
def open_regions(path: ImageSource, variable: Variable = RGB) -> Iterator[Regions | None]:
    """Open an image of any size, to read regions of it; None where its format has none.

    A region is equal to the same box cut out of what `read_image` returns, save that values out of
    range are refused only where a region has some.

    Raises:
        DataError: as `read_image`; an image may have more than MAX_PIXELS if regions can be read.
    """
    with ExitStack() as stack:
        with _named(path):
            source = stack.enter_context(_opened(path, variable, whole=False))
        yield None if source.read_region is None else Regions(path, source, variable)


def read_full_header(path: ImageSource, variable: Variable = RGB) -> Header:
    """The header of an image file, which says what a file that is made from it should hold.

    Raises:
        DataError: as `read_header`; an image may have more than MAX_PIXELS if regions can be read.
    """
    with _named(path), _opened(path, variable, whole=False) as source:
        return source.header


def save_image(image: Tensor, path: Path) -> None:
    """Write an image (C, H, W) in [-1, 1], C = 1 or 3, as 8-bit PNG, whole or not at all.

    Values are clamped and rounded; NaN becomes black.

    Raises:
        OSError: the folder cannot be written.
        ValueError: the image has other than 1 or 3 channels.
    """
    if len(image) not in (1, 3):
        raise ValueError(f"an image of {len(image)} channels cannot be written; 1 or 3 can")
    save_png(Image.fromarray(to_pixels(image)), path)


@contextmanager
def _named(path: ImageSource) -> Iterator[None]:
    """Turn any error in reading the file into a DataError that names it."""
    try:
        yield
    except Exception as error:  # broken files raise a dozen kinds, from SyntaxError to OSError
        raise DataError(f"{shown(path)} cannot be read: {_reason(error)}") from error


@contextmanager
def _opened(path: ImageSource, variable: Variable, whole: bool = True) -> Iterator[OpenedImage]:
    with _opened_by_reader(path) as opened:
        source = choose_bands(opened, variable)
        header = source.header
        if whole or source.read_region is None:
            check_values(*header.size, max(header.bands, header.samples))
            check_together(header, variable)
        check_pages(header, variable)
        yield source


@contextmanager
def _opened_by_reader(path: ImageSource) -> Iterator[OpenedImage]:
    with open_bytes(path) as file:
        reader = find_reader(file.read(START), path)
        file.seek(0)
        with reader.open(file) as opened:
            if 0 in opened.header.size:
                raise ValueError("it has no pixels")
            yield opened


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"it is broken, no image, or in none of the formats {', '.join(readable())}"
    if isinstance(error, UntrustedError):
        return "it is not a regular file"
    if isinstance(error, Image.DecompressionBombError):
        return (
            f"it has more than {image_opening.MAX_PIXELS} pixels; cut it into tiles to train on "
            "it; translate --scale native takes a TIFF of any size as it is"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, BROKEN):
        return "it is broken"
    return str(error) or type(error).__name__
