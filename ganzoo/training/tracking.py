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
from ganzoo.interfaces import Callback, LogEntry, Scores, Training
from ganzoo.recipe.schema import Recipe
from ganzoo.training.accelerate_trackers import (
    begin_tracker,
    send_picture,
    send_settings,
    wrong_settings,
)
from ganzoo.training.session import Session
from ganzoo.training.speed import Speed


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
    """

    def __init__(self, session: Session, live: Mapping[str, Any]) -> None:
        self.session, self.live = session, dict(live)
        self.speed = Speed(session.trainer.done, time.monotonic)
        self.without_pictures: set[str] = set()

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
        file = self.session.folder.sample_grid(step)
        if file.exists():
            self._send_picture(file, step)

    def on_evaluation(self, training: Training, scores: Scores) -> None:
        """Pass on scores."""
        self._send(_flat(scores.tables), training.step)

    def finish(self) -> None:
        """End every tracker."""
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
                self.session.tell(
                    f"warning: trackers.{name} takes no pictures ({first_line(error)}); it gets "
                    "all else, and the run folder has everything"
                )

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
                self.session.tell(
                    f"warning: trackers.{name} has failed ({first_line(error)}) and gets nothing "
                    "more; training goes on, and the run folder has everything"
                )


@contextmanager
def tracking(session: Session) -> Iterator[Trackers | None]:
    """The recipe's trackers, begun and in any case ended; only the main process has some.

    Raises:
        RunError: one cannot begin; a folder that was made for this run is gone again.
    """
    if not session.is_main or not session.experiment.recipe.trackers:
        yield None
        return
    trackers = Trackers(session, _begin(session))
    try:
        yield trackers
    finally:
        trackers.finish()


def _begin(session: Session) -> dict[str, Any]:
    recipe, step = session.experiment.recipe, session.trainer.done
    text, flat = recipe.to_toml(), _flat(recipe.to_dict(), ".")
    started: dict[str, Any] = {}
    for name, settings in recipe.trackers.items():
        try:
            started[name] = begin_tracker(name, settings, session.folder.path, step)
            send_settings(name, started[name], text, flat, step)
        except Exception as error:  # whatever a tracker may raise
            _undo(session, started)
            raise RunError(
                f"trackers.{name}: it cannot begin ({first_line(error)}); mend it, or leave it out"
            ) from error
    return started


def _undo(session: Session, started: Mapping[str, Any]) -> None:
    """End what has begun; a folder without a step would only be in the way."""
    for tracker in started.values():
        with suppress(Exception):
            tracker.finish()
    if session.trainer.done == 0:
        remove(session.folder.path)


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
