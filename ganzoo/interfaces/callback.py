"""What a callback is: what happens beside training, at fixed moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from torch import Tensor

from ganzoo.interfaces.training import Training

Reference = Literal["metric", "network", "term"]

LogEntry = Mapping[str, Any]
"""A line of log.jsonl: `step`, `epoch`, `images`, `lr` by player, `losses` by player and term
(means since the last entry, before weights, over all processes), `nonfinite`, `time`, and
`callbacks`: what each callback's `log_values` gave, by its name; left out where there is none."""

ScoreTable = Mapping[str, Mapping[str, float]]
"""The scores of one metric: rows of named scores. The first row is the model, the others are
baselines to compare it with."""


@dataclass(frozen=True)
class Scores:
    """What an evaluation gave.

    tables: the scores of each metric that was computed, by its name in the recipe.
    higher_is_better: by metric and score, which of two values is the better one.
    split: the samples that they are of: "validation"; "training", where none are held out; or
        "test", where none are kept for validation.
    """

    tables: Mapping[str, ScoreTable]
    higher_is_better: Mapping[str, Mapping[str, bool]]
    split: str = "validation"

    def of_model(self, metric: str) -> Mapping[str, float]:
        """The model's own scores; empty where the metric was not computed."""
        return next(iter(self.tables.get(metric, {}).values()), {})


class Callback:
    """What happens beside training: every method may be left out.

        class Enough(ganzoo.Callback):
            def on_step(self, training):
                if training.step == 100:
                    training.stop("100 steps are enough")

    The constructor's parameters are the settings that a recipe may write; it looks at nothing.
    All methods are called in every process, in the same order: each process has an object of its
    own, and what changes the training must do so alike everywhere (see `Training.mean`). Write
    files in the main process alone. The host's own callbacks (log, samples, trackers, display,
    evaluation, checkpoints) come before the recipe's, which come in the recipe's order.

    What a method raises ends the run with a sentence that names the callback; the last whole step
    is saved where that is possible. Raise ValueError from `on_start` to refuse a recipe.
    A callback changes nothing of the training but by `Training.adjust`, `Training.scale_weight` and
    `Training.stop`.

    Plain attributes that changed, and the tensors of modules among them, are in checkpoints without
    the author's help; `state` is for what is neither.

    needs_logits: whether it reads `Training.logits`, which are kept for no one else.
    needs_gradients: whether it reads `Training.gradient_norms`, which need a batch to be kept.
    refers: the settings that hold a name of the recipe's, or a list of names: of a "metric" that is
        computed while training, a "network" or an adversarial "term". Others are refused before
        training. Where a setting may be left out, its default is "" or ().
    adjusts: the setting of networks that it adjusts, refused where none is adjustable.
    selects: whether it chooses by scores, as when to stop, and so needs validation samples; refused
        where `checkpoints.validation` is 0.
    """

    needs_logits: ClassVar[bool] = False
    needs_gradients: ClassVar[bool] = False
    refers: ClassVar[Mapping[str, Reference]] = {}
    adjusts: ClassVar[str] = ""
    selects: ClassVar[bool] = False

    def on_start(self, training: Training) -> None:
        """Training is about to make its first step, or its first one after a resume."""

    def on_step(self, training: Training) -> None:
        """A step was made. Keep it light: read tensors back only every so often."""

    def log_values(self, training: Training) -> Mapping[str, Any]:
        """What to add to the log entry that is about to be written: numbers, texts, or tensors ().

        They stand under `callbacks.<name>` in the entry, which trackers show as
        `callbacks/<name>/<key>`.
        """
        return {}

    def on_log(self, training: Training, entry: LogEntry) -> None:
        """A log entry was written, every `train.log_every`. It is only to be read."""

    def on_samples(self, training: Training) -> None:
        """Samples were drawn, every `samples.every`, and before the first step."""

    def on_checkpoint(self, training: Training, folder: Path) -> None:
        """A checkpoint was written. It holds the state from before this call; do not change it."""

    def on_evaluation(self, training: Training, scores: Scores) -> None:
        """Metrics were computed: those that are due, and all of them after the last step.

        They are of validation samples; where `scores.split` is "test", there are none, and nothing
        may be chosen by them.
        """

    def on_end(self, training: Training) -> None:
        """Training is over: all steps are made, or it was stopped. Not called after an error."""

    def state(self) -> dict[str, Tensor]:
        """What a resume needs beside plain attributes; saved by each process."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up what `state` gave; called before `on_start`, after plain attributes are back."""
