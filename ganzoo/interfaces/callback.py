"""What a callback is: what happens beside training, at fixed moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import torch
from torch import Tensor, nn

from ganzoo.interfaces.data import Data
from ganzoo.interfaces.networks import Value
from ganzoo.interfaces.schedule import Progress

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


@dataclass(frozen=True)
class Logits:
    """A discriminator's logits in an adversarial term: one tensor (N, ...) a scale, detached.

    N counts this process's share of the step's samples, of all micro-batches.
    """

    real: Sequence[Tensor]
    fake: Sequence[Tensor]


class Training(Protocol):
    """What a callback sees of the training. Read it; the methods below alone change anything.

    Each process has a view of its own. `mean` is collective: all processes must call it alike.
    """

    @property
    def name(self) -> str:
        """The callback's own name in the recipe."""

    @property
    def step(self) -> int:
        """How many steps are made."""

    @property
    def steps(self) -> int:
        """How many steps the training has."""

    @property
    def progress(self) -> Progress:
        """Where training stands, as schedules are given it."""

    @property
    def images_a_step(self) -> int:
        """Samples a step, over all micro-batches and processes."""

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """Every network by name, unwrapped. Do not change them; see `adjust`."""

    @property
    def losses(self) -> Mapping[str, Mapping[str, Tensor]]:
        """Losses of the step just made, by player and term: scalars before weights, on the device.

        Of this process's share; who rested is not among them. Reading a value waits for the device.
        """

    @property
    def logits(self) -> Mapping[str, Logits]:
        """Logits of the step just made, by adversarial term, as the discriminator's loss got them.

        Empty unless a callback of the run says `needs_logits`; a player that rested has none.
        """

    @property
    def data(self) -> Data:
        """The prepared data; `data.test_sample(i)` is a sample without N."""

    @property
    def device(self) -> torch.device:
        """Where this process's networks are."""

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes files and speaks; always one of them is."""

    def outputs(
        self, inputs: Mapping[str, Tensor], names: Sequence[str] = (), seed: int = 0
    ) -> dict[str, Value]:
        """The recipe's outputs for inputs (N, ...), without a trace in training.

        inputs: by variable; a latent that is not given is drawn from the seed.
        names: which outputs; left out, all.

        Raises:
            ValueError: there is no such output.
        """

    def mean(self, value: Tensor) -> Tensor:
        """The average of a tensor over all processes. All of them must call it."""

    def adjust(self, network: str, setting: str, value: float) -> None:
        """Change a setting that the network's class declares `adjustable`, from the next step on.

        All processes must do so alike. A checkpoint holds what was adjusted.

        Raises:
            ValueError: there is no such network, or its class does not allow that.
        """

    def stop(self, reason: str) -> None:
        """Save and stop: at once in one process, soon and at the same step in several.

        reason: a sentence for run.json and for whoever waits.
        """

    def say(self, text: str) -> None:
        """Print a line, by the main process alone."""


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
    A callback changes nothing of the training but by `Training.adjust` and `Training.stop`.

    Plain attributes that changed, and the tensors of modules among them, are in checkpoints without
    the author's help; `state` is for what is neither.

    needs_logits: whether it reads `Training.logits`, which are kept for no one else.
    refers: the settings that hold a name of the recipe's, or a list of names: of a "metric" that is
        computed while training, a "network" or an adversarial "term". Others are refused before
        training. Where a setting may be left out, its default is "" or ().
    adjusts: the setting of networks that it adjusts, refused where none is adjustable.
    selects: whether it chooses by scores, as when to stop, and so needs validation samples; refused
        where `checkpoints.validation` is 0.
    """

    needs_logits: ClassVar[bool] = False
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
