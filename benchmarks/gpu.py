"""All that matters on one GPU, against the reference, in a given time: `benchmarks/gpu.sh` runs it.

    python -m benchmarks gpu --against ../pytorch-CycleGAN-and-pix2pix --minutes 8 --json gpu.json

Steps (float32 whole and as TF32, bf16, channels_last, CUDA graphs), loading with pinned memory, and
translation, the most important first. What would begin after the time is up is left out, and said.
A piece that fails is said, too, and the next one begins. The reference runs as it does by itself,
which is TF32 in convolutions. `--device cpu --tiny` tries all of it without a GPU.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator

from benchmarks import data, step, translate
from benchmarks.options import add_shared
from benchmarks.refused import Refused
from benchmarks.result import Result

ROUNDS = 10
CUDA, CPU = {"step": "auto", "data": "auto", "translate": "cuda"}, "cpu"
# What is measured: the command, what it is given, and the rounds of a repeat.
PLAN = (
    ("step", "--preset 256 --variants tf32,bf16,compile,bf16+compile", 10),
    ("step", "--preset 64 --variants tf32,bf16,bf16+compile", 20),
    ("translate", "--images 64 --variants exact,bf16", 1),
    ("data", "--images 32 --variants cold", 1),
    ("step", "--preset 256 --batch 8 --variants tf32,bf16,bf16+nhwc", 3),
    ("step", "--preset 256 --variants ieee", 10),
    ("step", "--preset 128 --variants tf32,bf16", 10),
)
TINY = {
    "step": "--size 32 --width 2 --blocks 6 --batch 1",
    "data": "--images 2 --resize 36 --crop 32",
    "translate": "--images 1 --size 32 --width 2 --blocks 6",
}
MODULES = {"step": step, "data": data, "translate": translate}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--against", metavar="PATH", help="your checkout of the reference")
    parser.add_argument("--minutes", type=float, default=8, help="begin nothing after them")
    parser.add_argument("--device", choices=("cuda", CPU), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="at a tiny size, to try it")


def run(options: argparse.Namespace) -> Iterator[Result]:
    """Measure piece after piece."""
    ends = time.monotonic() + 60 * options.minutes
    for command, words, rounds in PLAN:
        if time.monotonic() > ends:
            options.report(f"left out for want of time: {command} {words}")
            continue
        try:
            yield from measure(options, command, words, rounds)
        except Refused as refused:
            options.report(f"{command} {words} failed: {refused}")


def measure(options: argparse.Namespace, command: str, words: str, rounds: int) -> Iterable[Result]:
    """One piece of the plan."""
    parser = argparse.ArgumentParser()
    add_shared(parser, 1 if options.tiny else rounds)
    MODULES[command].add_options(parser)
    device = CUDA[command] if options.device == "cuda" else CPU
    tiny = TINY[command].split() if options.tiny else []
    given = parser.parse_args([*words.split(), "--device", device, *tiny])
    given.against, given.report, given.command = options.against, options.report, command
    given.repeats, given.warmup = options.repeats, options.warmup
    results: Iterable[Result] = MODULES[command].run(given)
    return results
