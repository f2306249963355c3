"""trials.json: how far trials are, so that a second call goes on; and their table, once all are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganzoo.files.untrusted import is_count, is_number, read_object
from ganzoo.files.writing import write_json
from ganzoo.planning.trial_entrants import Entrant
from ganzoo.planning.trial_recipe import hash_tables
from ganzoo.planning.trial_scores import TrialScores
from ganzoo.planning.trial_table import TrialTable
from ganzoo.runs.folder import finite

RECORD = "trials.json"
VERSION = 1  # raised when the same trials would be scored in another way


@dataclass
class TrialRecord:
    """What is known of trials.

    key: a hash of all that they depend on. lengths: the steps of each trial, and the seconds of one
        of its steps, by its place among them.
    scores: by the trial's folder and its steps. copying: the scores of the inputs.
    samples: what the scores are of.
    """

    path: Path
    key: str
    lengths: dict[int, tuple[int, float]] = field(default_factory=dict)
    scores: dict[str, dict[int, TrialScores]] = field(default_factory=dict)
    copying: TrialScores | None = None
    samples: str = ""

    @classmethod
    def open(cls, folder: Path, key: str) -> TrialRecord:
        """The record in a folder; an empty one where it is of other trials, or cannot be read."""
        path = folder / RECORD
        try:
            table = read_object(path, within=folder)
            return cls._read(path, table) if table.get("key") == key else cls(path, key)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls(path, key)

    @classmethod
    def _read(cls, path: Path, table: Mapping[str, Any]) -> TrialRecord:
        lengths = {int(place): _length(each) for place, each in table["lengths"].items()}
        scores = {
            str(folder): {int(steps): TrialScores.from_json(s) for steps, s in each.items()}
            for folder, each in table["scores"].items()
        }
        copying = table.get("copying")
        known = None if copying is None else TrialScores.from_json(copying)
        return cls(path, str(table["key"]), lengths, scores, known, str(table["samples"]))

    def keep(self, folder: str, steps: int, scores: TrialScores) -> None:
        """Keep the scores of a trial after so many steps."""
        self.scores.setdefault(folder, {})[steps] = scores
        self.write()

    def write(self, table: TrialTable | None = None) -> None:
        """Write it, with the table of all trials if there is one."""
        scores = {
            folder: {str(steps): each.to_json() for steps, each in by_steps.items()}
            for folder, by_steps in self.scores.items()
        }
        record = {
            "key": self.key,
            "lengths": {str(place): [*each] for place, each in self.lengths.items()},
            "samples": self.samples,
            "copying": self.copying.to_json() if self.copying else None,
            "scores": scores,
        }
        shown = {} if table is None else {"table": finite(table.to_json())}
        write_json(self.path, {**shown, **record})


def hash_trials(entrants: Sequence[Entrant], seconds: float, data: Any) -> str:
    """A hash of what trials depend on.

    seconds: of all of them together. data: what identifies the images.
    """
    recipes = [each.tables(1) for each in entrants]
    return hash_tables([VERSION, recipes, f"{seconds:.3g}", data])


def _length(stored: Any) -> tuple[int, float]:
    steps, seconds = stored
    if not is_count(steps) or not is_number(seconds):
        raise ValueError("this is no length of a trial")
    return steps, float(seconds)
