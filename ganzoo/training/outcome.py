"""How a training ended."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.printing.text import visible
from ganzoo.runs.folder import RunFolder


@dataclass(frozen=True, repr=False)
class Outcome:
    """How a training ended.

    folder: the run's; `outcome.folder.path` is its path.
    step: how many steps are made; finished: whether these are all.
    main: whether this process is the one that speaks.
    asked: whether a signal asked this process to stop.
    reason: why it stopped before its end, as "alarm NAME" or "callbacks.NAME: ..."; else "".
    """

    folder: RunFolder
    step: int
    finished: bool
    main: bool
    asked: bool = False
    reason: str = ""

    @property
    def alarm(self) -> str:
        """The name of the alarm that stopped it, if one did."""
        kind, _, name = self.reason.partition(" ")
        return name if kind == "alarm" else ""

    def __repr__(self) -> str:
        """`<ganzoo.Outcome runs/small: finished, step 2>`."""
        why = f" by the {self.reason}" if self.alarm else ""
        why = f" ({self.reason})" if self.reason and not self.alarm else why
        end = "finished" if self.finished else f"stopped{why}"
        return visible(f"<ganzoo.Outcome {self.folder.path}: {end}, step {self.step}>")
