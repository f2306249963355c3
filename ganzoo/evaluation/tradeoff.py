"""Realism against faithfulness: which scores of an output are set against each other, in words.

What is read from files, which may be a stranger's, may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.files.untrusted import is_number

ASPECTS = ("realism", "faithfulness")
# Shares of at most this much show, with 0.5 in their interval, that outputs ignore their inputs.
HARDLY = 0.75
# Of fewer samples nothing is said.
FEWEST = 10
COPY = "copy the input"


@dataclass(frozen=True)
class WinShare:
    """The share of samples whose own output fits better than that of another sample.

    low, high: the 95 % interval. samples: how many were compared.
    """

    value: float
    low: float
    high: float
    samples: int

    @property
    def is_unrelated(self) -> bool:
        """Whether outputs fit other samples as well as their own, as far as can be told."""
        return self.low <= 0.5 and self.high < HARDLY and self.samples >= FEWEST

    def format(self) -> str:
        """`51 % [44, 58] of 200 samples`."""
        value, low, high = (f"{100 * each:.0f}" for each in (self.value, self.low, self.high))
        return f"{value} % [{low}, {high}] of {self.samples} samples"

    @classmethod
    def read(cls, stored: Any) -> WinShare | None:
        """The share that `asdict` stored; None if it is anything else."""
        table: dict[str, Any] = stored if isinstance(stored, dict) else {}
        values = [table.get(name) for name in ("value", "low", "high", "samples")]
        return cls(*values) if all(map(is_number, values)) else None  # type: ignore[arg-type]


@dataclass(frozen=True)
class Aspect:
    """A metric, and the score that stands for it."""

    metric: str
    score: str
    higher_is_better: bool

    @property
    def words(self) -> str:
        """`photos: class iou`, or `kid efficientnet lite0` where the score names the metric."""
        score = self.score.replace("_", " ")
        metric = self.metric.replace("_", " ")
        return score if score.startswith(metric) else f"{metric}: {score}"

    def is_better(self, one: Any, other: Any) -> bool:
        """Whether one value is better than the other."""
        return bool(one > other if self.higher_is_better else one < other)

    @classmethod
    def read(cls, stored: Any) -> Aspect | None:
        """The aspect that `asdict` stored; None if it is anything else."""
        table = stored if isinstance(stored, dict) else {}
        metric, score, better = (table.get(n) for n in ("metric", "score", "higher_is_better"))
        if not isinstance(metric, str) or not isinstance(score, str) or type(better) is not bool:
            return None
        return cls(metric, score, better)


@dataclass(frozen=True)
class Tradeoff:
    """Two scores of one output: how real it looks, and how much of its input it keeps."""

    output: str
    realism: Aspect
    faithfulness: Aspect

    @classmethod
    def read(cls, stored: Any) -> list[Tradeoff]:
        """Those that `asdict` stored in a list; anything else is left out."""
        tables = [t for t in stored if isinstance(t, dict)] if isinstance(stored, list) else []
        tradeoffs = []
        for table in tables:
            realism, faithfulness = (Aspect.read(table.get(name)) for name in ASPECTS)
            if realism and faithfulness:
                tradeoffs.append(cls(str(table.get("output")), realism, faithfulness))
        return tradeoffs


def say_shares(
    shares: Mapping[str, WinShare], tradeoffs: list[Tradeoff], scores: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Each metric by which a model's outputs do not follow their inputs, and a sentence about it.

    scores: by metric, row and name, as of an evaluation.
    """
    for metric, share in shares.items():
        if share.is_unrelated:
            yield (
                metric,
                f"its outputs do not follow their inputs: only in {share.format()} does an output "
                "fit its own sample better than the output of another sample does (by chance: "
                f"50 %){_say_realism(metric, tradeoffs, scores)}",
            )


def _say_realism(metric: str, tradeoffs: list[Tradeoff], scores: Mapping[str, Any]) -> str:
    """What such outputs look more real than, as the rest of a sentence; or ""."""
    for tradeoff in tradeoffs:
        aspect = tradeoff.realism
        rows: dict[str, dict[str, Any]] = scores.get(aspect.metric, {})
        values = [row.get(aspect.score) for row in [*[*rows.values()][:1], rows.get(COPY, {})]]
        known = len(values) == 2 and all(map(is_number, values))
        if tradeoff.faithfulness.metric == metric and known and aspect.is_better(*values):
            one, other = (f"{value:.3f}" for value in values)
            measured = f"{aspect.words} {one}; a copy of the input: {other}"
            return f". That they look real ({measured}) is invented content"
    return ""
