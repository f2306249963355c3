"""A sheet of pictures: some of each folder, and below them what findings are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ganzoo.errors import DataError
from ganzoo.inference.grid import INK, MARGIN, WHITE, cut_text
from ganzoo.inspection.finding import below
from ganzoo.inspection.folder_subsets import Subset
from ganzoo.inspection.image_facts import read_small
from ganzoo.inspection.inspect_folder import Inspection
from ganzoo.printing.text import one_line

# A picture fits a square of so many pixels; so many are in a row.
SIDE, COLUMNS = 112, 10
TITLE, CAPTION = 15, 10  # sizes of fonts
WIDTH = MARGIN + COLUMNS * (SIDE + MARGIN)
COLOURS = {"error": (200, 30, 30), "warning": (214, 110, 0), "note": (60, 100, 170)}
NONE = (225, 225, 225)
# So many pictures of a folder are shown; of many folders, fewer, and not all.
SHOWN, FOLDERS = 20, 40


@dataclass(frozen=True)
class _Section:
    """Pictures under a title. colour: of their frames, if they have some."""

    title: str
    paths: Sequence[Path]
    colour: tuple[int, int, int] | None = None

    @property
    def height(self) -> int:
        rows = -(-len(self.paths) // COLUMNS)
        return TITLE + 3 * MARGIN + rows * (SIDE + CAPTION + 2 * MARGIN)


def draw_sheet(inspection: Inspection) -> Image.Image:
    """Evenly picked images of each subset, then the images that findings are about, with names."""
    sections = [*_of_subsets(inspection), *_of_findings(inspection)]
    height = sum(section.height for section in sections) + MARGIN
    sheet = Image.new("RGB", (WIDTH, height), WHITE)
    top = MARGIN
    for section in sections:
        _draw(sheet, section, top, inspection.gallery.folder)
        top += section.height
    return sheet


def pick_evenly(paths: Sequence[Path], count: int) -> list[Path]:
    """So many of them at most, from the first to the last."""
    if len(paths) <= count:
        return [*paths]
    return [paths[i * (len(paths) - 1) // (count - 1)] for i in range(count)]


def _of_subsets(inspection: Inspection) -> Iterator[_Section]:
    gallery = inspection.gallery
    subsets = [subset for subset in gallery.contents.subsets if gallery.facts[subset.name]]
    count = SHOWN if len(subsets) <= 8 else COLUMNS
    for subset in subsets[:FOLDERS]:
        paths = [facts.path for facts in gallery.facts[subset.name]]
        yield _Section(_title(subset, len(paths)), pick_evenly(paths, count))
    if len(subsets) > FOLDERS:
        yield _Section(f"and {len(subsets) - FOLDERS} more folders", ())


def _title(subset: Subset, count: int) -> str:
    name = subset.folder.name if subset.name == "." else subset.name
    domain = "x | y" if subset.halves else subset.domain if subset.domain in ("x", "y") else ""
    facts = [domain, "for testing" if subset.held_out else "", f"{count} images"]
    return f"{one_line(name)}: {', '.join(fact for fact in facts if fact)}"


def _of_findings(inspection: Inspection) -> Iterator[_Section]:
    """As many images as fit into two rows, of each finding that has some."""
    for finding in inspection.findings:
        if finding.suspects:
            title = f"{finding.level}: {finding.text}"
            yield _Section(title, finding.suspects[: 2 * COLUMNS], COLOURS[finding.level])


def _draw(sheet: Image.Image, section: _Section, top: int, folder: Path) -> None:
    draw = ImageDraw.Draw(sheet)
    title, caption = (ImageFont.load_default(size) for size in (TITLE, CAPTION))
    text = cut_text(one_line(section.title), title, WIDTH - 2 * MARGIN)
    draw.text((MARGIN, top + MARGIN), text, fill=section.colour or INK, font=title)
    for number, path in enumerate(section.paths):
        row, column = divmod(number, COLUMNS)
        left = MARGIN + column * (SIDE + MARGIN)
        upper = top + TITLE + 3 * MARGIN + row * (SIDE + CAPTION + 2 * MARGIN)
        _draw_picture(sheet, path, (left, upper), section.colour)
        name = cut_text(one_line(below(folder, path)), caption, SIDE)
        draw.text((left, upper + SIDE + 2), name, fill=INK, font=caption)


def _draw_picture(
    sheet: Image.Image, path: Path, corner: tuple[int, int], colour: tuple[int, int, int] | None
) -> None:
    """A picture in the middle of its square; a crossed box for one that cannot be read."""
    left, top = corner
    draw = ImageDraw.Draw(sheet)
    box = (left, top, left + SIDE - 1, top + SIDE - 1)
    try:
        picture = Image.fromarray(read_small(path))
    except DataError:
        draw.rectangle(box, fill=NONE)
        draw.line(box, fill=WHITE, width=2)
        draw.line((box[0], box[3], box[2], box[1]), fill=WHITE, width=2)
    else:
        fitted = fit_square(picture)
        draw.rectangle(box, fill=(245, 245, 245))
        place = (left + (SIDE - fitted.width) // 2, top + (SIDE - fitted.height) // 2)
        sheet.paste(fitted, place)
    if colour:
        draw.rectangle(box, outline=colour, width=2)


def fit_square(picture: Image.Image) -> Image.Image:
    """A picture whose longer side is SIDE; small ones are enlarged without smoothing."""
    factor = SIDE / max(picture.size)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    way = Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX
    return picture.resize(size, way)
