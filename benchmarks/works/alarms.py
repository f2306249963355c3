"""A step of a recipe, or one of the things that alarms do beside it."""

from __future__ import annotations

from typing import Any


class Piece:
    """One of: step, batches (compared in each step), line (of the log, read), probe (of outputs).

    A cheap piece is done many times in a turn, and its `every` multiplied accordingly.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        from ganzoo import build_recipe
        from ganzoo.engine.device import choose_accelerator
        from ganzoo.training.alarms.debounce import Debounce
        from ganzoo.training.alarms.detectors import LogReader
        from ganzoo.training.alarms.observations import Observations
        from ganzoo.training.alarms.ranges import measure_loss_ranges

        experiment = build_recipe(settings["recipe"], settings["overrides"])
        self.trainer = experiment.trainer(choose_accelerator(experiment.recipe.train))
        table = self.trainer.timetable
        patience = experiment.recipe.alarms.patience.steps(*table.image_counts)
        self.reader = LogReader(measure_loss_ranges(experiment.players))
        self.debounce = Debounce(patience)
        self.observations = Observations(experiment, self.trainer, self.reader, patience)
        self.trainer.batch_hook = None
        self.batch = next(self.trainer.batches())
        self.trainer.train_step(self.batch)
        self.entry = {
            "step": 1,
            "losses": {},
            "nonfinite": 0,
            "lr": {},
            **self.trainer.meter.read(),
        }
        intervals = {"step": 1, "batches": 1, "line": table.log_every, "probe": patience}
        times = {"batches": 100, "line": 100}.get(settings["piece"], 1)
        self.do, self.times = getattr(self, settings["piece"]), times
        self.facts = {"every": intervals[settings["piece"]] * times}

    def turn(self) -> None:
        """Do it."""
        for _ in range(self.times):
            self.do()

    def step(self) -> None:
        """A training step."""
        self.trainer.train_step(self.batch)

    def batches(self) -> None:
        """The comparison of a batch with the one before."""
        self.observations.compare(self.batch)

    def line(self) -> None:
        """What a line of the log leads to."""
        for detection in self.reader.read(self.entry):
            self.debounce.add(1, detection)

    def probe(self) -> None:
        """A look at the recipe's outputs."""
        self.observations.probe_outputs()
