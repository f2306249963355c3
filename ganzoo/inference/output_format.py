"""The format of the files of an output: chosen, named and checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ganzoo.components.data.decode import converts
from ganzoo.components.data.headers import TURNED, turned_size
from ganzoo.components.data.image_files import read_full_header
from ganzoo.components.writers.exif_block import adapt_exif
from ganzoo.components.writers.installed_writers import (
    check_format,
    find_format,
    get_format,
    make_writer,
    written_suffixes,
)
from ganzoo.errors import DataError, GanzooError
from ganzoo.inference.image_writing import PlannedImage
from ganzoo.inference.value_type import choose_type
from ganzoo.interfaces import Variable
from ganzoo.interfaces.reader import Header
from ganzoo.interfaces.writer import ImageForm
from ganzoo.registry.components import Component

# Formats for what cannot be written as the input's kind; the last one holds everything.
OTHERS = ("png", "tiff")


@dataclass(frozen=True)
class OutputFormat:
    """How the results of an output are written as files.

    name: of a writer; "" keeps the kind of each input's file.
    quality: 1 ... 100, for lossy formats.
    variable: what inputs are read as. domain: what results are images of; None where that is not
        known: then they have the type of the input's values, and any number of channels.

    A file of a kind that is read but not written becomes a PNG, or a TIFF where a PNG cannot hold
    the result. So does an image whose domain is a label map, in place of a lossy file.

    Raises:
        GanzooError: there is no such format, or the quality is out of range.
    """

    name: str
    quality: int | None
    variable: Variable
    domain: Variable | None

    def __post_init__(self) -> None:
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise GanzooError(f"--quality {self.quality}: it is a number from 1 to 100")
        check_format(self.name)

    def choose_suffix(self, source: Path) -> str:
        """The suffix of the file that an input becomes in a folder."""
        if self.name:
            suffixes = get_format(self.name).suffixes
            return source.suffix if source.suffix.lower() in suffixes else suffixes[0]
        kind = find_format(source)
        if kind and not (self._is_label_map and make_writer(kind).lossy):
            return source.suffix
        return self._choose_other(source).suffixes[0]

    def check_target(self, target: Path) -> None:
        """Check the name of a file that the user chose.

        Raises:
            GanzooError: its suffix is not that of the format, or of none that is written.
        """
        kind = find_format(target)
        if self.name and (kind is None or kind.name != self.name):
            usual = get_format(self.name).suffixes[0]
            raise GanzooError(
                f"{target}: --format {self.name} writes {usual} files; name it "
                f"{target.with_suffix(usual)}"
            )
        if kind is None:
            raise GanzooError(
                f"{target}: such files are not written; name it {target.with_suffix('.png')}, or "
                f"one of {' '.join(written_suffixes())}"
            )

    def plan(self, header: Header, target: Path) -> PlannedImage:
        """What is to be written for an input with that header."""
        kind = find_format(target)
        assert kind is not None
        channels = self.domain.channels if self.domain else 1
        values = choose_type(header.dtype, self.variable, self.domain)
        converted = converts(header, self.variable)
        turned = header.orientation in TURNED
        form = ImageForm(
            turned_size(header),
            channels,
            values.dtype,
            self._count_pages(header),
            profile=b"" if converted else header.profile,
            exif=adapt_exif(header.exif, converted),
            dpi=header.dpi[::-1] if turned and header.dpi else header.dpi,
            quality=self.quality,
        )
        return PlannedImage(kind, form, values)

    def _count_pages(self, header: Header) -> int:
        """How many pages the result of an input has: images of their own, or slices of a volume."""
        result = self.domain or self.variable
        if result.depth is None:
            return header.pages if self.variable.pages == "each" else 1
        return result.depth if self.variable.depth is None else header.pages

    def refuse_obstacles(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        """Check that each input's result can be written; inputs that cannot be read are passed by.

        Raises:
            GanzooError: with all kinds of obstacles, and a format that has none.
        """
        self._check_quality([target for _, target in pairs])
        faults: dict[str, list[Path]] = {}
        forms: set[ImageForm] = set()
        for source, target in pairs:
            planned = self._plan_unread(source, target)
            if planned and (reason := planned.obstacle):
                faults.setdefault(reason, []).append(target)
                forms.add(replace(planned.form, profile=b"", exif=b""))
        if faults:
            raise GanzooError("\n".join([_head(faults, forms), *_lines(faults)]))

    @property
    def _is_label_map(self) -> bool:
        return (self.domain or self.variable).interpolation == "nearest"

    def _choose_other(self, source: Path) -> Component:
        for kind in map(get_format, OTHERS[:-1]):
            planned = self._plan_unread(source, Path(f"a{kind.suffixes[0]}"))
            if planned is None or not planned.obstacle:
                return kind
        return get_format(OTHERS[-1])

    def _plan_unread(self, source: Path, target: Path) -> PlannedImage | None:
        try:
            return self.plan(read_full_header(source, self.variable), target)
        except DataError:
            return None

    def _check_quality(self, targets: Sequence[Path]) -> None:
        kinds = {kind for kind in map(find_format, targets) if kind}
        if self.quality and kinds and not any(make_writer(kind).lossy for kind in kinds):
            names = ", ".join(sorted(kind.name for kind in kinds))
            raise GanzooError(f"--quality {self.quality}: {names} is without loss and has none")


def _head(faults: dict[str, list[Path]], forms: set[ImageForm]) -> str:
    count = sum(map(len, faults.values()))
    name = next(name for name in OTHERS if _holds_all(name, forms))
    what, them = ("image", "it") if count == 1 else ("images", "them")
    suffix = get_format(name).suffixes[0]
    advice = f"{name} can hold {them}: --format {name}, or a name in {suffix}"
    return f"{count} {what} cannot be written, and nothing was. {advice}"


def _holds_all(name: str, forms: set[ImageForm]) -> bool:
    return not any(map(make_writer(get_format(name)).find_obstacle, forms))


def _lines(faults: dict[str, list[Path]]) -> list[str]:
    return [
        f"  {paths[0]}{f' and {len(paths) - 1} more' if len(paths) > 1 else ''}: {reason}"
        for reason, paths in faults.items()
    ]
