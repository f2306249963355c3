"""One training into one run folder: what the run's own callbacks share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ganzoo.builder import Experiment
from ganzoo.engine.trainer import Trainer
from ganzoo.evaluation.splits import Splits, deal
from ganzoo.printing.text import say
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.resume_rules import Change
from ganzoo.runs.run_record import RunRecord
from ganzoo.training.choices import Choices


def say_aside(text: str, style: str = "") -> None:
    """Print a line where no display can."""
    say(text, err=True)


@dataclass
class Session:
    """A training that is prepared: its recipe as objects, its trainer, and its folder.

    warnings: what a person should know of the data, and of what was changed on purpose.
    changes: that, for run.json.
    choices: what was chosen for this machine.
    print_line: prints a line in a style; the display's while there is one.
    """

    experiment: Experiment
    trainer: Trainer
    folder: RunFolder
    warnings: list[str] = field(default_factory=list)
    changes: Sequence[Change] = ()
    choices: Choices = field(default_factory=Choices)
    print_line: Callable[[str, str], None] = say_aside
    record: RunRecord = field(init=False)

    @cached_property
    def splits(self) -> Splits:
        """The held-out items, dealt. Only the main process asks: files are read for it.

        Raises:
            DataError: a file cannot be read.
        """
        return deal(self.trainer.data, self.experiment.recipe.checkpoints.validation)

    def __post_init__(self) -> None:
        self.record = RunRecord(self.folder.path)
        self.trainer.say = self.tell

    def describe_splits(self) -> dict[str, Any]:
        """What identifies the held-out items as they are dealt; empty without metrics."""
        return self.splits.record() if self.experiment.blueprint.metrics else {}

    @property
    def is_main(self) -> bool:
        """Whether this process writes the folder."""
        return bool(self.trainer.accelerator.is_main_process)

    @property
    def finished(self) -> bool:
        """Whether all steps are made."""
        return self.trainer.done == self.trainer.timetable.steps

    @property
    def stop_reason(self) -> str:
        """Why training stopped before its end, where somebody said so."""
        return "" if self.finished else self.trainer.stop_reason

    def tell(self, text: str, style: str = "") -> None:
        """Print a line for whoever waits; a display that fails cannot end the training."""
        try:
            self.print_line(text, style)
        except Exception:  # whatever a display may raise
            say_aside(text)
