"""Settings of how files are read, for all variables or by variable, as recipes write them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from ganzoo.interfaces.variable import Colour, Interpolation

Range: TypeAlias = list[float] | dict[str, list[float]] | None
"""`[low, high]`, or a table of such lists by variable."""
Colours: TypeAlias = Colour | dict[str, Colour]
Interpolations: TypeAlias = Interpolation | dict[str, Interpolation]


def readings(
    names: Collection[str], range: Range, colour: Colours, interpolation: Interpolations
) -> dict[str, dict[str, Any]]:
    """The range, colour and interpolation of each variable, as arguments of `Variable`.

    names: the data's image variables; a table may leave some out, which then have the default.

    Raises:
        ValueError: a table names an unknown variable, or a range is not two increasing numbers.
    """
    given = {"range": range, "colour": colour, "interpolation": interpolation}
    for setting, value in given.items():
        _check_names(setting, value, names)
    return {name: _reading(name, given) for name in names}


def _reading(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        key: value.get(name) if isinstance(value, dict) else value for key, value in given.items()
    }
    chosen = {key: value for key, value in own.items() if value is not None}
    return {**chosen, **({"range": _as_range(chosen["range"])} if "range" in chosen else {})}


def _as_range(values: list[float]) -> tuple[float, float]:
    if len(values) != 2 or not all(map(math.isfinite, values)) or values[0] >= values[1]:
        raise ValueError(f"range must be [low, high] with low below high, not {values}")
    return float(values[0]), float(values[1])


def _check_names(setting: str, value: object, names: Collection[str]) -> None:
    unknown = sorted(set(value) - set(names)) if isinstance(value, dict) else []
    if unknown:
        there = ", ".join(names)
        raise ValueError(f"{setting} names '{unknown[0]}', which is no image; there is {there}")
