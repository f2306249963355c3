"""The machine that was measured on, as far as it matters for speed."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from ganzoo.engine.device import count_cores
from ganzoo.registry.packages import find_version

CPUINFO = Path("/proc/cpuinfo")
# Instruction sets that decide which kernels libraries choose, as /proc/cpuinfo calls them.
INSTRUCTIONS = (
    *("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"),
    *("amx_int8", "asimd", "bf16", "sve", "i8mm"),
)
LIBRARIES = ("torch", "onnxruntime", "openvino", "onnx", "onnxscript")


def describe_machine() -> dict[str, Any]:
    """Processor, cores, instruction sets, memory, load, system and versions."""
    name, flags = read_processor(CPUINFO.read_text("utf-8") if CPUINFO.is_file() else "")
    return {
        "processor": name or platform.processor() or platform.machine(),
        "cores": count_cores(),
        "instructions": [each for each in INSTRUCTIONS if each in flags],
        "memory_bytes": int(psutil.virtual_memory().total),
        "load": round(psutil.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {each: number for each in LIBRARIES if (number := find_version(each))},
    }


def say_machine(machine: Mapping[str, Any], threads: int) -> str:
    """The machine as a sentence."""
    sets = ", ".join(machine["instructions"]) or "no instruction sets known"
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores ({sets}), {threads} threads, "
        f"load {machine['load']:g} before; {versions}"
    )


def read_processor(text: str) -> tuple[str, set[str]]:
    """The processor's name and instruction sets from Linux's cpuinfo; "" and none elsewhere."""
    pairs = (line.partition(":") for line in text.splitlines())
    values = {key.strip(): value.strip() for key, _, value in pairs}
    name = values.get("model name", "")
    kind = " ".join(values[key] for key in ("cpu family", "model") if key in values)
    flags = values.get("flags", values.get("Features", "")).split()
    return f"{name} (family and model {kind})" if kind else name, set(flags)
