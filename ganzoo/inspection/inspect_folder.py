"""A folder of images inspected: its subsets, all of its images, and the findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ganzoo.components.data.choosing import Need
from ganzoo.inspection.copy_findings import CopiesByKind, copy_findings, sort_copies
from ganzoo.inspection.domain_findings import domain_findings
from ganzoo.inspection.fact_reading import Gallery, Tick, read_all
from ganzoo.inspection.file_findings import file_findings
from ganzoo.inspection.finding import LEVELS, Finding, Level
from ganzoo.inspection.folder_subsets import find_subsets
from ganzoo.inspection.layout_findings import layout_findings
from ganzoo.inspection.pair_findings import look_paired, pair_findings
from ganzoo.inspection.size_findings import size_findings
from ganzoo.inspection.value_findings import value_findings


@dataclass(frozen=True)
class Inspection:
    """size: the side of training samples that was asked about. findings: the worst first."""

    gallery: Gallery
    findings: tuple[Finding, ...]
    size: int

    def count(self, level: Level) -> int:
        """How many findings are of a level."""
        return sum(each.level == level for each in self.findings)


def inspect_folder(folder: Path, need: Need | None, size: int, tick: Tick) -> Inspection:
    """Inspect a folder of images; each is read once.

    need: what it will be used as; left out, that follows from the folder.
    size: the side in pixels of the squares that will be trained on.
    tick: is told of progress.

    Raises:
        DataError: the folder does not hold what `need` says.
    """
    gallery = read_all(find_subsets(folder, need), tick)
    if need is None and gallery.contents.need == "domains" and look_paired(gallery):
        gallery = replace(gallery, contents=replace(gallery.contents, need="pairs"))
    tick(0, 0, "comparing images")
    findings = sorted(
        find_faults(gallery, sort_copies(gallery), size), key=lambda each: LEVELS.index(each.level)
    )
    return Inspection(gallery, tuple(findings), size)


def find_faults(gallery: Gallery, copies: CopiesByKind, size: int) -> Iterator[Finding]:
    """Everything that is wrong with a folder.

    copies: those of `sort_copies`. size: as in `inspect_folder`.
    """
    yield from file_findings(gallery)
    yield from value_findings(gallery)
    if gallery.contents.need == "pairs":
        yield from pair_findings(gallery)
    yield from copy_findings(gallery, copies)
    yield from domain_findings(gallery)
    yield from size_findings(gallery, size)
    yield from layout_findings(gallery)
