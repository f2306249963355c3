"""Work that the main process does while the others wait, and what it tells them of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from accelerate import Accelerator

SECONDS = 20.0  # between two signs that the main process is still at work
T = TypeVar("T")


def together(accelerator: Accelerator, work: Callable[[Callable[[], None]], T]) -> T | None:
    """Let the main process work while the others wait, however long it takes.

    A process that waits for another one gives up after minutes, so every few seconds `work` calls
    what it is given, and the others are told that it goes on.
    Returns what `work` does; None in the processes that only waited.
    """
    if accelerator.num_processes == 1:
        return work(lambda: None)
    if not accelerator.is_main_process:
        while _goes_on(accelerator, 0.0):
            pass
        return None
    last = time.monotonic()

    def tick() -> None:
        nonlocal last
        if time.monotonic() - last > SECONDS:
            _goes_on(accelerator, 1.0)
            last = time.monotonic()

    value = work(tick)
    _goes_on(accelerator, 0.0)
    return value


def _goes_on(accelerator: Accelerator, own: float) -> bool:
    """Whether the main process goes on; the others add nothing."""
    total = accelerator.reduce(torch.tensor([own], device=accelerator.device), "sum")
    return bool(total.item())


def from_main(accelerator: Accelerator, value: Any) -> Any:
    """The main process's value, of plain JSON, in all processes; the others' is ignored."""
    if accelerator.num_processes == 1:
        return value
    own = json.dumps(value).encode() if accelerator.is_main_process else b""
    size = accelerator.reduce(torch.tensor([len(own)], device=accelerator.device), "sum")
    letters = torch.zeros(int(size.item()), dtype=torch.int32)
    letters[: len(own)] = torch.tensor([*own], dtype=torch.int32)
    shared = accelerator.reduce(letters.to(accelerator.device), "sum")
    return json.loads(bytes(shared.tolist()))
