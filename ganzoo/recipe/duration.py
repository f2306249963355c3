"""Durations with their unit: `"200 epochs"`, `"2900 steps"`, `"1e6 images"`."""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

FORM = re.compile(r"\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(epoch|step|image)s?\s*")


@dataclass(frozen=True)
class Duration:
    """A span of training; never seconds, so that a run means the same on any machine."""

    count: float
    unit: str

    def steps(self, images_an_epoch: int, images_a_step: int) -> int:
        """The span in whole steps, at least one."""
        images = {"steps": images_a_step, "epochs": images_an_epoch, "images": 1}[self.unit]
        return max(1, round(min(self.count * images / images_a_step, sys.maxsize)))

    def __str__(self) -> str:
        count = float(self.count)
        written = int(count) if count.is_integer() else count
        return f"{written} {self.unit if count != 1 else self.unit[:-1]}"


def parse_duration(value: Any) -> Duration:
    """Read `"200 epochs"`.

    Raises:
        ValueError: it has no unit, or is no positive and finite number.
    """
    if isinstance(value, Duration):
        return value
    match = FORM.fullmatch(value) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 0:
        raise ValueError('a duration is a number and its unit, as "200 epochs" or "5000 steps"')
    if not math.isfinite(float(match[1])):
        raise ValueError('a duration is finite, as "200 epochs" or "5000 steps"')
    return Duration(float(match[1]), match[2] + "s")


DurationField = Annotated[
    Duration, PlainValidator(parse_duration), PlainSerializer(str, return_type=str)
]
