"""Lets several processes stop at the same step."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from accelerate import Accelerator

SECONDS = 2.0  # between two exchanges, approximately
MOST = 100  # steps between two exchanges, in case steps suddenly become slow


class StopSync:
    """Finds out every few seconds, in all processes together, whether one was asked to stop.

    Each such exchange synchronises the processes, which takes time. The main process measures the
    time of a step and derives the number of steps until the next exchange. The other processes
    contribute zero to that sum, so that all get exactly the same number.
    """

    def __init__(
        self, accelerator: Accelerator, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.accelerator, self.clock = accelerator, clock
        self.next_exchange = 0
        self.last: tuple[float, int] | None = None

    def asked(self, done: int, stop: bool) -> bool:
        """Whether any process was asked to stop; `done` is the number of steps made."""
        if self.accelerator.num_processes == 1:
            return stop
        if done < self.next_exchange:
            return False
        step_time = self._time_step(done) if self.accelerator.is_main_process else 0.0
        own = torch.tensor([float(stop), step_time], device=self.accelerator.device)
        asked, step_time = self.accelerator.reduce(own, "sum").tolist()
        self.next_exchange = done + max(1, min(MOST, int(SECONDS / step_time)))
        return bool(asked)

    def _time_step(self, done: int) -> float:
        """Seconds per step since the last exchange; at the first exchange, a large value.

        The large value makes the next exchange come soon.
        """
        now = self.clock()
        since, step = self.last or (now, done)
        self.last = now, done
        return max((now - since) / (done - step), 1e-6) if done > step else SECONDS
