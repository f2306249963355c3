"""Warnings of images that use little of their scale of values, or exceed it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganzoo.components.data.image_files import read_values
from ganzoo.components.data.inspecting import files_by_name
from ganzoo.errors import DataError
from ganzoo.interfaces.reader import Header, Values, shown_scale
from ganzoo.interfaces.variable import Variable

# How many files are read, spread over the folder.
SAMPLED = 16
# Images that use a smaller share of their scale look nearly alike to a network.
LEAST = 1 / 16


@dataclass(frozen=True)
class UsedScale:
    """How one file uses its scale: its lowest and highest value, and how many lie outside.

    whole: whether they are whole numbers. count: of all values.
    """

    scale: tuple[float, float]
    whole: bool
    low: float
    high: float
    outside: int
    count: int


def all_scale_warnings(
    files: Iterable[tuple[Path, str]], variables: Mapping[str, Variable], advise: bool = True
) -> list[str]:
    """`scale_warnings` of the files of each variable, which are given with its name.

    advise: name the setting to change.
    """
    return [
        f"{name}: {note}"
        for name, paths in sorted(files_by_name(files).items())
        for note in scale_warnings(paths, variables[name], f"data.range.{name}" if advise else "")
    ]


def scale_warnings(files: Sequence[Path], variable: Variable, setting: str = "") -> list[str]:
    """Warnings of the values of these files, a sentence each.

    They use less than a sixteenth of the scale from black to white, as 12-bit values in a 16-bit
    file do; or they lie outside of a `range`, and become its ends.
    setting: the one that would give them another range; "" to advise none.
    """
    step = max(1, math.ceil(len(files) / SAMPLED))
    sampled = [used for path in files[::step] if (used := _used(path, variable))]
    scales = dict.fromkeys(used.scale for used in sampled)
    each = [[used for used in sampled if used.scale == scale] for scale in scales]
    return [
        note for some in each for note in (narrow_warning(some, setting), _outside(some)) if note
    ]


def _used(path: Path, variable: Variable) -> UsedScale | None:
    """How a file uses its scale; None for one that cannot be read, which is reported elsewhere."""
    try:
        header, raw = read_values(path, variable)
    except DataError:
        return None
    scale = variable.range or header.scale
    if scale is None or not np.isfinite(raw.values).all():
        return None
    return _of(raw.values, header, scale)


def _of(values: Values, header: Header, scale: tuple[float, float]) -> UsedScale:
    outside = np.count_nonzero((values < scale[0]) | (values > scale[1]))
    low, high = float(values.min()), float(values.max())
    whole = "int" in header.dtype
    return UsedScale(scale, whole, low, high, int(outside), values.size)


def narrow_warning(some: Sequence[UsedScale], setting: str, what: str = "sampled image") -> str:
    """A warning if all files together use little of their scale; none for images of one level."""
    scale, low, high = some[0].scale, min(u.low for u in some), max(u.high for u in some)
    share = (high - low) / (scale[1] - scale[0])
    if share >= LEAST or all(used.low == used.high for used in some):
        return ""
    advice = f"; set {setting} = {suggest_range(some, low, high)}" if setting else ""
    return (
        f"values of {_files(some, what)} lie in {shown_scale((low, high))} and use {share:.1%} of "
        f"{shown_scale(scale)}, so all images look nearly alike{advice}"
    )


def suggest_range(some: Sequence[UsedScale], low: float, high: float) -> str:
    """A range that holds values of `low ... high`, as TOML.

    Of whole numbers that start near 0 it holds all values of as many bits as they need.
    """
    if all(u.whole for u in some) and 0 <= low <= high / 4:
        return f"[0, {2 ** math.ceil(math.log2(high + 1)) - 1}]"
    return f"[{low:g}, {high:g}]"


def _outside(some: Sequence[UsedScale]) -> str:
    """A warning of values outside of a chosen range; without one such files are refused."""
    share = sum(u.outside for u in some) / sum(u.count for u in some)
    if not share:
        return ""
    exact = f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
    return (
        f"{exact} of the values of {_files(some)} lie outside the range "
        f"{shown_scale(some[0].scale)} and become its ends"
    )


def _files(some: Sequence[UsedScale], what: str = "sampled image") -> str:
    return f"{len(some)} {what}{'' if len(some) == 1 else 's'}"
