"""The table of trials, as pages and trials.json show it. Plain data, without torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ganzoo.interfaces.rule import Goal

TrialState = Literal["won", "beaten", "undecided", "stopped", "failed", "left out", "copy"]
COPYING = "copy the input"
PLAN = "the plan"


@dataclass(frozen=True)
class TrialRow:
    """A candidate, and how it did.

    state: "won"; "beaten" at the end; "undecided", as trials were short; "stopped" early;
        "failed" with an error; "left out", never trained; or "copy", the inputs themselves.
    steps, length: how many steps it was trained, of how many. seconds: of a step.
    realism, faithfulness: the scores after its last step; None where there is none.
    noise: by aspect, how large a difference to the plan may be by chance, after as many steps.
    why: why it might win. remark: what happened, as a sentence.
    """

    name: str
    state: TrialState
    steps: int = 0
    length: int = 0
    seconds: float = 0.0
    realism: float | None = None
    faithfulness: float | None = None
    noise: tuple[float | None, float | None] = (None, None)
    why: str = ""
    remark: str = ""


@dataclass(frozen=True)
class TrialTable:
    """All trials.

    rows: the plan first, then the candidates as they were tried, then copying the input.
    realism, faithfulness: the names of the scores, with an arrow to where they are better.
    goal: what they were compared for. samples: on what, as "18 validation samples of x and y".
    verdict: what follows, as sentences. winner: the name of the best row.
    beats_copying: whether the best one beats copying the input, beyond the noise.
    """

    rows: Sequence[TrialRow]
    realism: str
    faithfulness: str
    goal: Goal
    samples: str
    verdict: str
    winner: str
    beats_copying: bool

    @property
    def head(self) -> list[str]:
        """The titles of the columns."""
        return ["tried", "steps", "realism", "faithfulness", "", ""]

    def legend(self) -> str:
        """What is compared, and which way is better."""
        return f"realism: {self.realism}; faithfulness: {self.faithfulness}"

    def cells(self) -> list[list[str]]:
        """The rows as texts, in the columns of `head`."""
        return [
            [
                row.name,
                f"{row.steps} of {row.length}" if row.length else "-",
                format_score(row.realism, row.noise[0]),
                format_score(row.faithfulness, row.noise[1]),
                row.state if row.state != "copy" else "",
                row.remark or row.why,
            ]
            for row in self.rows
        ]

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def format_score(value: float | None, noise: float | None = None) -> str:
    """`0.031 ± 0.012`, or a dash."""
    if value is None or math.isnan(value):
        return "-"
    digits = 1 if abs(value) >= 10 else 3
    beside = "" if noise is None else f" ± {noise:.{digits}f}"
    return f"{value:.{digits}f}{beside}"
