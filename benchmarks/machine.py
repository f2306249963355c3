"""The machine that a measurement was made on, as far as it matters for speed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent
# Instruction sets that decide which kernels oneDNN picks, as /proc/cpuinfo calls them.
INSTRUCTIONS = (
    *("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"),
    *("asimd", "bf16", "sve", "i8mm"),
)


def describe_machine() -> dict[str, Any]:
    """Processor, cores, instruction sets, memory, system, versions and thread settings."""
    processor, flags = read_processor(Path("/proc/cpuinfo"))
    return {
        "processor": processor or platform.processor() or platform.machine(),
        "cores": count_cores(),
        "instructions": [name for name in INSTRUCTIONS if name in flags],
        "gpu": read_gpu(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch"),
        "threads": os.environ.get("OMP_NUM_THREADS", "torch's default"),
        "load": round(psutil.getloadavg()[0], 2),
    }


def read_processor(file: Path) -> tuple[str, set[str]]:
    """The processor's name and instruction sets from Linux's cpuinfo; "" and none elsewhere."""
    if not file.is_file():
        return "", set()
    pairs = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
    values = {key.strip(): value.strip() for key, _, value in pairs}
    name = values.get("model name", "")
    kind = " ".join(values.get(key, "") for key in ("cpu family", "model") if key in values)
    flags = values.get("flags", values.get("Features", "")).split()
    return f"{name} (family and model {kind})" if kind else name, set(flags)


def read_gpu() -> str:
    """The GPUs' names and memory, as NVIDIA's tool tells them; "" without it."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    command = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "; ".join(done.stdout.splitlines()) if done.returncode == 0 else ""


def count_cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_commit(checkout: Path = ROOT) -> str:
    """The commit of a checkout, with a + where files differ from it; "" where there is no git.

    The history of measurements may differ: it grows with each.
    """

    def git(*words: str) -> str:
        command = ["git", "-C", str(checkout), *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError:
            return ""
        return done.stdout.strip()

    commit = git("rev-parse", "--short", "HEAD")
    return (
        commit + "+"
        if commit and git("status", "--porcelain", "--", ".", ":!benchmarks/history.jsonl")
        else commit
    )
