"""Training a recipe into a run folder, with a Ctrl-C that loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from accelerate import Accelerator
from rich.console import Console
from rich.text import Text

from ganzoo.builder import Experiment
from ganzoo.engine import state
from ganzoo.engine.device import choose_accelerator
from ganzoo.engine.trainer import Trainer
from ganzoo.engine.workers import Abandoned
from ganzoo.errors import RunError
from ganzoo.evaluation.best import take_back
from ganzoo.evaluation.measuring import rehearse
from ganzoo.evaluation.progress import progress
from ganzoo.evaluation.scores import print_scores
from ganzoo.interfaces import Callback, Data
from ganzoo.launch.processes import check_count, check_devices, wants_cpu
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import visible
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.path_checks import refuse_taken
from ganzoo.runs.resume_rules import Change, check_data_same, check_steps_left, unrecorded
from ganzoo.runs.run_record import format_change
from ganzoo.training.alarms.callback import watching
from ganzoo.training.display import Display, make_display
from ganzoo.training.evaluator import Evaluator
from ganzoo.training.failing import failed, leave
from ganzoo.training.outcome import Outcome
from ganzoo.training.recorder import FirstSamples, Recorder
from ganzoo.training.stopping import Stopping
from ganzoo.training.streams import steady
from ganzoo.training.tracking import Trackers, check_trackers, tracking
from ganzoo.training.warnings import notes


def train(
    experiment: Experiment,
    out: Path,
    *,
    resume: bool = False,
    console: Console | None = None,
    until: float | None = None,
    processes: int | None = None,
    changes: Sequence[str] = (),
) -> Outcome:
    """Train into the folder `out`, or go on with the run that is there.

    changes: when going on, the settings of the recipe that may differ from the run's on purpose, as
        "optimizers.default.lr"; "data" allows other images. What changes is recorded.
    until: stop, saved, before this time (`time.time()`); one step is made in any case.
    processes: how many a launcher was asked for; others are refused.

    Raises:
        RunError: the folder is taken, or holds nothing that can be resumed; too few devices or
            processes.
        DataError: the images are missing or unreadable.
    """
    console = steady(console or Terminal())
    folder, tell = RunFolder(out), partial(_say, console)
    begin = Begin(folder, changes, resume, tell)
    if not resume:
        refuse_taken(folder.path)
    try:
        recorder = _prepare(experiment, begin, processes)
        with tracking(recorder, tell) as trackers, recorder.recording():
            evaluator = Evaluator(recorder, tell)
            asked = _play(evaluator, trackers, _quiet_unless(recorder.main, console), until)
            if recorder.finished and recorder.main:
                _finish(evaluator, recorder.trainer, console)
            recorder.trainer.callbacks.call("on_end")
    finally:
        folder.lock.release()
    trainer = recorder.trainer
    why = "" if recorder.finished else trainer.stop_reason
    return Outcome(folder, trainer.done, recorder.finished, recorder.main, asked, why)


@dataclass
class Begin:
    """How a training begins.

    allowed: the settings that may differ from the run's. tell: says a sentence.
    changed: what of the recipe and of the data was changed on purpose.
    """

    folder: RunFolder
    allowed: Sequence[str]
    resume: bool
    tell: Callable[[str], None]
    changed: list[Change] = field(default_factory=list)


def _prepare(experiment: Experiment, begin: Begin, processes: int | None) -> Recorder:
    """A trainer where the checkpoint is, or at step 0, and the folder as it should be then."""
    folder, checkpoint = begin.folder, None
    accelerator = _accelerator(experiment, processes)
    if begin.resume:
        if accelerator.is_main_process:
            folder.take(experiment.recipe, begin.allowed)
            if damage := folder.pass_over_damaged():
                begin.tell(damage)
        accelerator.wait_for_everyone()
        checkpoint, begin.changed = folder.check_resumable(experiment.recipe, begin.allowed)
    trainer = experiment.trainer(accelerator)
    recorder = Recorder(experiment, trainer, folder)
    unknown: list[str] = []
    if recorder.main and checkpoint:
        begin.changed += check_data_same(folder.path, trainer.data, begin.allowed)
        unknown = unrecorded(folder.path, trainer.data)
    changed = [f"changed: {format_change(each)}" for each in begin.changed]
    recorder.told = [*changed, *unknown, *_found(trainer.data)]
    recorder.changed = begin.changed
    if recorder.main:
        rehearse(experiment, trainer.data)
        check_trackers(experiment.recipe)
    if checkpoint:
        _take_up(experiment, trainer, checkpoint, begin.changed)
    accelerator.wait_for_everyone()
    if recorder.main and checkpoint:
        folder.resume(experiment.recipe, trainer.done, begin.changed)
        take_back(folder.path, checkpoint)
    elif recorder.main:
        folder.create(experiment.recipe)
    return recorder


def _accelerator(experiment: Experiment, processes: int | None) -> Accelerator:
    """This process's device, once it is sure that there is one for each."""
    train = experiment.recipe.train
    check_devices(int(os.environ.get("LOCAL_WORLD_SIZE", 1)), train.device)
    cpu = {"device": "cpu"} if wants_cpu(train.device) else {}
    accelerator = choose_accelerator(train.model_copy(update=cpu))
    check_count(processes, int(accelerator.num_processes), os.environ)
    return accelerator


def _found(data: Data) -> list[str]:
    """What data there are, in a line; and what a look at every file shows."""
    notes = data.inspect()
    summary = data.summary()
    return [*([f"data: {summary}"] if summary else []), *notes]


def _take_up(
    experiment: Experiment, trainer: Trainer, checkpoint: Path, changed: Sequence[Change]
) -> None:
    """Put the trainer where the checkpoint is, unless that is past the end."""
    try:
        experiment.blueprint.warnings += state.restore(trainer, checkpoint)
    except (KeyError, RuntimeError, ValueError, TypeError) as error:
        if not changed:
            raise
        paths = ", ".join(str(each["path"]) for each in changed)
        raise RunError(
            f"{checkpoint}: it does not fit the recipe as it was changed ({paths}): {error}"
        ) from error
    length, left = experiment.recipe.train.length, trainer.timetable.steps - trainer.done
    check_steps_left(checkpoint.parents[1], trainer.done, left, str(length), changed)


def _play(
    evaluator: Evaluator, trackers: Trackers | None, console: Console, until: float | None
) -> bool:
    """Train; returns whether a signal asked this process to stop."""
    recorder, trainer = evaluator.recorder, evaluator.recorder.trainer
    steps, name = trainer.timetable.steps, str(recorder.folder.path)
    with make_display(console, steps, trainer.done, name) as display:
        recorder.reporting.tell = display.note
        for note in [*recorder.told, *notes(recorder.experiment, trainer.data)]:
            display.note(note)
        with Stopping(trainer, display, until) as stopping:
            try:
                drawers = [
                    recorder,
                    *_told_by(trackers, display),
                    FirstSamples(recorder, display.note),
                ]
                before, after = watching(recorder, display)
                evaluator.tell = trainer.say = display.note
                callbacks = [*before, *drawers, evaluator, display, stopping, *after]
                trainer.play(callbacks, recorder.folder.checkpoint)
            except Abandoned:
                leave(trainer, recorder)
            except Exception as error:
                if stopping.asked and trainer.accelerator.num_processes > 1:
                    raise KeyboardInterrupt from error  # another one has left already
                told = failed(error, trainer, recorder)
                raise told from None if told is error else error
        return stopping.asked is not None


def _told_by(trackers: Trackers | None, display: Display) -> list[Callback]:
    """The trackers, which say what they have to say above the display."""
    if trackers is None:
        return []
    trackers.tell = display.note
    return [trackers]


def _finish(evaluator: Evaluator, trainer: Trainer, console: Console) -> None:
    evaluator.tell = partial(_say, console)
    with progress(console, "measuring") as tick:
        found, best = evaluator.finish(tick)
    other = best if best.get("step") != trainer.done else {}
    print_scores(found.scores, found.observed, console, found.intervals, other)
    if best:
        _say(console, evaluator.best.describe())


def _say(console: Console, text: str) -> None:
    """A line that is not wrapped."""
    console.print(Text(visible(text)), soft_wrap=True)


def _quiet_unless(main: bool, console: Console) -> Console:
    """Only the main process speaks."""
    return console if main else Terminal(quiet=True)
