"""The result of an evaluation: a model's scores, and which weights and data they belong to."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from ganzoo.evaluation.measuring import Evaluation, Intervals, Scores
from ganzoo.evaluation.observed import format_observed, observed
from ganzoo.evaluation.scores import print_scores
from ganzoo.inference.origin import Origin
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import visible
from ganzoo.runs.folder import finite

WIDTH = 100  # of tables that are no terminal's


class Printable:
    """Scores that are printed as a headline and one table for each metric."""

    evaluation: Evaluation

    @property
    def headline(self) -> str:
        """What was evaluated, as a sentence."""
        raise NotImplementedError

    @property
    def scores(self) -> Scores:
        """Scores by metric, row and name; the first row is the model's, baselines follow."""
        return self.evaluation.scores

    @property
    def intervals(self) -> Intervals:
        """95 % intervals (low, high) by the same keys, for the scores that have one."""
        return self.evaluation.intervals

    def print(self, console: Console) -> None:
        """Print the headline, then one table for each metric."""
        console.print(Text(visible(self.headline)), soft_wrap=True)
        evaluation = self.evaluation
        print_scores(
            evaluation.scores,
            evaluation.observed,
            console,
            evaluation.intervals,
            findings=evaluation.findings,
        )

    def __str__(self) -> str:
        page = io.StringIO()
        self.print(Terminal(file=page, width=WIDTH, color_system=None))
        return "\n".join(line.rstrip() for line in page.getvalue().splitlines())

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class Assessment(Printable):
    """A model's scores on test samples; printing it shows them as tables.

        assessment = ganzoo.evaluate("runs/cyclegan")
        assessment.scores["labels"]["model"]["pixel_accuracy"]  # by metric, row and name

    origin: the model's recipe, file and step.
    data: the recipe's table of data. samples: the number of test samples.
    counts: the number of distinct items, by variable of the data.
    trained_on: variables of which training samples are shown, as no samples were held out.
    split: which of the held-out samples: "test", "validation", or "held_out" for all of them.
    evaluation: the scores, their 95 % intervals, and the scores of each sample.
    few: a sentence if there are few samples; otherwise "".
    """

    origin: Origin
    data: dict[str, Any]
    samples: int
    counts: dict[str, int]
    trained_on: list[str]
    split: str
    evaluation: Evaluation
    few: str = ""

    @property
    def headline(self) -> str:
        """The file, the weights and the data that were evaluated."""
        origin, place = self.origin, self.data.get("root")
        step = "as they are now" if origin.step is None else f"of step {origin.step}"
        averages = " (averages)" if origin.averaged else ""
        where = f"'{self.data['type']}'" + (f" in {place}" if place else "")
        items = format_observed(observed(self.counts, self.counts, self.trained_on, self.split))
        return f"{origin.file or origin}: weights {step}{averages}, on {items}, {where}"

    def print(self, console: Console) -> None:
        """Print the headline, a table for each metric, and whether samples are few."""
        super().print(console)
        if self.few:
            console.print(Text(visible(self.few)), soft_wrap=True)

    def as_json(self) -> dict[str, Any]:
        """For programs; null where a score is not a number (NaN, infinity)."""
        file, step = self.origin.file, self.origin.step
        plain: dict[str, Any] = finite(
            {
                "model": None if file is None else str(file),
                "step": step,
                "averaged": self.origin.averaged,
                "data": self.data,
                "samples": self.samples,
                "counts": self.counts,
                "trained_on": self.trained_on,
                "split": self.split,
                "few": self.few,
                **self.evaluation.tables(),
            }
        )
        return plain
