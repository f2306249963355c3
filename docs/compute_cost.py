"""Computes the tables of docs/cost.md from the inputs below: `python docs/compute_cost.py`.

Nothing is measured here. tests/test_cost.py compares the page and the inputs with the networks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent / "cost.md"
EPOCHS, LARGER_DOMAIN = 200, 1334  # the paper's schedule; horse2zebra's zebras
SIDE, WIDTH, BLOCKS = 256, 64, 9
GENERATOR, DISCRIMINATOR = 11_378_179, 2_764_737  # parameters
STEPS = EPOCHS * LARGER_DOMAIN
EFFICIENCIES = (0.4, 0.2, 0.1)
# Measured on two Zen 5 cores at batch 1 with identity terms (docs/performance.md): the reference's
# seconds, and what they are divided by.
REFERENCE_SECONDS = 5.63
SPEEDUPS = {
    "the authors' code": 1,
    "`ganzoo`, float32": 1.09,
    "`ganzoo`, bf16": 2.02,
    "`winograd.resnet`, float32": 2.00,
}
COLD_IMAGES = 687  # a second on one core, JPEG of 600 x 400 px (benchmarks/history.jsonl)
# Measured peaks in GB at batch 1; torch itself takes 0.5.
PEAKS = {"float32": 3.52, "bf16": 2.40, "bf16, compiled": 2.11}
TORCH = 0.5


@dataclass(frozen=True)
class Gpu:
    """A data sheet: dense TFLOP/s by number format, watts."""

    name: str
    peaks: dict[str, float]
    watts: int


GPUS = (
    Gpu("RTX 4090", {"TF32": 82.6, "bf16": 165.2}, 450),
    Gpu("A100 SXM", {"TF32": 156, "bf16": 312}, 400),
    Gpu("H100 SXM", {"TF32": 494.7, "bf16": 989.4}, 700),
)
A100_LINK = 300  # GB/s in each direction by NVLink
# Ways between nodes, in GB/s in each direction of a node.
NETWORKS = {"10 Gb/s": 1.25, "100 Gb/s": 12.5, "8 x 200 Gb/s": 200.0}


def convolution(side: int, channels: int, more: int, kernel: int) -> int:
    """Multiplications and additions of a convolution whose smaller side is `side`."""
    return 2 * side**2 * channels * more * kernel**2


def count_generator() -> tuple[int, int]:
    """Operations of one image, and those of the first layer."""
    full, half, quarter = SIDE, SIDE // 2, SIDE // 4
    first = convolution(full, 3, WIDTH, 7)
    scaling = convolution(half, WIDTH, 2 * WIDTH, 3) + convolution(quarter, 2 * WIDTH, 4 * WIDTH, 3)
    blocks = 2 * BLOCKS * convolution(quarter, 4 * WIDTH, 4 * WIDTH, 3)
    return first + 2 * scaling + blocks + convolution(full, WIDTH, 3, 7), first


def count_discriminator() -> tuple[int, int]:
    """Operations of one image, and those of the first layer."""
    eighth, first = SIDE // 8, convolution(SIDE // 2, 3, WIDTH, 4)
    middle = convolution(SIDE // 4, WIDTH, 2 * WIDTH, 4)
    middle += convolution(eighth, 2 * WIDTH, 4 * WIDTH, 4)
    last = convolution(eighth - 1, 4 * WIDTH, 8 * WIDTH, 4) + convolution(
        eighth - 2, 8 * WIDTH, 1, 4
    )
    return first + middle + last, first


def count_step(identity: bool) -> int:
    """Operations of a step at batch 1: forward, gradients of weights, gradients of inputs.

    A generator translates an image, the other's fake, and with identity terms one more; gradients
    of data are not needed. A discriminator judges one fake for the generators, which takes no
    gradient of its weights, and two images for itself, which takes none of the images.
    """
    (generator, start), (discriminator, first) = count_generator(), count_discriminator()
    passes, data = (3, 2) if identity else (2, 1)
    return 2 * (3 * passes * generator - data * start + 8 * discriminator - 2 * first)


def parameters() -> int:
    """Of all four networks."""
    return 2 * (GENERATOR + DISCRIMINATOR)


def seconds_on(peak: float, efficiency: float) -> float:
    """Of a step with identity terms, on a GPU of `peak` TFLOP/s."""
    return count_step(identity=True) / (peak * 1e12 * efficiency)


def exchange_seconds(members: int, speed: float) -> float:
    """A ring's all-reduce of all float32 gradients at `speed` GB/s."""
    return 2 * (members - 1) / members * 4 * parameters() / (speed * 1e9)


def work() -> Iterator[Sequence[str]]:
    """What there is to compute."""
    yield "", "Paper's objective", "With identity terms"
    flops = [count_step(identity) for identity in (False, True)]
    yield "GFLOP a step", *(f"{each / 1e9:,.0f}" for each in flops)
    yield "FLOP of all steps, in 10^18", *(f"{each * STEPS / 1e18:.3f}" for each in flops)


def cores() -> Iterator[Sequence[str]]:
    """The measured step, for as long."""
    yield "Step, with identity terms", "s", "Days"
    for name, ratio in SPEEDUPS.items():
        seconds = REFERENCE_SECONDS / ratio
        yield name, f"{seconds:.2f}", f"{seconds * STEPS / 86400:.1f}"


def one() -> Iterator[Sequence[str]]:
    """One GPU."""
    shares = [f"{efficiency:.0%}".replace("%", " %") for efficiency in EFFICIENCIES]
    yield "GPU", "Peak, TFLOP/s", f"ms a step at {', '.join(shares)}", "Hours", "kWh at most"
    for gpu in GPUS:
        for form, peak in gpu.peaks.items():
            seconds = [seconds_on(peak, efficiency) for efficiency in EFFICIENCIES]
            hours = [each * STEPS / 3600 for each in seconds]
            yield (
                f"{gpu.name}, {form}",
                f"{peak:g}",
                ", ".join(f"{each * 1e3:.0f}" for each in seconds),
                ", ".join(f"{each:.1f}" for each in hours),
                ", ".join(f"{each * gpu.watts / 1e3:.1f}" for each in hours),
            )


def memory() -> Iterator[Sequence[str]]:
    """Larger batches: what is not torch's nor the weights' grows with them."""
    state = 16 * parameters() / 1e9
    batches = (1, 4, 16)
    yield "GB with a batch of", *map(str, batches)
    for name, peak in PEAKS.items():
        sample = peak - TORCH - state
        yield name, *(f"{TORCH + state + sample * batch:.1f}" for batch in batches)


def several() -> Iterator[Sequence[str]]:
    """A100s in TF32 at 20 %, one sample each, nothing of the exchange hidden."""
    yield "GPUs", "Steps", "Exchange, ms", "Hours", "GPU hours", "Images/s", "Cores for cold JPEG"
    computing = seconds_on(156, 0.2)
    yield spread("1", 1, computing, 0)
    inside = exchange_seconds(8, A100_LINK)
    yield spread("8 in one node", 8, computing, inside)
    for name, speed in NETWORKS.items():
        between = exchange_seconds(4, speed)
        yield spread(f"4 nodes of 8, {name}", 32, computing, inside + between)


def spread(name: str, gpus: int, computing: float, exchange: float) -> Sequence[str]:
    """A row: the same number of samples on so many GPUs."""
    steps, seconds = -(-STEPS // gpus), computing + exchange
    hours, images = steps * seconds / 3600, 2 * gpus / seconds
    return (
        name, f"{steps:,}", f"{exchange * 1e3:.1f}", f"{hours:.2f}", f"{hours * gpus:.1f}",
        f"{images:,.0f}", f"{images / COLD_IMAGES:.1f}",
    )  # fmt: skip


TABLES = {each.__name__: each for each in (work, cores, one, memory, several)}


def fill(page: str) -> str:
    """The page with its tables computed anew."""
    for name, rows in TABLES.items():
        head, *body = (f"| {' | '.join(row)} |" for row in rows())
        table = "\n".join([head, "|---" * (head.count("|") - 1) + "|", *body])
        mark = f"<!-- {name} -->\n"
        page = re.sub(f"{mark}(\\|.*\n)*", lambda _, t=mark + table: f"{t}\n", page)
    return page


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
