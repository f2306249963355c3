"""The machine that a plan is for."""

from __future__ import annotations

import torch

from ganzoo.builder.machine_speed import find_speed, stack_seconds
from ganzoo.engine.device import count_cores, find_device
from ganzoo.engine.precision import choose_precision
from ganzoo.inference.tiling.memory_limit import free_memory, whole_memory
from ganzoo.interfaces.data_fingerprint import Machine
from ganzoo.training.environment import cpu_name

# The share of all memory that a plan takes at most, so that what else runs does not change it.
PROCESSOR, GRAPHICS = 0.5, 0.8


def describe_machine() -> Machine:
    """The device that a training takes by default, and its processor's speed."""
    device = find_device()
    cuda = device.type == "cuda"
    share = GRAPHICS if cuda else PROCESSOR
    return Machine(
        device.type,
        torch.cuda.get_device_name(device) if cuda else cpu_name(),
        round_down(min(free_memory(device), int(share * whole_memory(device)))),
        count_cores(),
        choose_precision(device).name == "bf16",
        stack_seconds(find_speed()),
    )


def round_down(memory: int) -> int:
    """Bytes rounded down to 1, 1.5, 2, 3, 4, 6, 8, 12 ... so that small changes do not matter."""
    power = 1 << max(0, memory.bit_length() - 1)
    return power + power // 2 if memory >= power + power // 2 else power
