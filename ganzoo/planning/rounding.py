"""Numbers of a fingerprint rounded, so that the last bits of a sum do not change a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

DIGITS = 4
Record = TypeVar("Record")


def rounded(record: Record) -> Record:
    """A frozen dataclass whose numbers are rounded to four decimals, those inside of it too."""
    assert is_dataclass(record)
    assert not isinstance(record, type)
    changed = {each.name: _round(getattr(record, each.name)) for each in fields(record)}
    return replace(record, **changed)


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0  # no -0.0
    if isinstance(value, tuple):
        return tuple(map(_round, value))
    if isinstance(value, Mapping):
        return {key: _round(each) for key, each in value.items()}
    return rounded(value) if is_dataclass(value) and not isinstance(value, type) else value
