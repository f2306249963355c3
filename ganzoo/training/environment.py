"""What a run was made with: versions, machine, devices, commit, command. No environment variables.

Those may hold passwords; a record is given to others.
"""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from ganzoo import __version__
from ganzoo.builder import Experiment
from ganzoo.builder.packaging import packages
from ganzoo.launch.worker import command_line
from ganzoo.registry.packages import find_version
from ganzoo.runs.run_record import now
from ganzoo.runs.system_processes import read_start_time

PACKAGES = ("torch", "torchvision", "accelerate")  # whose versions are kept, where installed
PATIENCE = 10  # seconds for git, which may have to read a whole tree


def environment(experiment: Experiment, accelerator: Accelerator) -> dict[str, Any]:
    """An entry of run.json, as things are now."""
    return {
        "started": now(),
        "command": command_line(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "process_started": read_start_time(),
        "ganzoo": __version__,
        "packages": packages(experiment.blueprint),
        "python": platform.python_version(),
        **{name: text for name in PACKAGES if (text := find_version(name))},
        "platform": platform.platform(),
        "device": accelerator.device.type,
        "devices": device_names(accelerator.device),
        "processes": int(accelerator.num_processes),
        "nodes": int(os.environ.get("GROUP_WORLD_SIZE", 1)),
        "threads": torch.get_num_threads(),
        "precision": experiment.recipe.train.precision,
        **({"tf32": experiment.recipe.train.tf32} if accelerator.device.type == "cuda" else {}),
        "trained_on": sorted(experiment.data.trained_on()),
        "git": git_state(Path.cwd()),
    }


def device_names(device: torch.device) -> list[str]:
    """The devices of this host's processes, one name each; a CPU is shared by all of them."""
    if device.type != "cpu":
        named = getattr(torch.get_device_module(device), "get_device_name", None)
        count = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
        places = range(count) if count > 1 else [device.index or 0]
        return [str(named(place)) for place in places] if named else [device.type]
    return [cpu_name()]


def cpu_name() -> str:
    """The processor as it calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(ln.partition(":")[2].strip() for ln in lines if ln.startswith("model name"))
    except (OSError, ValueError, StopIteration):
        return platform.processor() or platform.machine()


def git_state(folder: Path) -> dict[str, Any] | None:
    """The commit of a working tree and whether tracked files differ from it; None outside of one.

    dirty is None where git does not answer.
    """
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _git(folder: Path, *words: str) -> str | None:
    """What git says, or None: it is missing, slow, or refuses. It writes nothing, runs no hook."""
    options = ["--no-optional-locks", "-c", "core.fsmonitor=false"]
    try:
        done = subprocess.run(
            ["git", *options, *words],
            cwd=folder,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
