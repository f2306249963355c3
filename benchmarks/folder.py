"""Translating a folder of photos against a loop that treats one image after the other.

    python -m benchmarks folder --images 200 --scales trained,native

JPEG of 600 x 400 px, the street model of recipes/cyclegan.toml. `loop` reads, translates and writes
one after the other, with the same sped-up model; `translate` is the command once its model is
loaded; `processes` are two of its own, which start and load the model in every turn. The network
has all cores in a loop, the rest of the work one: what is the most that overlapping can win, if the
network is as fast on fewer cores for as long, is noted.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.comparison import compare
from benchmarks.options import add_variants, choose_variants
from benchmarks.photos import write_photos
from benchmarks.result import Result
from benchmarks.turns import Process

ROUNDS = 1
WORDS: dict[str, tuple[str, ...]] = {
    "loop": ("loop=true",),
    "translate": (),
    "processes": ("processes=2",),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--images", type=int, default=200, help="photos in the folder")
    parser.add_argument("--scales", default="trained,native", help="of `ganzoo translate --scale`")
    parser.set_defaults(against=None)
    add_variants(parser, "loop,translate,processes", WORDS)


def run(options: argparse.Namespace) -> Iterator[Result]:
    """Translate the whole folder in each turn."""
    with tempfile.TemporaryDirectory() as work:
        source, model = Path(work) / "photos", Path(work) / "run"
        write_photos(source, options.images)
        make_model(model)
        for scale in options.scales.split(","):
            yield _compare(options, scale, Path(work) / scale, source, model)


def make_model(folder: Path) -> None:
    """The street model after one step, which takes as long as a trained one."""
    import ganzoo

    one = {"train.length": "1 step", "samples.show": [], "metrics": {}, "alarms.action": "off"}
    ganzoo.train("cyclegan", folder, overrides=one, quiet=True)


def bound(share: float) -> float:
    """How many times as fast a loop is, if all but the network's share is divided among all cores.

    The network has them all in the loop, and no more in any other way.
    """
    return 1 / (share + (1 - share) / (os.cpu_count() or 1))


def _compare(
    options: argparse.Namespace, scale: str, targets: Path, source: Path, model: Path
) -> Result:
    shares: dict[str, float] = {}

    def check(processes: Mapping[str, Process]) -> None:
        shares.update(
            (name, each.facts["network"])
            for name, each in processes.items()
            if "network" in each.facts
        )

    given = {"source": str(source), "model": str(model), "scale": scale}
    targets.mkdir()
    variants = [
        dataclasses.replace(each, settings=each.settings | {"target": str(targets / str(number))})
        for number, each in enumerate(choose_variants(options, "benchmarks.works.folder", given))
    ]
    title = f"A folder of 600 x 400 px at --scale {scale}, files to files"
    shown: dict[str, Any] = {"images": options.images, "scale": scale}
    result = compare(options, variants, title, shown, options.images, check)
    result.notes += [
        f"the network takes {share:.0%} of the loop: overlapping can win {bound(share):.2f} x"
        for share in shares.values()
    ]
    return result
