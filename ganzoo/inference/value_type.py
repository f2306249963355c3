"""The type and the range of the values that a result is written with."""

from __future__ import annotations

from typing import NamedTuple

from ganzoo.interfaces import Variable
from ganzoo.interfaces.writer import DType

Range = tuple[float, float]
# What black and white are where no range is set; files of other types have one.
SCALES: dict[DType, Range] = {"uint8": (0, 255), "uint16": (0, 65535), "float32": (0, 1)}
LIMITS: dict[DType, Range] = {"uint8": (0, 255), "uint16": (0, 65535), "int16": (-32768, 32767)}
# What the values of a file's type are written as; those of any other type as float32.
WRITTEN: dict[str, DType] = {
    **{"bool": "uint8", "uint8": "uint8", "uint16": "uint16"},
    **{"int8": "int16", "int16": "int16"},
}


class ValueType(NamedTuple):
    """How values are written. range: what -1 and 1 become."""

    dtype: DType
    range: Range


BYTES = ValueType("uint8", SCALES["uint8"])


def choose_type(source: str, variable: Variable, domain: Variable | None) -> ValueType:
    """The type of the values of a result.

    It is that of the domain's files, on the domain's range. Where that is not known, it is that of
    the input's file, or the next one that holds the range.

    source: the type of the input's values. variable: what the input is read as. domain: what the
        result is an image of; None where that is not known.
    """
    known = domain.dtype if domain else None
    limits = (domain or variable).range
    dtype = WRITTEN.get(known or source, "float32")
    if limits is None:
        return ValueType(dtype, SCALES[dtype]) if dtype in SCALES else BYTES
    whole = all(float(end).is_integer() for end in limits)
    others: tuple[DType, ...] = (dtype, "uint8", "uint16", "int16") if whole else ()
    return ValueType(next((each for each in others if _holds(each, limits)), "float32"), limits)


def _holds(dtype: DType, limits: Range) -> bool:
    low, high = LIMITS.get(dtype, limits)
    return low <= limits[0] and limits[1] <= high
