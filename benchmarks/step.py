"""A training step of CycleGAN: variants of ganzoo, and the reference implementation.

    python -m benchmarks step --against ../pytorch-CycleGAN-and-pix2pix --preset 64 256
    python -m benchmarks step --variants fp32,bf16 --path ../ganzoo-before

Networks, weights, batches and losses are equal: LSGAN, cycle 10, identity 0.5, a history of 50,
Adam. The first step's losses are compared, and nothing is timed if they differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from benchmarks.comparison import compare
from benchmarks.options import add_against, add_variants, choose_variants
from benchmarks.reference import refuse_other_blocks
from benchmarks.refused import Refused
from benchmarks.result import Result
from benchmarks.turns import Process
from benchmarks.variants import Variant

ROUNDS = 5
WORDS = {
    "fp32": (),
    "bf16": ("train.precision=bf16",),
    "auto": ("train.precision=auto",),
    "compile": ("train.compile=true",),
    "nhwc": ("train.channels_last=true",),
    "ieee": ("train.tf32=false",),
    "tf32": ("train.tf32=true",),
}


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
    add_variants(parser, "fp32", WORDS)


def run(options: argparse.Namespace) -> Iterator[Result]:
    """Step all variants in turn, at each preset."""
    for name in options.preset:
        sizes = choose_sizes(PRESETS[name], options)
        variants = choose_step_variants(sizes, options)
        settings, title = {"device": options.device}, f"A training step, {sizes}"
        yield compare(options, variants, title, settings, sizes.batch, compare_losses)


def choose_sizes(preset: Sizes, options: argparse.Namespace) -> Sizes:
    """The preset, with the sizes that the options name."""
    given = {name: getattr(options, name) for name in ("size", "blocks", "width", "batch")}
    return Sizes(**(asdict(preset) | {name: n for name, n in given.items() if n is not None}))


def choose_step_variants(sizes: Sizes, options: argparse.Namespace) -> list[Variant]:
    """Variants of a step of these sizes."""
    if options.against is not None:
        refuse_other_blocks(sizes.blocks)
    settings = asdict(sizes) | {"device": options.device}
    return choose_variants(options, "benchmarks.works.step", settings)


def compare_losses(processes: Mapping[str, Process]) -> None:
    """Raises Refused where a variant computes other losses than the first."""
    first, *others = processes.values()
    for process in others:
        tolerance = process.facts["tolerance"]
        refuse_different(
            process.variant.name, process.facts["losses"], first.facts["losses"], tolerance
        )


def refuse_different(
    name: str, losses: Mapping[str, float], expected: Mapping[str, float], tolerance: float
) -> None:
    """Compare nothing that does not compute the same.

    losses, expected: by player and term, with their weights.

    Raises:
        Refused: losses of the first step differ by more than the tolerance, a share of the value.
    """
    if losses.keys() != expected.keys():
        raise Refused(f"variant '{name}' has other losses: {', '.join(losses)}")
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
