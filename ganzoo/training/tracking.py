"""Trackers beside the run folder: losses, figures and pictures, in Accelerate's own trackers."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from ganzoo.errors import RecipeError, RunError, first_line
from ganzoo.files.untrusted import read_object
from ganzoo.files.writing import remove, write_json
from ganzoo.recipe.schema import Recipe
from ganzoo.runs.layout import RunPaths
from ganzoo.training.recorder import Recorder
from ganzoo.training.speed import Speed
from ganzoo.training.tracker_kinds import (
    Place,
    known_as,
    make_tracker,
    send_picture,
    wrong_settings,
)

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


class Trackers:
    """An observer that passes on what the run folder is told. A tracker that fails is given up.

    live: the trackers that work, by name.
    tell: says a sentence to the person who waits.
    """

    def __init__(self, recorder: Recorder, live: Mapping[str, Any], tell: Tell) -> None:
        self.recorder, self.live, self.tell = recorder, dict(live), tell
        self.speed = Speed(recorder.trainer.done, time.monotonic)
        self.evaluations = recorder.folder.evaluations
        self.size, self.sent = self._size(), len(self._evaluated())

    def on_step(self, step: int) -> None:
        """Pass on evaluations that were made since."""
        if self.live and self._size() != self.size:
            self._send_evaluations()

    def on_log(self, record: dict[str, Any]) -> None:
        """Pass on losses, rates and speed."""
        self.speed.add(record["step"], record["images"])
        values = {
            **_flat(record["losses"]),
            **{f"lr/{player}": rate for player, rate in record["lr"].items()},
            "epoch": record["epoch"],
            "images_per_second": self.speed.images_a_second(),
            "nonfinite": record["nonfinite"],
        }
        self._send(values, record["step"])

    def on_samples(self, step: int) -> None:
        """Pass on the picture."""
        file = self.recorder.folder.sample_grid(step)
        if file.exists():
            self._each(lambda name, tracker: send_picture(name, tracker, file, step))

    def finish(self) -> None:
        """Pass on what is left, and end every tracker."""
        self._send_evaluations()
        self._each(lambda name, tracker: tracker.finish())
        self.live = {}

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
        return list(self.recorder.folder.records(self.evaluations))

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
                    f"warning: trackers.{name} has failed ({_first_line(error)}) and gets nothing "
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
    recipe, folder = recorder.experiment.recipe, recorder.folder.path
    kept, done = _kept(recorder), recorder.trainer.done
    key = kept.setdefault("key", uuid.uuid4().hex)
    started: dict[str, Any] = {}
    for name, settings in recipe.trackers.items():
        known = kept.get(name, "")
        place = Place(folder.resolve().name, folder, key, known, done > 0, done)
        try:
            started[name] = make_tracker(name, settings, place)
            _introduce(name, started[name], recipe, done)
            kept[name] = known_as(name, started[name])
        except Exception as error:  # whatever a tracker may raise
            _undo(recorder, started)
            raise RunError(
                f"trackers.{name}: it cannot begin ({_first_line(error)}); mend it, or leave it out"
            ) from error
    write_json(RunPaths(folder).trackers, kept)
    return started


def _kept(recorder: Recorder) -> dict[str, str]:
    """How trackers call the run, as far as that can be read."""
    try:
        found = read_object(recorder.folder.trackers, within=recorder.folder.path)
    except (OSError, ValueError):
        return {}
    return {name: told for name, told in found.items() if isinstance(told, str)}


def _introduce(name: str, tracker: Any, recipe: Recipe, step: int) -> None:
    """The recipe, as each tracker shows settings; TensorBoard's way would make a second run."""
    if name == "tensorboard":
        text = "\n".join(f"    {line}" for line in recipe.to_toml().splitlines())
        tracker.log({"recipe": text}, step=step)
    elif step == 0:
        tracker.store_init_configuration(_flat(recipe.to_dict(), "."))


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


def _first_line(error: Exception) -> str:
    return first_line(error)
