"""A training step of CycleGAN: variants of ganzoo, and the reference implementation.

    python -m benchmarks step --against ../pytorch-CycleGAN-and-pix2pix --preset 64 256
    python -m benchmarks step --variants fp32,bf16 --path ../ganzoo-before

Networks, weights, batches and losses are equal: LSGAN, cycle 10, identity 0.5, a history of 50,
Adam. The first step's losses are compared, and nothing is timed if they differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.options import add_against, add_variants, gather_variants
from benchmarks.reference import refuse_other_blocks
from benchmarks.refused import Refused
from benchmarks.result import Result, make_rows
from benchmarks.turns import Process, interleave, started
from benchmarks.variants import Variant

REFERENCE = "reference"
GANZOO_STEP, REFERENCE_STEP = (
    "benchmarks.step_work:GanzooStep",
    "benchmarks.step_work:ReferenceStep",
)


@dataclass(frozen=True)
class Sizes:
    """How large a step is: the image's side, residual blocks, width of all networks, batch."""

    size: int
    blocks: int
    width: int
    batch: int = 1

    def __str__(self) -> str:
        return f"{self.size} px, {self.blocks} blocks, width {self.width}, batch {self.batch}"


PRESETS = {"64": Sizes(64, 6, 32), "128": Sizes(128, 6, 64), "256": Sizes(256, 9, 64)}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--preset", nargs="+", choices=PRESETS, default=["64"])
    for name in ("size", "blocks", "width", "batch"):
        parser.add_argument(f"--{name}", type=int, help="in place of the preset's")
    parser.add_argument("--device", choices=("cpu", "auto"), default="cpu")
    add_against(parser)
    add_variants(parser, "fp32")


def run(options: argparse.Namespace) -> list[Result]:
    """Measure each preset."""
    return [measure(choose_sizes(PRESETS[name], options), options) for name in options.preset]


def choose_sizes(preset: Sizes, options: argparse.Namespace) -> Sizes:
    """The preset, with the sizes that the options name."""
    given = {name: getattr(options, name) for name in ("size", "blocks", "width", "batch")}
    return Sizes(**(asdict(preset) | {name: value for name, value in given.items() if value}))


def measure(sizes: Sizes, options: argparse.Namespace) -> Result:
    """Step all variants in turn."""
    variants = choose_variants(sizes, options)
    options.report(f"{sizes}: preparing {', '.join(each.name for each in variants)}")
    with started(variants) as processes:
        compare_losses(list(processes.values()))
        interleave(processes, 1, options.warmup, lambda text: None)
        turns = interleave(processes, options.repeats, options.rounds, options.report)
        facts = {name: process.facts for name, process in processes.items()}
    rows = make_rows(turns, variants[0].name, sizes.batch, facts)
    settings = asdict(sizes) | {"device": options.device, "set": options.overrides}
    return Result(f"A training step, {sizes}", "step", settings, rows)


def choose_variants(sizes: Sizes, options: argparse.Namespace) -> list[Variant]:
    """The reference, if there is one, then ganzoo's; the first is the baseline."""
    settings: dict[str, Any] = asdict(sizes) | {"device": options.device}
    variants = [
        Variant(each.name, GANZOO_STEP, settings | {"overrides": each.overrides}, each.checkout)
        for each in gather_variants(options)
    ]
    if options.against is None:
        return variants
    refuse_other_blocks(sizes.blocks)
    settings |= {"checkout": str(options.against)}
    return [Variant(REFERENCE, REFERENCE_STEP, settings), *variants]


def compare_losses(processes: Sequence[Process]) -> None:
    """Raises Refused where a variant computes other losses than the first."""
    expected = processes[0].facts["losses"]
    for process in processes[1:]:
        losses, tolerance = process.facts["losses"], process.facts["tolerance"]
        name = process.variant.name
        if losses.keys() != expected.keys():
            raise Refused(f"variant '{name}' has other losses: {sorted(losses)}")
        refuse_different(name, losses, expected, tolerance)


def refuse_different(
    name: str, losses: dict[str, float], expected: dict[str, float], tolerance: float
) -> None:
    """Compare nothing that does not compute the same.

    Raises:
        Refused: losses of the first step differ by more than the tolerance, a share of the value.
    """
    wrong = [
        f"{key} {losses[key]:.6g}, not {value:.6g}"
        for key, value in expected.items()
        if not abs(losses[key] - value) <= tolerance * max(abs(value), 1e-3)
    ]
    if wrong:
        raise Refused(
            f"variant '{name}' computes other losses in its first step, so its time says nothing: "
            + "; ".join(wrong)
        )
