"""An inspection as an object for programs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ganzoo.components.data.image_listing import shown
from ganzoo.inspection.finding import LEVELS, Finding
from ganzoo.inspection.folder_subsets import Subset
from ganzoo.inspection.image_facts import ImageFacts
from ganzoo.inspection.inspect_folder import Inspection
from ganzoo.inspection.size_findings import shorter_side


def as_object(inspection: Inspection) -> dict[str, Any]:
    """Everything an inspection says; docs/running.md documents it. Sizes are [width, height]."""
    contents = inspection.gallery.contents
    return {
        "folder": shown(contents.folder),
        "used_as": contents.need,
        "size": inspection.size,
        "counts": {level: inspection.count(level) for level in LEVELS},
        "subsets": [_subset(inspection, subset) for subset in contents.subsets],
        "findings": [_finding(each) for each in inspection.findings],
    }


def sizes_of(facts: list[ImageFacts]) -> list[tuple[int, int]]:
    """The (width, height) of the smallest, the median and the largest image by pixels."""
    sizes = sorted(((f.size[1], f.size[0]) for f in facts), key=lambda s: (s[0] * s[1], s))
    return [sizes[0], sizes[len(sizes) // 2], sizes[-1]]


def _subset(inspection: Inspection, subset: Subset) -> dict[str, Any]:
    facts = inspection.gallery.facts[subset.name]
    return {
        "folder": shown(subset.folder.relative_to(inspection.gallery.folder)),
        "domains": list(subset.domains),
        "held_out": subset.held_out,
        "images": len(subset.images),
        "unreadable": len(subset.images) - len(facts),
        "left_out": dict(subset.left_out),
        **(_of_images(facts, inspection.size) if facts else {}),
    }


def _of_images(facts: list[ImageFacts], size: int) -> dict[str, Any]:
    smallest, middle, largest = (list(each) for each in sizes_of(facts))
    return {
        "sizes": {"smallest": smallest, "median": middle, "largest": largest},
        "smaller": sum(shorter_side(each) < size for each in facts),
        "colours": dict(Counter(each.kind for each in facts)),
        "channels": dict(Counter(str(each.bands) for each in facts)),
        "dtypes": dict(Counter(each.dtype for each in facts)),
        "values": [min(each.low for each in facts), max(each.high for each in facts)],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "level": finding.level,
        "text": finding.text,
        "files": list(finding.files),
        "advice": finding.advice,
    }
