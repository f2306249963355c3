"""Which engine computes networks, and what each needs; without torch, so refusals are quick."""

from __future__ import annotations

from typing import Literal

from ganzoo.errors import GanzooError
from ganzoo.registry.extras import require_packages

Engine = Literal["eager", "compile", "onnxruntime", "openvino"]
"""What computes networks.

eager: torch, operator by operator, with weights laid out for inference. compile: torch.compile.
onnxruntime, openvino: those libraries, which run a graph of each network, on a CPU.
"""
ENGINES: tuple[Engine, ...] = ("eager", "compile", "onnxruntime", "openvino")
# The packages that an engine of graphs needs.
PACKAGES: dict[Engine, tuple[str, ...]] = {
    "onnxruntime": ("onnx", "onnxscript", "onnxruntime"),
    "openvino": ("onnx", "onnxscript", "openvino"),
}


def check_engine(engine: Engine, precision: str = "float32", device: str = "") -> None:
    """Check that an engine is installed, and takes what is asked of it.

    Raises:
        GanzooError: it lacks packages, that precision, or that device.
    """
    if engine not in PACKAGES:
        return
    require_packages(f"--engine {engine}", PACKAGES[engine])
    if engine == "onnxruntime" and precision == "bf16":
        raise GanzooError(
            "--engine onnxruntime: ONNX Runtime has no bf16 on a CPU; leave out --precision, or "
            "take --engine openvino or eager"
        )
    if engine == "openvino" and precision == "bf16" and not _openvino_computes_bf16():
        raise GanzooError(
            "--engine openvino: this processor has no bf16 arithmetic, so OpenVINO would take "
            "float32; leave out --precision"
        )
    if device not in ("", "cpu"):
        raise GanzooError(
            f"--engine {engine} computes on the CPU, not on {device}: leave out --device, or take "
            "--engine eager"
        )


def _openvino_computes_bf16() -> bool:
    from ganzoo.inference.engines.openvino_core import computes_bf16

    return computes_bf16()


def engine_of(engine: Engine | None, compiled: bool) -> Engine:
    """The engine that is meant by --engine and --compile, which stands for --engine compile.

    Raises:
        GanzooError: they contradict each other.
    """
    if compiled and engine not in (None, "compile"):
        raise GanzooError(f"--compile means --engine compile, not {engine}: leave out one of them")
    return "compile" if compiled else engine or "eager"


def settle_engine(engine: Engine | None, compiled: bool, precision: str, device: str) -> Engine:
    """The engine that is meant, if it can compute what is asked of it.

    Raises:
        GanzooError: it cannot; see `engine_of` and `check_engine`.
    """
    chosen = engine_of(engine, compiled)
    check_engine(chosen, precision, device)
    return chosen


def default_device(engine: Engine, device: str) -> str:
    """The device for an engine: the CPU for engines of graphs, else what was asked for."""
    return "cpu" if engine in PACKAGES else device
