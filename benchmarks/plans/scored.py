"""What was trained and scored so far: lines of benchmarks/planning.jsonl."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

COPY, PLANNED = "copy", "planned"
SCORES = {"kid": "KID", "psnr": "PSNR", "ssim": "SSIM", "structure": "structure"}
LOWER = ("kid", "structure")


@dataclass(frozen=True)
class Scored:
    """A recipe's scores on a data set; `copy` is the inputs themselves.

    steps: how many steps the budget was worth. budget: in seconds of one thread. says: what a
        plan said of copying the input, before the training.
    """

    set: str
    recipe: str
    seed: int
    steps: int
    budget: float
    kid: float
    psnr: float
    ssim: float
    structure: float
    says: str = ""


def read_scored(file: Path) -> list[Scored]:
    """All lines; none where there is no file yet."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Scored(**json.loads(line)) for line in lines]


def add_scored(file: Path, scored: Scored) -> None:
    """Append a line."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({k: v for k, v in asdict(scored).items() if v != ""}) + "\n")


@dataclass(frozen=True)
class Means:
    """The scores of one recipe over its seeds."""

    recipe: str
    seeds: int
    values: dict[str, list[float]]

    def mean(self, score: str) -> float:
        """Over the seeds."""
        return statistics.mean(self.values[score])


def gather(scored: Iterable[Scored], name: str) -> dict[str, Means]:
    """The means of a set's recipes."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for each in scored:
        if each.set == name:
            lines.setdefault(each.recipe, []).append(asdict(each))
    return {
        recipe: Means(recipe, len(found), {s: [each[s] for each in found] for s in SCORES})
        for recipe, found in lines.items()
    }


def find_best(means: dict[str, Means], recipes: Iterable[str], score: str) -> Means | None:
    """The recipe that has the best mean; None where none was run."""
    sign = -1 if score in LOWER else 1
    known = [means[recipe] for recipe in recipes if recipe in means]
    return max(known, key=lambda each: sign * each.mean(score), default=None)
