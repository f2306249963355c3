"""A variant's process: prepares its work, then takes a turn for each line that it reads.

It answers in lines of JSON. Whatever the work prints goes to stderr, out of the answers' way.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Protocol


class Work(Protocol):
    """What is measured.

    facts: what preparing it showed, as JSON.
    """

    facts: dict[str, Any]

    def turn(self) -> None:
        """Do it once, and return when it is done on the device, too."""


def main() -> None:
    """Read the task from the first line; take turns until there are no more lines."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=answers, flush=True)

    try:
        task = json.loads(sys.stdin.readline())
        work = prepare(task["work"], task["settings"])
        answer(facts=work.facts)
        for _ in sys.stdin:
            answer(**measure(work))
    except Exception as error:
        if type(error).__module__ != "ganzoo.errors":  # those say all that there is to know
            traceback.print_exc()
        answer(error=f"{type(error).__name__}: {error}")
        sys.exit(1)


def prepare(name: str, settings: dict[str, Any]) -> Work:
    """Make the work that `module:function` names."""
    module, _, function = name.partition(":")
    work: Work = getattr(importlib.import_module(module), function)(settings)
    return work


def measure(work: Work) -> dict[str, float]:
    """Take a turn: its seconds, those of all its threads together, and the peak of memory."""
    started, used = time.perf_counter(), time.process_time()
    work.turn()
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "processor": time.process_time() - used,
        "peak": peak_memory(),
        "gpu": peak_gpu_memory(),
    }


def peak_gpu_memory() -> int:
    """The most memory that torch has had on a GPU, in bytes; 0 without one."""
    torch = sys.modules.get("torch")
    return int(torch.cuda.max_memory_allocated()) if torch and torch.cuda.is_available() else 0


def read_peak(process: int | str) -> int:
    """The most memory that a process has had resident, in bytes; 0 where Linux does not say so."""
    status = Path(f"/proc/{process}/status")
    found = status.read_text(encoding="utf-8").split("VmHWM:")[1:] if status.is_file() else []
    return int(found[0].split()[0]) * 1024 if found else 0


def peak_memory() -> int:
    """The most memory that this process has had resident, in bytes.

    Linux's own high-water mark: `ru_maxrss` starts at that of the process which started this one.
    """
    if peak := read_peak("self"):
        return peak
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
