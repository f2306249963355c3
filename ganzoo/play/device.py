"""The Accelerator: device placement and processes, and nothing that changes the mathematics."""

from __future__ import annotations

from typing import Literal, Protocol

from accelerate import Accelerator

from ganzoo.errors import DeviceError

MIXED = ("bf16", "fp16")
SCALED = ("cuda", "xpu", "npu", "mlu", "musa")  # devices with a gradient scaler for fp16


class Wishes(Protocol):
    """What a recipe says of the device: its `[train]` table."""

    device: Literal["auto", "cpu"]
    precision: Literal["float32", "float64", "bf16", "fp16"]


def accelerator_for(train: Wishes) -> Accelerator:
    """The Accelerator that a recipe asks for.

    Raises:
        DeviceError: there is none that can.
    """
    return make_accelerator(train.device == "cpu", train.precision)


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
