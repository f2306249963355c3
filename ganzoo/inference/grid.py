"""A sheet of pictures: one row for each sample, one column for each wire."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganzoo.interfaces.levels import to_shown

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
Size = tuple[int, int]

READABLE = 128  # pixels: the least size of a cell
MARGIN = 8
WHITE, INK = (255, 255, 255), (32, 32, 32)
SMALLEST, LARGEST = 12, 24  # font sizes


@dataclass(frozen=True)
class Places:
    """Where the cells of a sheet stand, in pixels.

    cell: (width, height) of each. left: the width of the band of titles. top: the height of the
    band of headings. below: the height of the band of a caption.
    """

    cell: Size
    left: int
    top: int
    below: int

    def corner(self, row: int, column: int) -> Size:
        """The upper left corner of a cell."""
        left = self.left + MARGIN + column * (self.cell[0] + MARGIN)
        return left, self.top + row * (self.cell[1] + self.below + MARGIN)


def grid(
    rows: Sequence[Sequence[Tensor]],
    headings: Sequence[str],
    titles: Sequence[str] = (),
    captions: Sequence[Sequence[str]] = (),
) -> Image.Image:
    """Draw pictures on white under their headings, with a margin of MARGIN pixels around each.

    rows: images (C, H, W), or volumes (C, D, H, W), in [-1, 1]; `to_shown` says what is shown of
        them. NaN is black.
    headings: one for each column. If one is too long, all are shrunk, and then that one is cut.
    titles: one for each row, to its left.
    captions: one for each picture, below it; cut where it is too long.

    A cell is as large as the largest picture, enlarged by a whole factor to at least READABLE
    pixels. Each picture is enlarged, without smoothing, by the largest whole factor that fits.

    Raises:
        ValueError: there is no row, or a row has more or fewer pictures than there are headings.
    """
    if not rows or any(len(row) != len(headings) for row in rows):
        raise ValueError(f"a sheet needs rows of {len(headings)} pictures, one for each heading")
    pictures = [[_picture(image) for image in row] for row in rows]
    cell = _cell([picture.size for row in pictures for picture in row])
    below = SMALLEST + MARGIN if captions else 0
    places = Places(cell, _titles_width(titles), heading_height(cell[0]), below)
    width, height = places.corner(len(rows), len(headings))
    sheet = Image.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(sheet)
    _write_headings(draw, headings, _font(headings, cell[0]), places)
    _write_titles(draw, titles, places)
    for y, row in enumerate(pictures):
        for x, picture in enumerate(row):
            _paste(sheet, picture, places.corner(y, x), cell)
    for y, texts in enumerate(captions):
        _write_captions(draw, texts, y, places)
    return sheet


def heading_height(width: int) -> int:
    """The height of the band of headings above cells of that width."""
    return 2 * MARGIN + _font_size(width)


def _picture(image: Tensor) -> Image.Image:
    return Image.fromarray(to_shown(image)).convert("RGB")


def _cell(sizes: Sequence[Size]) -> Size:
    width, height = (max(sides) for sides in zip(*sizes, strict=True))
    factor = max(1, -(-READABLE // max(width, height)))
    return width * factor, height * factor


def _paste(sheet: Image.Image, picture: Image.Image, corner: Size, cell: Size) -> None:
    factor = min(cell[0] // picture.width, cell[1] // picture.height)
    size = picture.width * factor, picture.height * factor
    enlarged = picture.resize(size, Image.Resampling.NEAREST)
    left, top = (corner[i] + (cell[i] - size[i]) // 2 for i in (0, 1))
    sheet.paste(enlarged, (left, top))


def _font_size(width: int) -> int:
    return min(LARGEST, max(SMALLEST, width // 8))


def _font(headings: Sequence[str], width: int) -> Font:
    """The largest font in which every heading fits its column, down to SMALLEST."""
    for size in range(_font_size(width), SMALLEST, -1):
        font = ImageFont.load_default(size)
        if all(font.getlength(heading) <= width for heading in headings):
            return font
    return ImageFont.load_default(SMALLEST)


def _titles_width(titles: Sequence[str]) -> int:
    font = ImageFont.load_default(SMALLEST)
    return MARGIN + math.ceil(max(map(font.getlength, titles))) if titles else 0


def _write_headings(
    draw: ImageDraw.ImageDraw, headings: Sequence[str], font: Font, places: Places
) -> None:
    width = places.cell[0]
    for column, heading in enumerate(headings):
        centre = places.corner(0, column)[0] + width / 2
        text = cut_text(heading, font, width)
        draw.text((centre, places.top - MARGIN), text, fill=INK, font=font, anchor="ms")


def _write_titles(draw: ImageDraw.ImageDraw, titles: Sequence[str], places: Places) -> None:
    font = ImageFont.load_default(SMALLEST)
    for row, title in enumerate(titles):
        middle = places.corner(row, 0)[1] + places.cell[1] / 2
        draw.text((places.left, middle), title, fill=INK, font=font, anchor="rm")


def _write_captions(
    draw: ImageDraw.ImageDraw, texts: Sequence[str], row: int, places: Places
) -> None:
    font, (width, height) = ImageFont.load_default(SMALLEST), places.cell
    for column, text in enumerate(texts):
        left, top = places.corner(row, column)
        place = left + width / 2, top + height + MARGIN / 2
        draw.text(place, cut_text(text, font, width), fill=INK, font=font, anchor="mt")


def cut_text(text: str, font: Font, width: int) -> str:
    """A text that is not wider than `width` pixels, possibly cut."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
