"""When a detection becomes an alarm: after it lasted, and again only after it went away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# These need not last: one detection is proof.
AT_ONCE = ("non_finite", "outputs_frozen")


@dataclass(frozen=True)
class Detection:
    """What one log entry says about one possible fault.

    alarm: the name of the fault's alarm.
    probed: what has the fault: an output ("G(x)"), a term ("adversarial_Y"), a variable.
    bad: the entry shows the fault. good: it shows that there is none. Both may be False.
    since: the step from which on that holds.
    details: numbers and names for the message.
    """

    alarm: str
    probed: str
    bad: bool
    good: bool
    since: int
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Alarm:
    """A fault that lasted from step `since` to step `step`; `details` are the last detection's."""

    name: str
    probed: str
    step: int
    since: int
    details: Mapping[str, Any] = field(default_factory=dict)


class Debounce:
    """Raises an alarm for a fault that lasts, once until the fault is gone.

    patience: how many steps a fault must last.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.since: dict[tuple[str, str], int] = {}
        self.raised: set[tuple[str, str]] = set()

    def add(self, step: int, detection: Detection) -> Alarm | None:
        """Take in a detection, in the order of steps; returns the alarm that it raises, if any."""
        key = detection.alarm, detection.probed
        if detection.good:
            self.raised.discard(key)
        if not detection.bad:
            self.since.pop(key, None)
            return None
        since = self.since.setdefault(key, detection.since)
        needed = 0 if detection.alarm in AT_ONCE else self.patience
        if key in self.raised or step - since < needed:
            return None
        self.raised.add(key)
        return Alarm(detection.alarm, detection.probed, step, since, detection.details)
