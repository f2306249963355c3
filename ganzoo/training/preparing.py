"""What is looked at before a training begins, and where it begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from accelerate import Accelerator

from ganzoo.builder import Experiment
from ganzoo.engine import state
from ganzoo.engine.device import choose_accelerator, find_device
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import RunError
from ganzoo.evaluation.best import take_back
from ganzoo.evaluation.few import describe_few
from ganzoo.evaluation.measuring import rehearse
from ganzoo.interfaces import Data
from ganzoo.launch.processes import check_count, check_devices, wants_cpu
from ganzoo.registry.signature import as_written
from ganzoo.runs.data_rules import check_data_same, read_splits, warn_unrecorded
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.resume_rules import (
    Change,
    allow_choices,
    check_steps_left,
    is_allowed,
)
from ganzoo.runs.run_record import format_change
from ganzoo.training.choices import (
    Choices,
    choose_open_precision,
    choose_quick_metrics,
    take_over_choices,
    time_step,
    tune,
)
from ganzoo.training.memory_choice import choose_memory, warn_of_memory
from ganzoo.training.session import Session
from ganzoo.training.tracking import check_trackers
from ganzoo.training.tuning import StepTimer


@dataclass
class Begin:
    """How a training begins.

    allowed: the settings that may differ from the run's. tell: prints a line in a style.
    changed: what of the recipe and of the data was changed on purpose.
    """

    folder: RunFolder
    allowed: Sequence[str]
    resume: bool
    tell: Callable[[str, str], None]
    changed: list[Change] = field(default_factory=list)

    @property
    def tunes(self) -> bool:
        """Whether `train.tune` looks for the fastest way: not where a run goes on as it was."""
        return not self.resume or is_allowed("train.tune", self.allowed)


def prepare(experiment: Experiment, begin: Begin, processes: int | None) -> Session:
    """A trainer where the checkpoint is, or at step 0, and the folder as it should be then."""
    folder, checkpoint = begin.folder, None
    if begin.resume:
        take_over_choices(experiment, folder, begin.allowed)
    accelerator, choices = _accelerator(experiment, processes, begin)
    if begin.resume:
        if accelerator.is_main_process:
            folder.take(experiment.recipe, begin.allowed)
            if damage := folder.pass_over_damaged():
                begin.tell(damage, "")
        accelerator.wait_for_everyone()
        checkpoint, begin.changed = folder.check_resumable(experiment.recipe, begin.allowed)
    trainer = experiment.trainer(accelerator)
    session = Session(experiment, trainer, folder, choices=choices, print_line=begin.tell)
    is_main, unknown = bool(accelerator.is_main_process), list[str]()
    if is_main and checkpoint:
        begin.changed += check_data_same(
            folder.path, trainer.data, begin.allowed, session.describe_splits()
        )
        unknown = warn_unrecorded(folder.path, trainer.data)
    changed = [f"changed: {format_change(each)}" for each in begin.changed]
    if is_main:
        rehearse(experiment, trainer.data)
        check_trackers(experiment.recipe)
    choose_quick_metrics(experiment, trainer, choices, lambda: session.splits.choosing)
    chosen = choices.lines(experiment.recipe.train.precision, accelerator.device)
    session.warnings = [*changed, *unknown, *chosen, *_describe_data(experiment, trainer.data)]
    session.changes = begin.changed
    if is_main:
        session.warnings += _describe_splits(session, resumes=checkpoint is not None)
    if checkpoint:
        _restore(experiment, trainer, checkpoint, begin.changed)
    accelerator.wait_for_everyone()
    if is_main and checkpoint:
        folder.resume(experiment.recipe, trainer.done, begin.changed)
        take_back(folder.path, checkpoint)
    elif is_main:
        folder.create(experiment.recipe, experiment.plan)
    return session


def _accelerator(
    experiment: Experiment, processes: int | None, begin: Begin
) -> tuple[Accelerator, Choices]:
    """This process's device, once it is sure that there is one for each; and what was chosen."""
    device = experiment.recipe.train.device
    check_devices(int(os.environ.get("LOCAL_WORLD_SIZE", 1)), device)
    cpu = wants_cpu(device)
    begin.allowed = allow_choices(experiment.recipe, begin.allowed)
    choices = Choices(choose_open_precision(experiment, cpu))
    on_processor = cpu or find_device().type == "cpu"
    if not begin.resume:
        choices.memory = choose_memory(experiment, on_processor)
    choices.shortage = warn_of_memory(experiment) if on_processor else ""

    def make() -> Accelerator:
        train = experiment.recipe.train.model_copy(update={"device": "cpu"} if cpu else {})
        return choose_accelerator(train)

    accelerator = make()
    check_count(processes, int(accelerator.num_processes), os.environ)
    wanted = experiment.recipe.train.tune and begin.tunes
    if wanted and tune(experiment, accelerator, choices, StepTimer(experiment, cpu)):
        accelerator = make()
    if time_step(experiment, accelerator, choices, StepTimer(experiment, cpu, most_seconds=0.2)):
        accelerator = make()
    return accelerator, choices


def _describe_data(experiment: Experiment, data: Data) -> list[str]:
    """What data there are, in a line; what of them was measured; what a look at files shows."""
    warnings = data.inspect()
    summary, measured = data.summary(), experiment.measured
    values = ", ".join(f"data.{key} = {as_written(value)}" for key, value in measured.items())
    lines = [f"data: {summary}"] if summary else []
    lines += [f"measured on the training files: {values}"] if values else []
    return [*lines, *warnings]


def _describe_splits(session: Session, resumes: bool) -> list[str]:
    """That held-out items are too few to be dealt, or are dealt in another way than before."""
    now = session.describe_splits()
    before = read_splits(session.folder.path) if resumes else {}
    lines = [describe_few(now)]
    if before and now and before["share"] != now["share"]:
        lines.append(
            f"changed: checkpoints.validation = {now['share']:g} (was {before['share']:g}): other "
            "samples choose the best model from now on"
        )
    return [line for line in lines if line]


def _restore(
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
