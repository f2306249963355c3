"""How much memory this process may take, and has."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import torch

FREE = 0.9  # of what is free; the rest is for what else runs
# What a control group has of files in memory, which makes room when it is needed.
CACHED = re.compile(r"^(?:total_)?inactive_file (\d+)$", re.MULTILINE)
# The limit and the use of a control group's memory, of version 2 and 1.
GROUPS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def resident() -> int:
    """The memory that this process has now, in bytes."""
    return int(psutil.Process().memory_info().rss)


def free_memory(device: torch.device) -> int:
    """The bytes that this process may take besides what it has: free, and not above its limit."""
    if device.type == "cuda":
        return int(FREE * torch.cuda.mem_get_info(device)[0])
    rooms = [psutil.virtual_memory().available]
    for group in _own_groups():
        for folder, limit, used in GROUPS:
            room = _room(Path(folder + group), limit, used)
            rooms += [] if room is None else [room]
    return int(FREE * max(0, min(rooms)))


def whole_memory(device: torch.device) -> int:
    """The bytes that this process could take if nothing else ran, whatever is free now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    limits = [psutil.virtual_memory().total]
    for group in _own_groups():
        for folder, limit, _ in GROUPS:
            with suppress(OSError, ValueError):  # there is no such group, or its limit is "max"
                limits.append(int((Path(folder + group) / limit).read_text(encoding="utf-8")))
    return int(min(limits))


def _own_groups() -> set[str]:
    """The control groups that may limit this process, from the outermost in."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    paths = [line.split(":", 2)[2] for line in lines if line.count(":") >= 2]
    return {"", *(path.rstrip("/") for path in paths)}


def _room(folder: Path, limit: str, used: str) -> int | None:
    """What is left of a group's limit; None without one."""
    try:
        most = int((folder / limit).read_text(encoding="utf-8"))
        taken = int((folder / used).read_text(encoding="utf-8"))
        return most - taken + _cached(folder)
    except (OSError, ValueError):  # there is no such group, or its limit is "max"
        return None


def _cached(folder: Path) -> int:
    """The bytes of files that the system keeps in a group's memory until it is needed."""
    sizes = CACHED.findall((folder / "memory.stat").read_text(encoding="utf-8"))
    return int(sizes[-1]) if sizes else 0
