"""The Accelerator: device placement and processes, and nothing that changes the mathematics."""

from __future__ import annotations

from typing import Literal, Protocol

import torch
from accelerate import Accelerator, PartialState

from ganzoo.errors import DeviceError, first_line

MIXED = ("bf16", "fp16")
SCALED = ("cuda", "xpu", "npu", "mlu", "musa")  # devices with a gradient scaler for fp16


class DeviceSettings(Protocol):
    """What a recipe says of the device: its `[train]` table."""

    device: Literal["auto", "cpu"]
    precision: Literal["float32", "float64", "bf16", "fp16"]


def choose_accelerator(train: DeviceSettings) -> Accelerator:
    """The Accelerator that a recipe asks for.

    Raises:
        DeviceError: there is none that can.
    """
    return make_accelerator(train.device == "cpu", train.precision)


def find_device(name: str = "") -> torch.device:
    """The device of that name, as "cpu", "cuda:1" or "mps"; left out, what training would take.

    Raises:
        DeviceError: there is none, or torch cannot use it.
    """
    if not name or name == "auto":
        # Without a state of Accelerate's: that is one a process, and training makes its own.
        found: torch.device = PartialState.__new__(PartialState).default_device
        return found
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = first_line(error)
        raise DeviceError(f"--device {name}: torch cannot use it here ({reason:.200})") from None


def make_accelerator(cpu: bool = False, precision: str = "float32") -> Accelerator:
    """An Accelerator that a launcher's environment cannot make train differently.

    `accelerate config` writes precision, accumulation and compilation into variables that would
    overrule a recipe; here the recipe alone decides.

    precision: a recipe's; "bf16" and "fp16" run networks under autocast, their weights stay.

    Raises:
        DeviceError: the device cannot compute in that precision.
    """
    mixed = precision if precision in MIXED else "no"
    try:
        accelerator = Accelerator(cpu=cpu, mixed_precision=mixed, dynamo_backend="no")
    except ValueError as error:
        raise DeviceError(f"train.precision: no {precision} on this device ({error})") from None
    if precision == "fp16" and accelerator.device.type not in SCALED:  # Accelerate says nothing
        device = accelerator.device.type
        raise DeviceError(f"train.precision: no fp16 on this device ({device}); bf16 runs on more")
    accelerator.gradient_accumulation_steps = 1
    return accelerator
