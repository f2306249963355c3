"""Translating a folder of photos, files to files: JPEG of 600 x 400 px, seen by networks at 256 px.

    python -m benchmarks translate --against ../pytorch-CycleGAN-and-pix2pix --variants exact,bf16

The reference is driven as its test.py does: its loader, its network, its saving. That saves the
input beside the result; the second baseline saves the result alone. Starting and loading a model do
not count. `Difference` is the largest one from ganzoo's first variant, in grey levels of 255.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.comparison import compare
from benchmarks.options import REFERENCE, add_against, add_variants, choose_variants
from benchmarks.photos import write_photos
from benchmarks.reference import refuse_other_blocks
from benchmarks.result import Result
from benchmarks.turns import Process
from benchmarks.variants import Variant

ROUNDS = 1
WORDS: dict[str, tuple[str, ...]] = {
    "plain": ("plain=true",),
    "exact": (),
    "bf16": ("precision=bf16",),
    "compile": ("compile=true",),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--images", type=int, default=8, help="photos in the folder")
    parser.add_argument("--size", type=int, default=256, help="px of what the networks see")
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--device", default="cpu", help="such as cpu or cuda")
    add_against(parser)
    add_variants(parser, "exact", WORDS)


def run(options: argparse.Namespace) -> list[Result]:
    """Translate the whole folder in each turn."""
    if options.against is not None:
        refuse_other_blocks(options.blocks)
    names = ("images", "size", "blocks", "width", "device")
    settings = {name: getattr(options, name) for name in names}
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / "photos"
        write_photos(source, options.images)
        variants = [
            _into(each, Path(work) / str(number))
            for number, each in enumerate(
                _with_results_alone(
                    choose_variants(
                        options,
                        "benchmarks.works.translate",
                        {**settings, "source": str(source), "batch": 1},
                    )
                )
            )
        ]
        title = "Translating a folder of 600 x 400 px, files to files"
        return [compare(options, variants, title, settings, options.images, note_differences)]


def note_differences(processes: Mapping[str, Process]) -> None:
    """Note how far the pictures of ganzoo's variants are from those of the first."""
    import numpy as np
    from PIL import Image

    def read(process: Process) -> list[Any]:
        files = sorted(Path(process.facts["folder"]).glob("*.png"))
        return [np.asarray(Image.open(file)).astype(int) for file in files]

    ours = [process for process in processes.values() if "folder" in process.facts]
    first = read(ours[0])
    for process in ours:
        pairs = zip(read(process), first, strict=True)
        furthest = max(abs(picture - other).max() for picture, other in pairs)
        process.facts["columns"] = {"Difference": f"{furthest} levels"}


def _with_results_alone(variants: list[Variant]) -> list[Variant]:
    """After the reference, one that saves results without their inputs."""
    if variants[0].name != REFERENCE:
        return variants
    settings = variants[0].settings | {"results_alone": True}
    less = dataclasses.replace(variants[0], name=f"{REFERENCE}, results alone", settings=settings)
    return [variants[0], less, *variants[1:]]


def _into(variant: Variant, folder: Path) -> Variant:
    return dataclasses.replace(variant, settings=variant.settings | {"target": str(folder)})
