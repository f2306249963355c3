"""How long a training may take, and how much memory, by the user's wishes or by default."""

from __future__ import annotations

from ganzoo.interfaces.rule import RecipeDraft

EVENING = 3 * 3600.0  # seconds, where no budget is given
SHARE = 0.9  # of the time, for steps; the rest is for samples, scores and checkpoints
START = 10.0  # seconds until the first step, and for the last scores
MEMORY = 0.8  # of what is free, as others want some, too


def time_limit(draft: RecipeDraft) -> float:
    """Seconds that training may take."""
    return EVENING if draft.wishes.budget is None else draft.wishes.budget


def training_seconds(limit: float) -> float:
    """Of a time, what is left for training steps."""
    return max(SHARE * limit - START, limit / 2)


def memory_limit(draft: RecipeDraft) -> int:
    """Bytes that training may take."""
    if draft.wishes.memory is not None:
        return draft.wishes.memory
    return int(MEMORY * draft.facts.machine.memory)


def describe_limit(draft: RecipeDraft) -> str:
    """`2 h and 8 GiB`."""
    time = describe_seconds(time_limit(draft))
    own = "" if draft.wishes.budget is not None else " (an evening, as no budget is given)"
    return f"{time}{own} and {memory_limit(draft) / 2**30:.2g} GiB"


def describe_seconds(seconds: float) -> str:
    """`40 s`, `12 min` or `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.2g} h"


def round_down(count: float) -> int:
    """To two digits: 3,871 becomes 3,800."""
    whole = int(count)
    unit: int = 10 ** max(0, len(str(whole)) - 2)
    return whole // unit * unit
