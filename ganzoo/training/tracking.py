"""Trackers beside the run folder: losses, scores and pictures, in Accelerate's own trackers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ganzoo.errors import RecipeError, RunError, first_line
from ganzoo.files.writing import remove
from ganzoo.interfaces import Callback, LogEntry, Training
from ganzoo.recipe.schema import Recipe
from ganzoo.training.accelerate_trackers import (
    begin_tracker,
    send_picture,
    send_settings,
    wrong_settings,
)
from ganzoo.training.recorder import Recorder
from ganzoo.training.speed import Speed

Tell = Callable[[str], None]


def check_trackers(recipe: Recipe) -> None:
    """Refuse trackers that are not installed, and settings that they do not have.

    Their names were checked with the recipe.

    Raises:
        RecipeError: there are some.
    """
    named = recipe.trackers.items()
    faults = [fault for name, settings in named for fault in wrong_settings(name, settings)]
    if faults:
        raise RecipeError(recipe.name or "recipe", faults)


class Trackers(Callback):
    """A callback that passes on what the run folder gets. A tracker that fails is given up.

    live: the trackers that work, by name.
    tell: says a sentence to the person who waits.
    """

    def __init__(self, recorder: Recorder, live: Mapping[str, Any], tell: Tell) -> None:
        self.recorder, self.live, self.tell = recorder, dict(live), tell
        self.speed = Speed(recorder.trainer.done, time.monotonic)
        self.evaluations = recorder.folder.evaluations
        self.size, self.sent = self._size(), len(self._evaluated())
        self.without_pictures: set[str] = set()

    def on_step(self, training: Training) -> None:
        """Pass on evaluations that were made since."""
        if self.live and self._size() != self.size:
            self._send_evaluations()

    def on_log(self, training: Training, entry: LogEntry) -> None:
        """Pass on losses, rates, speed, and what callbacks gave."""
        self.speed.add(entry["step"], entry["images"])
        values = {
            **_flat(entry["losses"]),
            **{f"lr/{player}": rate for player, rate in entry["lr"].items()},
            "epoch": entry["epoch"],
            "images_per_second": self.speed.images_a_second(),
            "nonfinite": entry["nonfinite"],
            **_flat({"callbacks": entry.get("callbacks", {})}),
        }
        self._send(values, entry["step"])

    def on_samples(self, training: Training) -> None:
        """Pass on the picture."""
        step = training.step
        file = self.recorder.folder.sample_grid(step)
        if file.exists():
            self._send_picture(file, step)

    def finish(self) -> None:
        """Pass on what is left, and end every tracker."""
        self._send_evaluations()
        self._each(lambda name, tracker: tracker.finish())
        self.live = {}

    def _send_picture(self, file: Path, step: int) -> None:
        """A tracker that cannot take the picture gets no more of them, but all else."""
        for name, tracker in self.live.items():
            if name in self.without_pictures:
                continue
            try:
                send_picture(name, tracker, file, step)
            except Exception as error:  # whatever a tracker may raise: training goes on
                self.without_pictures.add(name)
                self.tell(
                    f"warning: trackers.{name} takes no pictures ({first_line(error)}); it gets "
                    "all else, and the run folder has everything"
                )

    def _send_evaluations(self) -> None:
        self.size, found = self._size(), self._evaluated()
        for line in found[self.sent :]:
            self._send(_flat(line["scores"]), line["step"])
        self.sent = len(found)

    def _size(self) -> int:
        try:
            return self.evaluations.stat().st_size
        except OSError:
            return 0

    def _evaluated(self) -> list[dict[str, Any]]:
        return list(self.recorder.folder.entries(self.evaluations))

    def _send(self, values: Mapping[str, Any], step: int) -> None:
        """What is a finite number; not every tracker takes others."""
        numbers = {k: v for k, v in values.items() if isinstance(v, (int, float))}
        finite = {name: value for name, value in numbers.items() if math.isfinite(value)}
        if finite:
            self._each(lambda name, tracker: tracker.log(finite, step=step))

    def _each(self, act: Callable[[str, Any], None]) -> None:
        for name, tracker in [*self.live.items()]:
            try:
                act(name, tracker)
            except Exception as error:  # whatever a tracker may raise: training goes on
                del self.live[name]
                with suppress(Exception):
                    tracker.finish()
                self.tell(
                    f"warning: trackers.{name} has failed ({first_line(error)}) and gets nothing "
                    "more; training goes on, and the run folder has everything"
                )


@contextmanager
def tracking(recorder: Recorder, tell: Tell) -> Iterator[Trackers | None]:
    """The recipe's trackers, begun and in any case ended; only the main process has some.

    Raises:
        RunError: one cannot begin; a folder that was made for this run is gone again.
    """
    if not recorder.main or not recorder.experiment.recipe.trackers:
        yield None
        return
    trackers = Trackers(recorder, _begin(recorder), tell)
    try:
        yield trackers
    finally:
        trackers.finish()


def _begin(recorder: Recorder) -> dict[str, Any]:
    recipe, step = recorder.experiment.recipe, recorder.trainer.done
    text, flat = recipe.to_toml(), _flat(recipe.to_dict(), ".")
    started: dict[str, Any] = {}
    for name, settings in recipe.trackers.items():
        try:
            started[name] = begin_tracker(name, settings, recorder.folder.path, step)
            send_settings(name, started[name], text, flat, step)
        except Exception as error:  # whatever a tracker may raise
            _undo(recorder, started)
            raise RunError(
                f"trackers.{name}: it cannot begin ({first_line(error)}); mend it, or leave it out"
            ) from error
    return started


def _undo(recorder: Recorder, started: Mapping[str, Any]) -> None:
    """End what has begun; a folder without a step would only be in the way."""
    for tracker in started.values():
        with suppress(Exception):
            tracker.finish()
    if recorder.trainer.done == 0:
        remove(recorder.folder.path)


def _flat(values: Mapping[str, Any], joint: str = "/", path: str = "") -> dict[str, Any]:
    """Nested tables as one, `generators/adversarial`; lists as text."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        place = f"{path}{joint}{key}" if path else key
        if isinstance(value, Mapping):
            flat |= _flat(value, joint, place)
        else:
            flat[place] = str(value) if isinstance(value, list) else value
    return flat
