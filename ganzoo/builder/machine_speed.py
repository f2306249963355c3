"""How fast this machine computes: measured once in about two seconds, and kept."""

from __future__ import annotations

import contextlib
import math
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import Tensor, nn

from ganzoo.builder.flops import count_flops
from ganzoo.builder.step_trace import StepTracer
from ganzoo.components.cache_folder import cache_folder
from ganzoo.files.untrusted import UntrustedError, read_object
from ganzoo.files.writing import write_json

SECONDS = 0.4  # that each rate is measured for
FEWEST = 3  # times that each is timed
WIDE, SIDE = 128, 64  # channels and pixels of the wide network
LARGE = 2**22  # numbers that are added
STEPS_A_DECADE = 16  # of rounding: values lie 15 % apart, so that a plan stays what it was
RESIDENT = 768 * 10**6  # bytes of a process that trains, before its tensors; measured


@dataclass(frozen=True)
class MachineSpeed:
    """The rates of a machine, in seconds and bytes.

    call: seconds that an operation takes at least, whatever its size.
    flops, half_flops: floating-point operations a second, in float32 and in half precision.
    bandwidth: bytes that elementwise operations read and write in a second.
    resident: bytes that a process takes before it has tensors.
    """

    call: float
    flops: float
    half_flops: float
    bandwidth: float
    resident: int = RESIDENT


def find_speed(again: bool = False) -> MachineSpeed:
    """This machine's speed, from the cache folder, or measured and kept there.

    again: measure, whatever is stored.
    """
    file = _file()
    stored = None if again or file is None else _read(file)
    if stored:
        return stored
    speed = measure_speed()
    if file is not None:
        with contextlib.suppress(OSError):  # then it is measured again next time
            write_json(file, asdict(speed))
    return speed


def measure_speed(seconds: float = SECONDS) -> MachineSpeed:
    """Time a tiny network, a wide one and sums, on as many threads as torch uses."""
    tiny, wide = make_stack(width=4, depth=12), make_stack(width=WIDE, depth=2)
    image, features = torch.randn(1, 4, 8, 8), torch.randn(1, WIDE, SIDE, SIDE)
    call = _time(lambda: _differentiate(tiny, image), seconds) / count_calls(tiny, image)
    flops = count_flops(lambda: _differentiate(wide, features))
    single = flops / _time(lambda: _differentiate(wide, features), seconds)
    half = flops / _time(lambda: _differentiate(wide, features, half=True), seconds)
    large = torch.ones(LARGE)
    moved = 3 * large.numel() * large.element_size()
    bandwidth = moved / _time(lambda: torch.add(large, large), seconds)
    return MachineSpeed(coarsen(call), coarsen(single), coarsen(half), coarsen(bandwidth))


def stack_seconds(speed: MachineSpeed) -> dict[str, float]:
    """Forward and backward seconds, at this speed, of the two networks that it was measured by."""
    tiny, wide = make_stack(width=4, depth=12), make_stack(width=WIDE, depth=2)
    calls = count_calls(tiny, torch.zeros(1, 4, 8, 8))
    flops = count_flops(lambda: _differentiate(wide, torch.zeros(1, WIDE, SIDE, SIDE)))
    return {"tiny": calls * speed.call, "wide": flops / speed.flops}


def make_stack(width: int, depth: int) -> nn.Module:
    """Convolutions of 3 x 3 px, each with a norm and a ReLU."""
    layers = [
        layer
        for _ in range(depth)
        for layer in (
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(width, width, affine=False),
            nn.ReLU(inplace=True),
        )
    ]
    return nn.Sequential(*layers)


def count_calls(network: nn.Module, image: Tensor) -> float:
    """The operations of a forward and a backward pass."""
    tracer = StepTracer()
    with tracer:
        _differentiate(network, image)
    return tracer.work.calls


def _differentiate(network: nn.Module, image: Tensor, half: bool = False) -> None:
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        network(image).float().sum().backward()
    network.zero_grad()


def _time(act: Callable[[], object], seconds: float) -> float:
    """The median seconds of an act, once it has been done twice."""
    act(), act()
    times, end = list[float](), time.perf_counter() + seconds
    while len(times) < FEWEST or time.perf_counter() < end:
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _file() -> Path | None:
    """Where this machine's speed is kept: by its processor, torch's version and threads."""
    folder = cache_folder()
    key = f"{platform.machine()}-{os.cpu_count()}-{torch.get_num_threads()}-{torch.__version__}"
    return folder / "speed" / f"{key}.json" if folder else None


def _read(file: Path) -> MachineSpeed | None:
    """What is stored; None where it is missing, damaged or of another version."""
    try:
        values = read_object(file)
        rates = {each.name: values[each.name] for each in fields(MachineSpeed)}
    except (OSError, UntrustedError, KeyError):
        return None
    sound = all(isinstance(v, int | float) and 0 < v < math.inf for v in rates.values())
    return MachineSpeed(**rates) if sound else None


def coarsen(value: float) -> float:
    """The nearest of a few values in each decade, so that small differences vanish."""
    return float(f"{10 ** (round(math.log10(value) * STEPS_A_DECADE) / STEPS_A_DECADE):.3g}")
