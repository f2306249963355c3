"""Scores of `ganzoo evaluate --folders` against those of torch-fidelity, clean-fid and lpips.

    python -m benchmarks parity --images 50        # all sizes, colours and formats; a quarter hour
    python -m benchmarks parity                    # what is missing of all cases; hours on a core
    python -m benchmarks parity --show             # only print what was measured before

Both sides read the same folders of drawn images and the same file of random weights of Inception
v3, made for this. Each case is a line of benchmarks/parity.jsonl; the table of all of them is
printed, and written into docs/evaluation.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, read_commit
from benchmarks.output import write_between_marks
from benchmarks.result import Result

ROUNDS = 0
RECORD = ROOT / "benchmarks" / "parity.jsonl"
PAGE = ROOT / "docs" / "evaluation.md"
FIGURES = ("FID", "KID", "precision", "recall", "IS", "FID clean", "KID clean", "LPIPS")
TOOLS = {
    "torch-fidelity": ("FID", "KID", "precision", "recall", "IS"),
    "clean-fid": ("FID clean", "KID clean"),
    "lpips": ("LPIPS",),
}
# Of more images than that, only torch-fidelity's scores are computed.
MOST_FOR_ALL = 500


@dataclass(frozen=True)
class Case:
    """Two folders of drawn images: how many in each, how large, Pillow's mode and the suffix.

    network: whose features are compared: Inception v3, or a small one, for many images on a CPU.
    """

    images: int
    size: int
    mode: str
    suffix: str
    network: str = "inception"

    @property
    def subset_size(self) -> int:
        """Of KID: less than all, so that the same subsets have to be drawn."""
        return min(1000, self.images // 2)


CASES = [
    *(
        Case(50, size, mode, suffix)
        for size in (32, 64, 128, 256)
        for mode, suffix in (
            (("RGB", "png"), ("L", "jpg")) if size in (32, 128) else (("RGB", "jpg"), ("L", "png"))
        )
    ),
    Case(500, 64, "RGB", "jpg"),
    Case(500, 256, "L", "png"),
    Case(500, 256, "L", "png", "small"),
    Case(5000, 32, "RGB", "png", "small"),
    Case(5000, 48, "L", "jpg", "small"),
    Case(5000, 32, "RGB", "png"),
]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--images", type=int, help="only cases of so many images")
    parser.add_argument("--size", type=int, help="only cases of this size")
    parser.add_argument("--network", help="only cases of this one: inception or small")
    parser.add_argument("--show", action="store_true", help="measure nothing")


def run(options: argparse.Namespace) -> Iterator[Result]:
    """Measure each case that is not in the record, then print and write the table."""
    wanted = [
        case
        for case in CASES
        if options.images in (None, case.images)
        and options.size in (None, case.size)
        and options.network in (None, case.network)
    ]
    for case in wanted:
        if not options.show and case not in (known for known, _ in read_record()):
            options.report(f"{case.images} of {case.size} px: {case.mode} {case.suffix}")
            with tempfile.TemporaryDirectory() as folder:
                add_to_record(case, measure(case, Path(folder)))
    table = make_table(read_record())
    print(table)
    write_between_marks(PAGE, "parity", table)
    yield from ()


def measure(case: Case, work: Path) -> dict[str, list[float]]:
    """Both sides' scores by name: ganzoo's, and the other tool's."""
    from benchmarks import second_opinions as second
    from benchmarks.drawn_folders import draw_folder
    from benchmarks.random_inception import write_random_alexnet, write_random_inception

    os.environ["GANZOO_CACHE"] = str(work / "cache")
    real, fake, weights, alexnet = (
        work / name for name in ("real", "fake", "inception.pth", "alexnet.pth")
    )
    for folder, cells in ((real, 5), (fake, 7)):
        draw_folder(folder, case.images, [(case.size,) * 2], case.mode, case.suffix, cells)
    if case.network == "small":
        return measure_small(case, real, fake, weights)
    write_random_inception(weights)
    write_random_alexnet(alexnet)
    theirs = second.score_by_torch_fidelity(real, fake, weights, case.subset_size)
    if case.images <= MOST_FOR_ALL:
        theirs |= second.score_by_clean_fid(real, fake, weights)
        theirs |= second.score_by_lpips(real, fake, alexnet)
    ours = score_by_ganzoo(case, real, fake, weights, alexnet)
    return {name: [ours[name], value] for name, value in theirs.items()}


def measure_small(case: Case, real: Path, fake: Path, weights: Path) -> dict[str, list[float]]:
    """Both sides' scores of the features of a small network."""
    from benchmarks import second_opinions as second
    from benchmarks.random_inception import write_random_small

    write_random_small(weights, second.SMALL)
    theirs = second.score_by_torch_fidelity(
        real, fake, weights, case.subset_size,
        feature_extractor=second.register_small_network(), isc=False,
    )  # fmt: skip
    names = ["fid", "kid", "precision_recall"]
    settings = [
        f"metrics.{name}.{setting}"
        for name in names
        for setting in (f"size={second.SMALL_SIZE}", "resize_mode=tensorflow")
    ]
    settings += [f"metrics.kid.subset_size={case.subset_size}"]
    found = evaluate(real, fake, weights, names, settings, second.SMALL)
    ends = "FID", "KID", "precision", "recall"
    ours = {
        end: value
        for rows in found.values()
        for name, value in rows.items()
        for end in ends
        if name == f"{end.lower()}_{second.SMALL}_tensorflow"
    }
    return {name: [ours[name], value] for name, value in theirs.items()}


def score_by_ganzoo(
    case: Case, real: Path, fake: Path, weights: Path, alexnet: Path
) -> dict[str, float]:
    """The scores of `ganzoo evaluate --folders REAL FAKE`."""
    names = ["fid", "kid", "precision_recall", "inception_score"]
    found = evaluate(real, fake, weights, names, [f"metrics.kid.subset_size={case.subset_size}"])
    scores = {
        "FID": found["fid"]["fid_inception"],
        "KID": found["kid"]["kid_inception"],
        "precision": found["precision_recall"]["precision_inception"],
        "recall": found["precision_recall"]["recall_inception"],
        "IS": found["inception_score"]["inception_score"],
    }
    if case.images > MOST_FOR_ALL:
        return scores
    settings = [f"metrics.{name}.resize_mode=clean" for name in ("fid", "kid")]
    settings += [f"metrics.kid.subset_size={case.images}", f'metrics.lpips.weights="{alexnet}"']
    clean = evaluate(real, fake, weights, ["fid", "kid", "lpips"], settings)
    scores["FID clean"] = clean["fid"]["fid_inception_clean"]
    scores["KID clean"] = clean["kid"]["kid_inception_clean"]
    return {**scores, "LPIPS": clean["lpips"]["lpips_alex"]}


def evaluate(
    real: Path,
    fake: Path,
    weights: Path,
    names: list[str],
    settings: list[str],
    backbone: str = "inception",
) -> dict[str, dict[str, float]]:
    """The model's row of each metric; `settings` as of `--set`."""
    from ganzoo.evaluation.measuring import say_nothing
    from ganzoo.evaluation.saved_images import evaluate_folders

    overrides = [f'metrics.{name}.weights="{weights}"' for name in names if name != "lpips"]
    overrides += [
        f"metrics.{name}.backbone={backbone}"
        for name in names
        if name not in ("lpips", "inception_score")
    ]
    overrides += ["metrics.kid.protocol=published", *settings]
    found = evaluate_folders(real, fake, metrics=names, overrides=overrides, tell=say_nothing)
    return {name: rows["model"] for name, rows in found.scores.items()}


def add_to_record(case: Case, scores: dict[str, list[float]]) -> None:
    """Append a line to the record."""
    tools = {name: version(name) for name in ("torch", *TOOLS)}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    line = {**asdict(case), "scores": scores, "date": today, "commit": read_commit(), **tools}
    with RECORD.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read_record() -> list[tuple[Case, dict[str, Any]]]:
    """All cases that were measured, and their lines."""
    if not RECORD.exists():
        return []
    lines = [json.loads(line) for line in RECORD.read_text(encoding="utf-8").splitlines()]
    return [
        (Case(**{field.name: line[field.name] for field in fields(Case)}), line) for line in lines
    ]


def make_table(record: list[tuple[Case, dict[str, Any]]]) -> str:
    """The table in Markdown: ganzoo's score, and the other's difference from it."""
    heads = ["images", "px", "", "", "network", *FIGURES]
    rows = [heads, ["---"] * len(heads)]
    largest = dict.fromkeys(FIGURES, 0.0)
    for case, line in sorted(record, key=lambda each: list(CASES).index(each[0])):
        cells = []
        for name in FIGURES:
            pair = line["scores"].get(name)
            if pair:
                largest[name] = max(largest[name], abs(pair[0] - pair[1]))
            cells.append(f"{pair[0]:.4f} ({abs(pair[0] - pair[1]):.0e})" if pair else "–")
        colour = "gray" if case.mode == "L" else "colour"
        rows.append([f"{case.images:,}", str(case.size), colour, case.suffix.upper()])
        rows[-1] += [case.network, *cells]
    most = [f"**{largest[name]:.0e}**" for name in FIGURES]
    rows.append(["**largest**", "", "", "", "", *most])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
