"""A sheet of pictures: one row for each sample, one column for each wire."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganzoo.interfaces.levels import to_shown

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
Size = tuple[int, int]

READABLE = 128  # pixels: the least size of a cell
MARGIN = 8
WHITE, INK = (255, 255, 255), (32, 32, 32)
SMALLEST, LARGEST = 12, 24  # font sizes


def grid(rows: Sequence[Sequence[Tensor]], headings: Sequence[str]) -> Image.Image:
    """Draw pictures on white under their headings, with a margin of MARGIN pixels around each.

    rows: images (C, H, W), or volumes (C, D, H, W), in [-1, 1]; `to_shown` says what is shown of
        them. NaN is black.
    headings: one for each column. If one is too long, all are shrunk, and then that one is cut.

    A cell is as large as the largest picture, enlarged by a whole factor to at least READABLE
    pixels. Each picture is enlarged, without smoothing, by the largest whole factor that fits.

    Raises:
        ValueError: there is no row, or a row has more or fewer pictures than there are headings.
    """
    if not rows or any(len(row) != len(headings) for row in rows):
        raise ValueError(f"a sheet needs rows of {len(headings)} pictures, one for each heading")
    pictures = [[_picture(image) for image in row] for row in rows]
    cell = _cell([picture.size for row in pictures for picture in row])
    font = _font(headings, cell[0])
    top = heading_height(cell[0])
    sheet = Image.new("RGB", _sheet_size(len(rows), len(headings), cell, top), WHITE)
    _write_headings(ImageDraw.Draw(sheet), headings, font, cell[0], top)
    for y, row in enumerate(pictures):
        for x, picture in enumerate(row):
            corner = (MARGIN + x * (cell[0] + MARGIN), top + y * (cell[1] + MARGIN))
            _paste(sheet, picture, corner, cell)
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


def _sheet_size(rows: int, columns: int, cell: Size, top: int) -> Size:
    return MARGIN + columns * (cell[0] + MARGIN), top + rows * (cell[1] + MARGIN)


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


def _write_headings(
    draw: ImageDraw.ImageDraw, headings: Sequence[str], font: Font, width: int, top: int
) -> None:
    for column, heading in enumerate(headings):
        centre = MARGIN + column * (width + MARGIN) + width / 2
        text = _cut(heading, font, width)
        draw.text((centre, top - MARGIN), text, fill=INK, font=font, anchor="ms")


def _cut(text: str, font: Font, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
