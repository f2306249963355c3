"""The Accelerator: device placement and processes, and nothing that changes the mathematics."""

from __future__ import annotations

from accelerate import Accelerator

MIXED = ("bf16", "fp16")


def make_accelerator(cpu: bool = False, precision: str = "float32") -> Accelerator:
    """An Accelerator that a launcher's environment cannot make train differently.

    `accelerate config` writes precision, accumulation and compilation into variables that would
    overrule a recipe; here the recipe alone decides.

    precision: a recipe's; "bf16" and "fp16" run networks under autocast, their weights stay.

    Raises:
        ValueError: the device cannot compute in that precision.
    """
    mixed = precision if precision in MIXED else "no"
    try:
        accelerator = Accelerator(cpu=cpu, mixed_precision=mixed, dynamo_backend="no")
    except ValueError as error:
        raise ValueError(f"this device cannot train in {precision} ({error})") from None
    accelerator.gradient_accumulation_steps = 1
    return accelerator
