"""What alarms need to know of training, observed without changing it, and added to log entries."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ganzoo.builder import Experiment
from ganzoo.engine.step import SHARED, Draws
from ganzoo.engine.trainer import Trainer
from ganzoo.interfaces import Callback, Training
from ganzoo.training.alarms.batches import BatchComparison
from ganzoo.training.alarms.detectors import LogReader
from ganzoo.training.alarms.probe import choose_examples, probe_output
from ganzoo.training.alarms.probed import probed_outputs


class Observations(Callback):
    """Adds `seen` to each log entry.

    every: outputs are probed about every so many steps, always at a log entry.
    reader: knows the step of the last log entry.
    """

    def __init__(
        self, experiment: Experiment, trainer: Trainer, reader: LogReader, every: int
    ) -> None:
        self.experiment, self.trainer = experiment, trainer
        self.reader, self.every = reader, every
        self.batches = BatchComparison()
        self.probed_outputs = probed_outputs(experiment.blueprint)
        self.examples: list[dict[str, Tensor]] = []
        trainer.batch_hook = self.compare
        trainer.memory.add("alarms", self.batches)

    def compare(self, draws: Draws) -> None:
        """Compare what a step is played on with the step before."""
        self.batches.add((draws.get(SHARED) or next(iter(draws.values())))[0])

    def log_values(self, training: Training) -> dict[str, Any]:
        """Which variables did not change, and the probed outputs where they are due."""
        known = self.experiment.blueprint.variables
        unchanged = self.batches.take_unchanged()
        observed: dict[str, Any] = {
            "unchanged": [n for n in unchanged if n not in known or known[n].classes != 1]
        }
        if training.step // self.every > self.reader.step // self.every:
            observed["outputs"] = self.probe_outputs()
        return {"seen": observed}

    def probe_outputs(self) -> dict[str, Any]:
        """What is observed of each output, by wire."""
        model = self.experiment.model()
        self.examples = self.examples or choose_examples(self.trainer.data, model)
        probes = {
            probed.text: probe_output(model, probed, self.examples)
            for probed in self.probed_outputs
        }
        return {text: observed for text, observed in probes.items() if observed is not None}
