"""Says how many items each split of the held-out set has, where they are too few or not dealt."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ganzoo.evaluation.data_split import DataSplit
from ganzoo.evaluation.observed import format_observed
from ganzoo.evaluation.splits import Splits

FEW = 30  # below that, an interval is wide
NORMAL = 1.96  # of 95 %: the interval of a mean over n is at least this / sqrt(n) deviations


def describe_splits(splits: Splits) -> str:
    """A sentence where items are too few, or nothing chooses a best model; otherwise ""."""
    if not splits.held_out:
        return ""
    if splits.dealt:
        return _describe_few(splits.held_out)
    counts = format_observed({splits.test.split: _counts(splits.test)})
    chosen = "no best model is chosen, and nothing ends training early"
    if not splits.share:
        return f"checkpoints.validation = 0: all is test ({counts}), {chosen}"
    return f"{counts}: where there is but one, nothing can be dealt, so all is test; {chosen}"


def _describe_few(held_out: list[DataSplit]) -> str:
    counts = [_counts(split) for split in held_out]
    fewest = min(n for each in counts for n in each.values())
    if fewest >= FEW:
        return ""
    said = ", ".join(format_observed({p.split: n}) for p, n in zip(held_out, counts, strict=True))
    wide = NORMAL / math.sqrt(fewest)
    return (
        f"few are held out ({said}): the 95 % interval of a mean over {fewest} is ± {wide:.2g} "
        "standard deviations or wider; differences within the intervals are chance"
    )


def _counts(split: object) -> Mapping[str, int]:
    return split.held_out_counts() if isinstance(split, DataSplit) else {}
