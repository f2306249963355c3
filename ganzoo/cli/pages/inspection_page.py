"""What `ganzoo data check` prints: the folder's subsets, the findings, and what to type next."""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ganzoo.cli.pages.columns import heading, print_terms
from ganzoo.components.data.image_listing import Survey, counted, format_left_out, shown
from ganzoo.inspection.finding import LEVELS, Finding
from ganzoo.inspection.folder_subsets import Subset
from ganzoo.inspection.image_facts import ImageFacts
from ganzoo.inspection.inspect_folder import Inspection
from ganzoo.inspection.inspection_record import sizes_of
from ganzoo.inspection.size_findings import fitting_size, shorter_side
from ganzoo.printing.text import one_line, say, visible

# How many files a finding names; --json names all.
NAMED = 3
# How many characters of a group of copies are printed, which may be thousands.
LONGEST = 300
USED_AS = {
    "domains": "two kinds of images, not paired",
    "pairs": "pairs of images",
    "classes": "a folder for each class",
    "images": "images",
}
# A recipe that learns from it.
RECIPES = {"domains": "cyclegan", "pairs": "pix2pix", "classes": "cgan", "images": "gan"}
# Whose recipe has networks for squares of any size.
ANY_SIZE = ("domains", "pairs")


def print_inspection(inspection: Inspection) -> None:
    """Print an inspection for a person."""
    contents = inspection.gallery.contents
    say(f"{one_line(shown(contents.folder))}: {USED_AS[contents.need]}", bold=True)
    rows: list[tuple[str, str]] = []
    for subset in contents.subsets:
        first, *more = _lines(inspection, subset)
        rows += [(shown(Path(subset.name)), first), *(("", line) for line in more)]
    print_terms(rows)
    for level in LEVELS:
        findings = [each for each in inspection.findings if each.level == level]
        if findings:
            heading(_plural(len(findings), level))
            for finding in findings:
                _print_finding(finding)
    say()
    say(_verdict(inspection))
    say(f"  {_command(inspection)}")


def _lines(inspection: Inspection, subset: Subset) -> Iterator[str]:
    """What a subset holds, a few lines."""
    facts = inspection.gallery.facts[subset.name]
    role = {"x": "x", "y": "y"}.get(subset.domain, "x left, y right" if subset.halves else "")
    named = [role, counted(len(subset.images)), "for testing" if subset.held_out else ""]
    named += [format_left_out([Survey([], subset.left_out)])]
    yield ", ".join(each for each in named if each)
    if facts:
        yield _sizes(facts, inspection.size)
        yield _values(facts)


def _sizes(facts: list[ImageFacts], size: int) -> str:
    small, middle, large = sizes_of(facts)
    smaller = sum(shorter_side(each) < size for each in facts)
    note = f"; {smaller} smaller than {size} px" if smaller else ""
    if small == large:
        return f"all {small[0]} x {small[1]} px{note}"
    named = " ... ".join(f"{width} x {height}" for width, height in (small, large))
    return f"{named} px, median {middle[0]} x {middle[1]}{note}"


def _values(facts: list[ImageFacts]) -> str:
    """Colours, types and the range of values."""
    kinds = Counter(each.kind if each.kind != "bands" else f"{each.bands}-band" for each in facts)
    depths = Counter(each.dtype for each in facts)
    low, high = min(each.low for each in facts), max(each.high for each in facts)
    return f"{_counts(kinds)}; {_counts(depths)}, values {low:g} ... {high:g}"


def _counts(names: Counter[str]) -> str:
    """`rgb`, or `300 rgb, 2 gray`."""
    if len(names) == 1:
        return next(iter(names))
    return ", ".join(f"{count} {name}" for name, count in names.most_common())


def _print_finding(finding: Finding) -> None:
    _say_wrapped(finding.text, 2)
    for name in finding.files[:NAMED]:
        text = one_line(name)
        _say_wrapped(f"{text[:LONGEST]} ..." if len(text) > LONGEST else text, 6)
    if len(finding.files) > NAMED:
        _say_wrapped(f"and {len(finding.files) - NAMED} more", 6)
    if finding.advice:
        advice, *commands = finding.advice.split("\n")
        _say_wrapped(f"-> {advice}", 4)
        for command in commands:  # in one line, to be copied
            say(f"       {command}")


def _say_wrapped(text: str, indent: int) -> None:
    """Print a text in lines that fit; commands and names are not broken at their hyphens."""
    width = max(40, shutil.get_terminal_size().columns)
    start = " " * indent
    lines = textwrap.wrap(
        visible(text),
        width,
        initial_indent=start,
        subsequent_indent=start + "  ",
        break_on_hyphens=False,
        break_long_words=False,
    )
    say("\n".join(lines))


def _plural(count: int, level: str) -> str:
    return f"{count} {level}{'' if count == 1 else 's'}"


def _verdict(inspection: Inspection) -> str:
    if inspection.count("error"):
        return "A training would stop at the errors. Once they are mended:"
    if inspection.count("warning"):
        return "A training would be spoiled. Once you saw to the warnings:"
    return "Nothing stands against training:"


def _command(inspection: Inspection) -> str:
    contents = inspection.gallery.contents
    folder = shlex.quote(shown(contents.folder))
    command = f"ganzoo run {RECIPES[contents.need]} --data {folder}"
    if contents.need not in ANY_SIZE:
        return command
    return f"{command} --set data.size={fitting_size(inspection.gallery, inspection.size)}"
