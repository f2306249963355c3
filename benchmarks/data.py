"""Loading training images: JPEG files of 600 x 400 px, resized, cropped, mirrored, normalised.

    python -m benchmarks data --against ../pytorch-CycleGAN-and-pix2pix

One process with one thread, so images a second are those of one core. Both sides resize photos to
286 x 286, cut out 256 x 256, mirror half of them and give batches of one; no network runs.
`cold` decodes all images in each turn; `warm` finds them in the cache of resized images.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.comparison import compare
from benchmarks.options import add_against, add_variants, choose_variants
from benchmarks.photos import write_photos
from benchmarks.result import Result

ROUNDS = 3
WORDS: dict[str, tuple[str, ...]] = {"cold": ("data.cache=0",), "warm": ("data.cache=1",)}
DOMAINS = ("trainA", "trainB")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--images", type=int, default=16, help="photos in each of two domains")
    parser.add_argument("--resize", type=int, default=286, help="px before the crop")
    parser.add_argument("--crop", type=int, default=256, help="px of a sample")
    parser.add_argument("--device", choices=("cpu", "auto"), default="cpu")
    add_against(parser)
    add_variants(parser, "cold,warm", WORDS)


def run(options: argparse.Namespace) -> list[Result]:
    """Load all images once in each turn."""
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / "photos"
        for number, domain in enumerate(DOMAINS):
            write_photos(root / domain, options.images, number * options.images)
        settings = {name: getattr(options, name) for name in ("images", "resize", "crop", "device")}
        one_thread = {"OMP_NUM_THREADS": "1", "GANZOO_CACHE": f"{work}/cache"}
        variants = choose_variants(
            options, "benchmarks.works.data", {**settings, "root": str(root)}, one_thread
        )
        title, items = "Loading images of 600 x 400 px on one core", len(DOMAINS) * options.images
        return [compare(options, variants, title, settings, items)]
