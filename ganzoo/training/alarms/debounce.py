"""When a detection becomes an alarm: once it lasts; and again only after it went away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# These are certain when they are first seen; the others must last.
AT_ONCE = ("non_finite", "outputs_frozen")


@dataclass(frozen=True)
class Detection:
    """What a record of the log says about one possible fault.

    alarm, probed: which fault, and whose ("G(x)", "adversarial_Y").
    bad, good: whether it shows the fault, or that there is none; neither is possible.
    since: from which step on that holds.
    figures: for the sentence.
    """

    alarm: str
    probed: str
    bad: bool
    good: bool
    since: int
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Alarm:
    """A fault that lasted: seen at `step`, there since `since`."""

    name: str
    probed: str
    step: int
    since: int
    figures: Mapping[str, Any] = field(default_factory=dict)


class Debounce:
    """Takes detections in the order of their steps, and says which of them are alarms now.

    patience: how many steps a fault must last.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.since: dict[tuple[str, str], int] = {}
        self.told: set[tuple[str, str]] = set()

    def see(self, step: int, detection: Detection) -> Alarm | None:
        """The alarm that this detection, seen at this step, raises."""
        key = detection.alarm, detection.probed
        if detection.good:
            self.told.discard(key)
        if not detection.bad:
            self.since.pop(key, None)
            return None
        since = self.since.setdefault(key, detection.since)
        needed = 0 if detection.alarm in AT_ONCE else self.patience
        if key in self.told or step - since < needed:
            return None
        self.told.add(key)
        return Alarm(detection.alarm, detection.probed, step, since, detection.figures)
