"""Chooses between bf16 and float32 by what a device computes fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

AUTO = "auto"  # as `train.precision` says that it is to be chosen
CUDA_BF16 = (8, 0)  # the first compute capability with bf16 arithmetic: Ampere


@dataclass(frozen=True)
class ChosenPrecision:
    """What "auto" stands for on a device.

    name: as a recipe's `train.precision` says it.
    reason: half a sentence: "this processor has bf16 arithmetic (AMX)".
    """

    name: Literal["float32", "bf16"]
    reason: str

    def __str__(self) -> str:
        return f"{self.name}, as {self.reason}"


def choose_precision(device: torch.device, obstacle: str = "") -> ChosenPrecision:
    """The fastest precision of a device that keeps losses and weights as they are: bf16 or float32.

    bf16 needs arithmetic of its own: on processors AMX or avx512_bf16, on NVIDIA's GPUs a compute
    capability of 8. Elsewhere it is emulated, which is right, but slower than float32.

    obstacle: why bf16 must not be used, as half a sentence; "" where nothing is against it.
    """
    if obstacle:
        return ChosenPrecision("float32", obstacle)
    if device.type == "cpu":
        return _on_processor()
    if device.type == "cuda":
        return _on_cuda(device)
    return ChosenPrecision("float32", f"bf16 is not chosen on {device.type}")


def _on_processor() -> ChosenPrecision:
    # torch tells of processors in functions without a public name; a version may lack one.
    has_onednn: Callable[[], bool] = torch.backends.mkldnn.is_available
    if has_onednn():  # whose kernels use the arithmetic
        for function, arithmetic in (
            ("_is_amx_tile_supported", "AMX"),
            ("_is_avx512_bf16_supported", "avx512_bf16"),
        ):
            has: Callable[[], bool] = getattr(torch.cpu, function, bool)
            if has():
                reason = f"this processor has bf16 arithmetic ({arithmetic})"
                return ChosenPrecision("bf16", reason)
    return ChosenPrecision("float32", "this processor has no bf16 arithmetic")


def _on_cuda(device: torch.device) -> ChosenPrecision:
    capability = torch.cuda.get_device_capability(device)
    number = "compute capability {}.{}".format(*capability)
    if capability >= CUDA_BF16:
        return ChosenPrecision("bf16", f"this GPU has bf16 arithmetic ({number})")
    return ChosenPrecision("float32", f"this GPU has no bf16 arithmetic ({number})")


def describe_emulation(device: torch.device) -> str:
    """That bf16 is emulated on a device, half a sentence; "" where it is not, or nobody knows."""
    choice = choose_precision(device)
    known = device.type in ("cpu", "cuda")
    return choice.reason if known and choice.name != "bf16" else ""
