"""Says how many items each split has, where they are few or nothing is dealt."""

from __future__ import annotations

import math
from typing import Any

from ganzoo.evaluation.observed import TEST, VALIDATION, format_observed

FEW = 30  # below that, an interval is wide
NORMAL = 1.96  # of 95 %: the interval of a mean over n is at least this / sqrt(n) deviations


def describe_splits(record: Any) -> str:
    """A sentence about what held-out items are for; "" where none are.

    record: as of `describe_few`.
    """
    few, said = describe_few(record), format_splits(record)
    if few or not said:
        return few
    return f"held out: {said}; models are chosen on validation, scores are of test"


def format_splits(record: Any) -> str:
    """As text: `60 validation samples of x and y, 140 test samples of x and y`.

    record: as of `describe_few`.
    """
    known = record if isinstance(record, dict) else {}
    counts = {name: _counts(known.get(name)) for name in (VALIDATION, TEST)}
    return ", ".join(format_observed({name: n}) for name, n in counts.items() if n)


def describe_few(record: Any) -> str:
    """A sentence where held-out items are few, or choose no best model; otherwise "".

    record: what `Splits.record` gave; in run.json anything may stand in its place.
    """
    known = record if isinstance(record, dict) else {}
    counts = {name: _counts(known.get(name)) for name in (VALIDATION, TEST)}
    said = format_splits(record)
    if not counts[TEST]:
        return ""
    if counts[VALIDATION]:
        fewest = min(n for each in counts.values() for n in each.values())
        return _describe_width(said, fewest) if 0 < fewest < FEW else ""
    chosen = "no best model is chosen, and nothing ends training early"
    if not known.get("share"):
        return f"checkpoints.validation = 0: all is test ({said}), {chosen}"
    return f"{said}: where there is but one, nothing can be dealt, so all is test; {chosen}"


def _describe_width(said: str, fewest: int) -> str:
    wide = NORMAL / math.sqrt(fewest)
    return (
        f"few are held out ({said}): the 95 % interval of a mean over {fewest} is ± {wide:.2g} "
        "standard deviations or wider; differences within the intervals are chance"
    )


def _counts(table: Any) -> dict[str, int]:
    items = table.get("items") if isinstance(table, dict) else None
    known = items if isinstance(items, dict) else {}
    return {name: n for name, n in known.items() if isinstance(n, int)}
