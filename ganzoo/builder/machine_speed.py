"""How fast this machine computes: measured once in about three seconds, and kept."""

from __future__ import annotations

import contextlib
import math
import os
import platform
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import nn

from ganzoo.builder.step_trace import StepTracer
from ganzoo.components.cache_folder import cache_folder
from ganzoo.files.untrusted import UntrustedError, read_object
from ganzoo.files.writing import write_json
from ganzoo.inference.light_images import one_thread

SECONDS = 0.1  # of each turn
TURNS = 4
TINY, WIDE, NARROW = (4, 12, 8), (128, 2, 64), (16, 4, 64)  # width, depth and side of an image
FEWEST = 2  # times that each is done in a turn
LITTLE = (128, 2, 16)  # of the wide one, an image of a 16th of the pixels
EMULATED = 4  # times as long as single precision: half is emulated, and its time is scaled up
# What trainings showed of each rate beside that of its network.
OF_TINY, OF_WIDE, OF_HALF, OF_NARROW = 1.09, 1.23, 1.15, 1.5
STEPS_A_DECADE = 16  # of rounding: values lie 15 % apart, so that a plan stays what it was


@dataclass(frozen=True)
class MachineSpeed:
    """The rates of a machine.

    call: seconds that an operation takes at least, whatever its size.
    flops, half_flops: floating-point operations a second, in float32 and in half precision.
    bandwidth: bytes that convolutions and matrix products read and write in a second.
    """

    call: float
    flops: float
    half_flops: float
    bandwidth: float


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


def measure_speed(seconds: float = SECONDS, turns: int = TURNS) -> MachineSpeed:
    """Time three small networks in turn, on as many threads as torch uses and on one.

    The tiny one waits for torch, the wide one for arithmetic, the narrow one for memory. What each
    rate is to its network's time was fitted to trainings. The least time counts: where another
    program has a core, threads that wait for one another take a hundred times as long as one alone.
    Half precision that is emulated takes a hundred times as long, too, and is timed on little.
    """
    tiny, wide, narrow = (TimedNetwork(*sizes) for sizes in (TINY, WIDE, NARROW))
    timed = [(tiny, False), (wide, False), (narrow, False)]
    emulated = _time_emulation(wide)
    if not emulated:
        timed.append((wide, True))
    rounds = list[list[float]]()
    for alone in (False, True) * turns:
        with one_thread(alone):
            rounds.append([network.time(seconds, half) for network, half in timed])
    calls, singles, moved, *rest = (min(times) for times in zip(*rounds, strict=True))
    halves = emulated or min(rest)
    return MachineSpeed(
        coarsen(OF_TINY * calls / tiny.work.calls),
        coarsen(OF_WIDE * wide.work.flops / singles),
        coarsen(OF_HALF * wide.work.flops / halves),
        coarsen(OF_NARROW * narrow.work.moved / moved),
    )


def _time_emulation(wide: TimedNetwork) -> float:
    """What half precision takes on the wide network, if it is emulated, as far as a few pixels say.

    0.0 where the machine computes it at about the speed of single precision, or faster.
    """
    little = TimedNetwork(*LITTLE)
    with one_thread(True):
        half = little.time(0, half=True) * wide.work.flops / little.work.flops
        return half if half > EMULATED * wide.time(0) else 0.0


def stack_seconds(speed: MachineSpeed) -> dict[str, float]:
    """Forward and backward seconds, at this speed, of two networks that it was measured by."""
    tiny, wide = TimedNetwork(*TINY).work, TimedNetwork(*WIDE).work
    return {
        "tiny": tiny.calls * speed.call / OF_TINY,
        "wide": wide.flops / speed.flops * OF_WIDE,
    }


class TimedNetwork:
    """Convolutions of 3 x 3 px, each with a norm and a ReLU, and an image to differentiate them on.

    work: of a forward and a backward pass.
    """

    def __init__(self, width: int, depth: int, side: int) -> None:
        layers = [
            layer
            for _ in range(depth)
            for layer in (
                nn.Conv2d(width, width, 3, padding=1),
                nn.GroupNorm(width, width, affine=False),
                nn.ReLU(inplace=True),
            )
        ]
        self.network, self.image = nn.Sequential(*layers), torch.zeros(1, width, side, side)
        tracer = StepTracer()
        with tracer:
            self.differentiate()
        self.work = tracer.work

    def differentiate(self, half: bool = False) -> None:
        """A forward and a backward pass."""
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            self.network(self.image).float().sum().backward()
        self.network.zero_grad()

    def time(self, seconds: float, half: bool = False) -> float:
        """The fewest seconds of a forward and a backward pass, as other programs only ever add."""
        times, end = list[float](), time.perf_counter() + seconds
        while len(times) < FEWEST or time.perf_counter() < end:
            began = time.perf_counter()
            self.differentiate(half)
            times.append(time.perf_counter() - began)
        return min(times)


def _file() -> Path | None:
    """Where this machine's speed is kept: by its processor, torch's version and threads."""
    folder = cache_folder()
    key = f"{platform.machine()}-{os.cpu_count()}-{torch.get_num_threads()}-{torch.__version__}"
    return folder / "speed-of-steps" / f"{key}.json" if folder else None


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
