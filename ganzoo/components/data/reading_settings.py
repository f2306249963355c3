"""Settings of how files are read, for all variables or by variable, as recipes write them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ganzoo.interfaces.variable import Aspect, Colour, Interpolation, Variable

Size = tuple[int, int]
"""(height, width)"""

MOST_CHANNELS = 1024  # hyperspectral sensors have a few hundred bands

Range: TypeAlias = list[float] | dict[str, list[float]] | None
"""`[low, high]`, or a table of such lists by variable."""
Channels: TypeAlias = int | dict[str, int]
"""How many channels images have, or a table of it by variable."""
Colours: TypeAlias = Colour | dict[str, Colour]
Interpolations: TypeAlias = Interpolation | dict[str, Interpolation]


@dataclass(frozen=True)
class Reading:
    """How files are read: settings for all images, or a table of them by variable."""

    channels: Channels = 3
    range: Range = None
    colour: Colours = "srgb"
    interpolation: Interpolations = "bicubic"

    def variables(self, names: Collection[str], size: Size, aspect: Aspect) -> dict[str, Variable]:
        """The variables of these names, which are images.

        A table may leave some out, which then have the default.

        Raises:
            ValueError: a table names an unknown variable, a range is not two increasing numbers, or
                channels are not a few.
        """
        for setting, value in vars(self).items():
            _check_names(setting, value, names)
        return {
            name: Variable(size=size, aspect=aspect, **_reading(name, vars(self))) for name in names
        }


def _reading(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        key: value.get(name) if isinstance(value, dict) else value for key, value in given.items()
    }
    chosen = {key: value for key, value in own.items() if value is not None}
    _check_channels(chosen.get("channels", 1))
    return {**chosen, **({"range": _as_range(chosen["range"])} if "range" in chosen else {})}


def _check_channels(channels: int) -> None:
    if not 1 <= channels <= MOST_CHANNELS:
        raise ValueError(
            f"channels must be 1 (gray), 3 (RGB), or how many bands the files have, at most "
            f"{MOST_CHANNELS}, not {channels}"
        )


def _as_range(values: list[float]) -> tuple[float, float]:
    if len(values) != 2 or not all(map(math.isfinite, values)) or values[0] >= values[1]:
        raise ValueError(f"range must be [low, high] with low below high, not {values}")
    return float(values[0]), float(values[1])


def _check_names(setting: str, value: object, names: Collection[str]) -> None:
    unknown = sorted(set(value) - set(names)) if isinstance(value, dict) else []
    if unknown:
        there = ", ".join(names)
        raise ValueError(f"{setting} names '{unknown[0]}', which is no image; there is {there}")
