"""The Accelerator: device placement and processes, and nothing that changes the mathematics."""

from __future__ import annotations

from accelerate import Accelerator


def make_accelerator(cpu: bool = False) -> Accelerator:
    """An Accelerator that a launcher's environment cannot make train differently.

    `accelerate config` writes precision, accumulation and compilation into variables that would
    overrule a recipe; here the recipe alone decides.
    """
    accelerator = Accelerator(cpu=cpu, mixed_precision="no", dynamo_backend="no")
    accelerator.gradient_accumulation_steps = 1
    return accelerator
