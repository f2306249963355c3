"""How fast a training goes, and numbers as a person reads them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]

WINDOW = 10  # log records that the speed is averaged over


class Speed:
    """Steps and images a second over the last WINDOW records.

    start: the step at which training starts or goes on.
    """

    def __init__(self, start: int, clock: Clock) -> None:
        self.clock = clock
        self.restart(start)

    def restart(self, step: int) -> None:
        """Count from now. There is always a mark, as a display's thread may be reading."""
        self.marks = deque([(self.clock(), step, 0.0)], maxlen=WINDOW + 1)

    def add(self, step: int, images: int) -> None:
        """Add a mark: how many steps and images there are now."""
        if len(self.marks) == 1:  # how many images the start was at follows from those of a step
            when, start, _ = self.marks[0]
            self.marks[0] = when, start, images * start / max(step, 1)
        self.marks.append((self.clock(), step, float(images)))

    def images_a_second(self) -> float:
        """0 where nothing was measured yet."""
        (since, _, first), (until, _, last) = self.marks[0], self.marks[-1]
        return (last - first) / (until - since) if until > since else 0.0

    def seconds(self, step: int, ahead: int) -> float | None:
        """How long `ahead` steps will take; `step` is how many there are now."""
        since, first, _ = self.marks[0]
        until, last, _ = self.marks[-1] if len(self.marks) > 1 else (self.clock(), step, 0.0)
        return ahead * (until - since) / (last - first) if last > first else None


def is_finite(value: float | None) -> bool:
    """Whether a loss is a number at all."""
    return value is not None and abs(value) < float("inf")


def format_number(value: float | None) -> str:
    """A number in few characters: `0.512`, `12.3`, `4712`, `1.2e-05`, `nan`."""
    if value is None:
        return "nan"
    size = abs(value)
    if 0 < size < 0.001 or 99999 < size < float("inf"):
        return f"{value:.1e}"
    digits = 3 if size < 10 else 1 if size < 1000 else 0
    return f"{value:.{digits}f}"


def format_rate(rate: float) -> str:
    """`0.19`, `7.1`, `152`."""
    return f"{rate:.2g}" if rate < 1 else f"{rate:.{0 if rate >= 100 else 1}f}"


def format_time(seconds: float) -> str:
    """`0:42`, `4:20`, `1:04:20`, `2 d 3 h`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours_of_day = divmod(hours, 24)
    if days:
        return f"{days} d {hours_of_day} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
