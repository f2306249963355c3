"""Image files that are read by Pillow: every format but TIFF and Netpbm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from PIL import Image, ImageFile

from ganzoo.components.data.image_opening import open_image_in
from ganzoo.components.readers.pillow_exif import EXIF, dpi_of, exif_of, is_adobe_rgb, orientation
from ganzoo.components.readers.pillow_frames import find_frames
from ganzoo.components.readers.pillow_values import (
    GRAY_16_ALPHA,
    depth_of,
    is_deep,
    layout_of,
    read_values,
)
from ganzoo.interfaces.reader import Header, Kind, OpenedImage, Raw, Reader

KINDS: dict[str, Kind] = {
    **dict.fromkeys(("1", "L", "LA", "I;16", "I;16B", "F"), "gray"),
    **dict.fromkeys(("P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"), "rgb"),
    "CMYK": "cmyk",
}
BANDS: dict[Kind, int] = {"gray": 1, "rgb": 3, "cmyk": 4}
SRGB_GAMMA = 0.45455
# A JPEG is decoded at an eighth, a quarter or a half of its size, which saves most of the time, if
# so many times the wanted size are left. Resized, 64 photos of 600 x 400 px and 4 of 12 megapixels
# differed from the same of the whole image by 0.2 to 0.3 levels on average, and by 7 at most.
ENOUGH = 2.5
DEPTH = "more than 8 bits a value in this format, of which 8 are read"
OTHERS = "frames of other sizes, or of 16 bits after the first, which are left out"


class PillowReader(Reader):
    """Reads JPEG, PNG, WebP and what else Pillow knows, as far as `readable` goes."""

    def recognises(self, start: bytes) -> bool:
        """True: Pillow itself tells what it cannot read."""
        return True

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open an image.

        Raises:
            ValueError: its colours are of a kind that is not read.
            OSError: it is broken, or in no format that Pillow reads.
        """
        with ExitStack() as images:
            yield _opened(images, file)


def _opened(images: ExitStack, file: IO[bytes]) -> OpenedImage:
    image = images.enter_context(open_image_in(file))
    if image.mode not in KINDS:
        raise ValueError(f"its colours are {image.mode}; save it as gray or RGB")
    frames = Frames(image, file, images)
    reduces = image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB")
    return OpenedImage(
        frames.header, frames.read, (lambda enough: _reduce(image, enough)) if reduces else None
    )


class Frames:
    """The frames of an open image, read one by one. header: of the first."""

    def __init__(self, image: ImageFile.ImageFile, file: IO[bytes], images: ExitStack) -> None:
        self._image, self._file, self._images = image, file, images
        self._layout, self._depth = layout_of(image), depth_of(image, file)
        self._indices, self._others = find_frames(image, file, self._layout)
        self.header = self._header()

    def read(self, page: int) -> Raw:
        """The values of a frame, laid on those before it as its format says."""
        image, layout = self._at(self._indices[page]), self._layout
        if page:
            layout = layout_of(image)
            if (image.height, image.width) != self.header.size:
                raise ValueError(f"frame {page + 1} has another size than the first")
        raw = _of_kind(read_values(image, self._file, layout, self._depth), self.header)
        # A PNG may hold its orientation behind its pixels.
        return raw._replace(orientation=orientation(image)) if image.format == "PNG" else raw

    def _at(self, index: int) -> ImageFile.ImageFile:
        """The image at a frame."""
        if index < self._image.tell():  # Pillow 13 cannot go back in a PNG
            self._file.seek(0)
            self._image = self._images.enter_context(open_image_in(self._file))
        if index != self._image.tell():
            self._image.seek(index)
        return self._image

    def _header(self) -> Header:
        image, depth, deep = self._image, self._depth, is_deep(self._image, self._layout)
        kind = KINDS[image.mode]
        if self._layout == GRAY_16_ALPHA:
            kind = "gray"
        elif image.format == "GIF" and len(self._indices) > 1:
            kind = "rgb"  # later frames may have colours
        top = 1.0 if image.mode == "F" else 2.0**depth - 1 if deep else 255.0
        return Header(
            (image.height, image.width),
            kind,
            BANDS[kind],
            "float32" if image.mode == "F" else "uint16" if deep else "uint8",
            (0.0, top),
            profile=_profile(image),
            orientation=orientation(image),
            pages=len(self._indices),
            left_out=tuple(_ignored(image, depth > 8 and not deep, self._others)),
            exif=exif_of(image),
            dpi=dpi_of(image),
        )


def _of_kind(raw: Raw, header: Header) -> Raw:
    """Gray as the RGB that the header promises."""
    if header.kind == "rgb" and raw.values.shape[-1] == 1:
        return raw._replace(values=raw.values.repeat(3, axis=-1))
    return raw


def _reduce(image: ImageFile.ImageFile, enough: tuple[int, int]) -> bool:
    """Let a JPEG be decoded at a fraction of its size, one that leaves no part of a pixel over."""
    least = min(image.height / enough[0], image.width / enough[1]) / ENOUGH
    for factor in (8, 4, 2):
        if factor <= least and image.height % factor == 0 and image.width % factor == 0:
            image.draft(None, (image.width // factor, image.height // factor))
            return True
    return False


def _ignored(image: Image.Image, cut: bool, others: bool) -> Iterator[str]:
    """What of the file's header is ignored, in words that follow "has"."""
    if cut:
        yield DEPTH
    if others:
        yield OTHERS
    if _profile(image):
        return
    gamma = image.info.get("gamma", SRGB_GAMMA)
    if "srgb" not in image.info and abs(gamma / SRGB_GAMMA - 1) > 0.1:
        yield f"a gamma of {gamma:.3g}, which is ignored: convert it to sRGB"
    if not image.info.keys().isdisjoint(EXIF) and is_adobe_rgb(image):
        yield "the colours of Adobe RGB without a profile, read as sRGB: embed the profile"


def _profile(image: Image.Image) -> bytes:
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) else b""
