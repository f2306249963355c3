"""StopSync while training runs, without a trace in it; what is seen goes into the log's records."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ganzoo.builder import Experiment
from ganzoo.engine.step import SHARED, Draws
from ganzoo.engine.trainer import Trainer
from ganzoo.training.alarms.batches import Batches
from ganzoo.training.alarms.detectors import Reader
from ganzoo.training.alarms.probe import examples, look
from ganzoo.training.alarms.probed import probed_outputs


class Watch:
    """An observer that stands before the others, as it adds to what they are told.

    every: about so many steps from one look at the outputs to the next, always at a record.
    reader: knows where the last record was.
    """

    def __init__(
        self, experiment: Experiment, trainer: Trainer, reader: Reader, every: int
    ) -> None:
        self.experiment, self.trainer = experiment, trainer
        self.reader, self.every = reader, every
        self.batches = Batches()
        self.probed_outputs = probed_outputs(experiment.blueprint)
        self.examples: list[dict[str, Tensor]] = []
        trainer.batch_hook = self.see
        trainer.memory.add("alarms", self.batches)

    def see(self, draws: Draws) -> None:
        """Take in what a step is played on."""
        self.batches.see((draws.get(SHARED) or next(iter(draws.values())))[0])

    def on_step(self, step: int) -> None:
        """Nothing to do."""

    def on_log(self, record: dict[str, Any]) -> None:
        """Add what was seen; of the outputs, where it is time for a look."""
        known = self.experiment.blueprint.variables
        free = [n for n in self.batches.unchanged() if n not in known or known[n].classes != 1]
        seen: dict[str, Any] = {"unchanged": free}
        if record["step"] // self.every > self.reader.step // self.every:
            seen["outputs"] = self._outputs()
        record["seen"] = seen

    def on_samples(self, step: int) -> None:
        """Nothing to do."""

    def _outputs(self) -> dict[str, Any]:
        model = self.experiment.model()
        self.examples = self.examples or examples(self.trainer.data, model)
        looks = {probed.text: look(model, probed, self.examples) for probed in self.probed_outputs}
        return {text: seen for text, seen in looks.items() if seen is not None}
