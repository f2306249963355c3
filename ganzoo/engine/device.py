"""Makes the Accelerator, which places tensors on devices and joins processes."""

from __future__ import annotations

import os
from typing import Literal, Protocol

import torch
from accelerate import Accelerator, PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs, broadcast

from ganzoo.engine.allocator import keep_freed_memory
from ganzoo.engine.cuda import allow_tf32
from ganzoo.engine.precision import AUTO, ChosenPrecision, choose_precision
from ganzoo.errors import DeviceError, first_line

MIXED = ("bf16", "fp16")
SCALED = ("cuda", "xpu", "npu", "mlu", "musa")  # devices with a gradient scaler for fp16


class DeviceSettings(Protocol):
    """The settings of a recipe's `[train]` table that concern the device."""

    device: Literal["auto", "cpu"]
    precision: Literal["auto", "float32", "float64", "bf16", "fp16"]
    tf32: bool


def choose_accelerator(train: DeviceSettings) -> Accelerator:
    """The Accelerator that a recipe asks for; precision "auto" is what `settle_precision` says.

    Raises:
        DeviceError: no device here can compute what the recipe asks for.
    """
    cpu = train.device == "cpu"
    precision = settle_precision(cpu).name if train.precision == AUTO else train.precision
    accelerator = make_accelerator(cpu, precision)
    allow_tf32(accelerator.device, train.tf32)
    return accelerator


def settle_precision(cpu: bool, obstacle: str = "") -> ChosenPrecision:
    """What precision "auto" stands for in this training: in all processes what it is in the first.

    It sets up the process's place among the others, as an Accelerator does.

    obstacle: see `choose_precision`.
    """
    place = PartialState(cpu=cpu)
    own = choose_precision(place.device, obstacle)
    first = broadcast(torch.tensor([own.name == "bf16"], device=place.device))
    if bool(first) == (own.name == "bf16"):
        return own
    return ChosenPrecision("bf16" if first else "float32", "the first process chose it")


def find_device(name: str = "") -> torch.device:
    """The device of a name such as "cpu", "cuda:1" or "mps"; without one, training's default.

    Raises:
        DeviceError: there is no such device, or torch cannot use it.
    """
    if not name or name == "auto":
        # Not `PartialState()`: a process has only one, and training sets it up.
        device: torch.device = PartialState.__new__(PartialState).default_device
        return device
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = first_line(error)
        raise DeviceError(f"--device {name}: torch cannot use it here ({reason:.200})") from None


def count_cores() -> int:
    """How many of the processor's cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make_accelerator(cpu: bool = False, precision: str = "float32") -> Accelerator:
    """An Accelerator that follows the recipe alone, not the environment.

    `accelerate config` sets variables for precision, accumulation and compilation, which would
    overrule a recipe. From here on the process keeps memory that tensors free.

    precision: of the recipe; "bf16" and "fp16" run networks under autocast, but keep their weights
        in full precision.

    Raises:
        DeviceError: the device cannot compute in that precision.
    """
    keep_freed_memory()
    mixed = precision if precision in MIXED else "no"
    try:
        accelerator = Accelerator(
            cpu=cpu, mixed_precision=mixed, dynamo_backend="no", kwargs_handlers=[_exchange()]
        )
    except ValueError as error:
        raise DeviceError(f"train.precision: no {precision} on this device ({error})") from None
    if precision == "fp16" and accelerator.device.type not in SCALED:  # Accelerate lets it pass
        device = accelerator.device.type
        raise DeviceError(f"train.precision: no fp16 on this device ({device}); bf16 runs on more")
    accelerator.gradient_accumulation_steps = 1
    # Only from pinned memory, which the loader gives for CUDA alone.
    accelerator.dataloader_config.non_blocking = accelerator.device.type == "cuda"
    return accelerator


def forget_precision() -> None:
    """Let the next Accelerator have another precision; Accelerate keeps a process's first one."""
    AcceleratorState._reset_state()


def _exchange() -> DistributedDataParallelKwargs:
    """How several processes exchange gradients.

    Gradients are views of what is exchanged, which spares a copy of them all. Buffers follow those
    of the first process, as in a checkpoint. The graph is not called static: players rest, and
    penalties differentiate.
    """
    return DistributedDataParallelKwargs(gradient_as_bucket_view=True)
