"""When several processes ask each other whether one of them was told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from accelerate import Accelerator

SECONDS = 2.0  # about so long between two looks
MOST = 100  # steps between two looks, should steps suddenly become slow


class StopSync:
    """All processes stop at the same step: asking takes all of them, and costs a synchronisation.

    The main process's time a step decides when to look next; the others add zero to it, so that
    all get the same number, bit for bit.
    """

    def __init__(
        self, accelerator: Accelerator, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.accelerator, self.clock = accelerator, clock
        self.next = 0
        self.last: tuple[float, int] | None = None

    def asked(self, done: int, stop: bool) -> bool:
        """Whether any process was told to stop; `done` is how many steps there are now."""
        if self.accelerator.num_processes == 1:
            return stop
        if done < self.next:
            return False
        pace = self._pace(done) if self.accelerator.is_main_process else 0.0
        told = torch.tensor([float(stop), pace], device=self.accelerator.device)
        asked, pace = self.accelerator.reduce(told, "sum").tolist()
        self.next = done + max(1, min(MOST, int(SECONDS / pace)))
        return bool(asked)

    def _pace(self, done: int) -> float:
        """Seconds a step since the last look; before there is one, look again after a step."""
        now = self.clock()
        since, step = self.last or (now, done)
        self.last = now, done
        return max((now - since) / (done - step), 1e-6) if done > step else SECONDS
