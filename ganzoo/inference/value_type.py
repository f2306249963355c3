"""The type and the range of the values that a result is written with."""

from __future__ import annotations

from typing import NamedTuple

from ganzoo.interfaces import Variable
from ganzoo.interfaces.writer import DType

Range = tuple[float, float]
# What black and white are where no range is set; files of other types have one.
SCALES: dict[DType, Range] = {"uint8": (0, 255), "uint16": (0, 65535), "float32": (0, 1)}
LIMITS: dict[DType, Range] = {"uint8": (0, 255), "uint16": (0, 65535), "int16": (-32768, 32767)}
# What the values of a file's type are written as, the first type that holds them; those of floats
# as float32. Long integers need a range, which mostly fits into 16 bits.
WRITTEN: dict[str, tuple[DType, ...]] = {
    **{"bool": ("uint8",), "uint8": ("uint8", "uint16", "int16"), "uint16": ("uint16", "int16")},
    **dict.fromkeys(("int8", "int16", "uint32", "int32", "uint64", "int64"), ("int16", "uint16")),
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
    integers = WRITTEN.get(known or source, ())
    if limits is None:
        dtype = integers[0] if integers else "float32"
        return ValueType(dtype, SCALES[dtype]) if dtype in SCALES else BYTES
    # A range of fractions is one of floats, unless the files are known to hold integers.
    fits = known is not None or all(float(end).is_integer() for end in limits)
    holding = (each for each in integers if fits and _holds(each, limits))
    return ValueType(next(holding, "float32"), limits)


def _holds(dtype: DType, limits: Range) -> bool:
    low, high = LIMITS[dtype]
    return low <= limits[0] and limits[1] <= high
