"""Alarms of a run: told as they are raised, kept in alarms.jsonl, a reason to stop by choice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ganzoo.interfaces import Callback, LogEntry, Training
from ganzoo.training.alarms.batches import find_constant_latents
from ganzoo.training.alarms.debounce import Alarm, Debounce
from ganzoo.training.alarms.detectors import LogReader
from ganzoo.training.alarms.messages import describe
from ganzoo.training.alarms.observations import Observations
from ganzoo.training.alarms.ranges import measure_loss_ranges
from ganzoo.training.session import Session


class Alarms(Callback):
    """Raises alarms. It is called last, so that its sentences follow the line of the log.

    It reads nothing but log entries, so a resumed run knows from the log what was raised before.
    """

    def __init__(self, session: Session, reader: LogReader, patience: int) -> None:
        self.session, self.recipe = session, session.experiment.recipe
        self.reader, self.debounce = reader, Debounce(patience)
        self.one_image = len(session.trainer.data) == 1
        for entry in session.folder.entries():
            with suppress(LookupError, TypeError, ValueError, AttributeError):  # no line of ours
                self._read(entry)

    def on_start(self, training: Training) -> None:
        """Raise what is certain before the first step; a resumed run has raised it."""
        if training.step:
            return
        blueprint = self.session.experiment.blueprint
        if self.one_image:
            self._raise(Alarm("input_unchanged", "data", 0, 0, {"images": 1}))
        for name in find_constant_latents(blueprint.latent_samplers, blueprint.variables):
            self._raise(Alarm("input_unchanged", name, 0, 0))

    def on_log(self, training: Training, entry: LogEntry) -> None:
        """Raise the alarms of a new entry."""
        for alarm in self._read(entry):
            self._raise(alarm)

    def _read(self, entry: LogEntry) -> list[Alarm]:
        detections = self.reader.read(entry)
        alarms = [self.debounce.add(entry["step"], detection) for detection in detections]
        return [alarm for alarm in alarms if alarm is not None]

    def _raise(self, alarm: Alarm) -> None:
        """Tell it, write it down, and stop if the recipe says so."""
        table = self.recipe.alarms
        repeated = alarm.name == "input_unchanged" and alarm.step > 0 and self.one_image
        if alarm.name in table.ignore or repeated:
            return
        message, advice = describe(alarm, self.recipe)
        entry = {"step": alarm.step, "alarm": alarm.name, "message": message, "advice": advice}
        self.session.folder.append(entry, self.session.folder.alarms)
        self.session.tell(f"alarm {alarm.name}: {message}. {advice}.", "bold red")
        if table.action == "stop":
            self.session.trainer.ask_to_stop(f"alarm {alarm.name}")


def watch_training(session: Session) -> tuple[Sequence[Callback], Sequence[Callback]]:
    """The callbacks that come before and after all others; only the main process has some.

    It alone observes: the others wait for it at the next step. If it stops, all of them do.
    """
    table, trainer = session.experiment.recipe.alarms, session.trainer
    if table.action == "off" or not session.is_main:
        return (), ()
    players = session.experiment.players
    reader = LogReader(measure_loss_ranges(players))
    intervals = [player.update_interval.every for player in players]
    patience = max(table.patience.steps(*trainer.timetable.image_counts), *intervals)
    alarms = Alarms(session, reader, patience)
    return [Observations(session.experiment, trainer, reader, patience)], [alarms]
