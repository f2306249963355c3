"""Settings of how files are read, for all variables or by variable, as recipes write them."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ganzoo.interfaces.variable import Aspect, Colour, Interpolation, Pages, Resolution, Variable

Size = tuple[int, int]
"""(height, width)"""
MOST_CHANNELS = 1024  # hyperspectral sensors have a few hundred bands

DTYPE = re.compile(r"bool|u?int(8|16|32|64)|float(16|32|64)")

Channels: TypeAlias = int | dict[str, int]
"""How many channels images have, or a table of it by variable."""
Ends: TypeAlias = Literal["dtype"] | list[float] | list[str]
"""The ends of the type, `[low, high]`, or two quantiles of the training files, as `"0.5%"`."""
Range: TypeAlias = Ends | dict[str, Ends] | None
Colours: TypeAlias = Colour | dict[str, Colour]
Interpolations: TypeAlias = Interpolation | dict[str, Interpolation]
Scales: TypeAlias = Resolution | dict[str, Resolution]
PagesRead: TypeAlias = Pages | dict[str, Pages]
"""What the pages of a file are, or a table of it by variable."""
DTypes: TypeAlias = str | dict[str, str] | None
"""The type of the values in the training files, which a training records."""
Quantiles = tuple[float, float]
"""Two shares of all values, 0 ... 1."""


@dataclass(frozen=True)
class Reading:
    """How files are read: settings for all images, or a table of them by variable."""

    channels: Channels = 3
    range: Range = None
    colour: Colours = "srgb"
    interpolation: Interpolations = "bicubic"
    scale: Scales | None = None
    pages: PagesRead | None = None
    depth: int | None = None
    dtype: DTypes = None

    def variables(self, names: Collection[str], size: Size, aspect: Aspect) -> dict[str, Variable]:
        """The variables of these names, which are images.

        A table may leave some out, which then have the default.

        Raises:
            ValueError: a table names an unknown variable, or a value makes no sense.
        """
        for setting, value in vars(self).items():
            _check_names(setting, value, names)
        each = {name: Variable(size=size, aspect=aspect, **self._arguments(name)) for name in names}
        _check_depth(self.depth, each)
        return each

    def quantiles(self, names: Collection[str]) -> dict[str, Quantiles]:
        """The variables whose range is left to the training files, and the quantiles it is."""
        ranges = {name: _of(self.range, name) for name in names}
        return {name: _as_quantiles(ends) for name, ends in ranges.items() if is_measured(ends)}

    def _arguments(self, name: str) -> dict[str, Any]:
        own = {key: _of(value, name) for key, value in vars(self).items()}
        chosen = {key: value for key, value in own.items() if value is not None}
        _check_channels(chosen.get("channels", 1))
        _check_dtype(chosen.get("dtype", "uint8"))
        if chosen.get("pages") != "depth":
            chosen.pop("depth", None)
        ends = chosen.pop("range", "dtype")
        if is_measured(ends):
            _as_quantiles(ends)
        elif ends != "dtype":
            chosen["range"] = _as_range(ends)
        return chosen


def is_measured(ends: Any) -> bool:
    """Whether the ends of a range are left to the training files."""
    return isinstance(ends, list) and any(isinstance(end, str) for end in ends)


def merge_measured(given: Range, measured: Mapping[str, Sequence[float]]) -> dict[str, Ends]:
    """A range as a table, with the ends that were measured in place of quantiles."""
    names = {**measured, **(given if isinstance(given, dict) else {})}
    table = {name: _of(given, name) for name in names}
    return {
        name: [*measured[name]] if name in measured and is_measured(ends) else ends
        for name, ends in table.items()
        if ends is not None
    }


def _of(value: Any, name: str) -> Any:
    """A setting's value for one variable."""
    return value.get(name) if isinstance(value, dict) else value


def _check_channels(channels: int) -> None:
    if not 1 <= channels <= MOST_CHANNELS:
        raise ValueError(
            f"channels must be 1 (gray), 3 (RGB), or how many bands the files have, at most "
            f"{MOST_CHANNELS}, not {channels}"
        )


def _check_depth(depth: int | None, variables: Mapping[str, Variable]) -> None:
    volumes = any(variable.pages == "depth" for variable in variables.values())
    if volumes and depth is None:
        raise ValueError("pages = 'depth' needs depth, how many slices a sample has: depth = 16")
    if depth is not None and not volumes:
        raise ValueError("depth is of volumes: set pages = 'depth', too")
    if depth is not None and depth < 2:
        raise ValueError(f"depth must be at least 2, not {depth}")


def _check_dtype(dtype: str) -> None:
    if not DTYPE.fullmatch(dtype):
        raise ValueError(f"dtype must be like uint16, int16 or float32, not {dtype}")


def _as_range(values: list[float]) -> tuple[float, float]:
    if len(values) != 2 or not all(map(math.isfinite, values)) or values[0] >= values[1]:
        raise ValueError(f"range must be [low, high] with low below high, not {values}")
    return float(values[0]), float(values[1])


def _as_quantiles(ends: list[str]) -> Quantiles:
    try:
        low, high = (float(end.removesuffix("%")) / 100 for end in ends if end.endswith("%"))
    except ValueError:
        low, high = 1.0, 0.0
    if len(ends) != 2 or not 0 <= low < high <= 1:
        raise ValueError(f'range of quantiles must be like ["0.5%", "99.5%"], not {ends}')
    return low, high


def refuse_contradiction(variables: Mapping[str, Variable], resize: object, aspect: Aspect) -> None:
    """Refuse settings of how images are resized where none is.

    Raises:
        ValueError: they contradict `scale = "native"`.
    """
    scales = {variable.scale for variable in variables.values()}
    if aspect == "squash" and "native" in scales:
        raise ValueError('aspect = "squash" resizes images, and scale = "native" does not')
    if resize is not None and scales == {"native"}:
        raise ValueError('resize is for scale = "cover"; with scale = "native" leave it out')


def _check_names(setting: str, value: object, names: Collection[str]) -> None:
    unknown = sorted(set(value) - set(names)) if isinstance(value, dict) else []
    if unknown:
        there = ", ".join(names)
        raise ValueError(f"{setting} names '{unknown[0]}', which is no image; there is {there}")
