"""A trial carried out: timed, trained up to a step in a folder of its own, measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from ganzoo.builder.experiment import Experiment, build_recipe, check_recipe
from ganzoo.compare.train_systems import Stopped
from ganzoo.engine.device import find_device
from ganzoo.errors import GanzooError
from ganzoo.files.writing import remove
from ganzoo.interfaces import Callback, Training
from ganzoo.launch.processes import wants_cpu
from ganzoo.planning.trial_measuring import (
    MeasuredTrial,
    Yardstick,
    find_validation,
    find_yardstick,
    measure_trial,
)
from ganzoo.planning.trial_recipe import DIVERGED, describe_obstacle
from ganzoo.printing.terminal import Terminal
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import last_saved
from ganzoo.training.train import train
from ganzoo.training.tuning import StepTimer

TIMED = 0.5  # seconds for which steps are timed, but for the fewest
Tables = Mapping[str, Any]
StepTick = Callable[[int], None]


class TrialFailed(GanzooError):
    """A candidate that cannot be trained or measured; the message says why."""


class StopAt(Callback):
    """Stops a training after a step, and tells of each step.

    tick: called with the number of steps that are made.
    """

    def __init__(self, stop: int, tick: StepTick) -> None:
        self.stop, self.tick = stop, tick

    def on_step(self, training: Training) -> None:
        """Stop if that was the step."""
        self.tick(training.step)
        if training.step >= self.stop:
            training.stop(f"trial: compared after step {self.stop}")


@dataclass
class TrialRunner:
    """Carries out trials, one after the other, in this process.

    yardstick: by what they are measured, once the plan's own recipe was looked at.
    network: of that, for all trials.
    """

    yardstick: Yardstick | None = None
    network: object = None
    device: str = ""

    def look_at(self, tables: Tables) -> Any:
        """Find out by what trials are measured, of the plan's own recipe.

        Returns what identifies the images, as JSON.

        Raises:
            NothingToCompare: no trials are possible.
            GanzooError: the recipe has faults, or images cannot be read.
        """
        blueprint = check_recipe(tables, count=False).blueprint
        self.yardstick = find_yardstick(blueprint)
        self.network = self.yardstick.open_network()
        data = blueprint.dataset
        assert data is not None
        data.prepare()
        share = blueprint.recipe.checkpoints.validation
        validation = find_validation(data, share, self.yardstick)
        self.device = "cpu" if wants_cpu(blueprint.recipe.train.device) else ""
        return [data.fingerprint(), getattr(validation, "digest", "")]

    def time_step(self, tables: Tables) -> float:
        """The seconds of a step.

        Raises:
            TrialFailed: the recipe has faults, or a step fails.
        """
        with failing():
            experiment = build_recipe(tables)
            return StepTimer(experiment, self.device == "cpu", most_seconds=TIMED)({})

    def train(self, tables: Tables, folder: Path, stop: int, tick: StepTick) -> None:
        """Train up to a step, from where the folder's run is.

        Raises:
            TrialFailed: it diverges, or cannot be trained.
            Stopped: a signal asked to stop; the run is saved.
        """
        saved = last_saved(folder) if RunPaths(folder).is_run() else None
        if saved is None:
            remove(folder)  # a run that ended before its first checkpoint
        elif saved >= stop:
            return
        begins = saved is None
        with failing():
            self._train(build_recipe(tables, start=begins), folder, not begins, StopAt(stop, tick))

    def measure(self, folder: Path) -> MeasuredTrial:
        """Measure the run in a folder on validation samples.

        Raises:
            TrialFailed: its model or the images cannot be read.
        """
        assert self.yardstick is not None
        with failing():
            device = find_device(self.device)
            return measure_trial(RunPaths(folder).model, self.yardstick, device)

    def _train(self, experiment: Experiment, folder: Path, resume: bool, stop: StopAt) -> None:
        quiet = Terminal(quiet=True)
        ended = train(experiment, folder, resume=resume, console=quiet, callbacks=[stop])
        if ended.asked:
            raise Stopped
        if ended.alarm == DIVERGED or not _is_finite(experiment.networks.values()):
            raise TrialFailed(f"it diverged: losses or weights are no numbers by step {ended.step}")


def _is_finite(networks: Iterable[nn.Module]) -> bool:
    parameters = (p for network in networks for p in network.parameters())
    return all(bool(each.isfinite().all()) for each in parameters)


@contextmanager
def failing() -> Iterator[None]:
    """Whatever ends a trial is its own failure, and no other trial's.

    Raises:
        TrialFailed: what was raised inside.
    """
    try:
        yield
    except (Stopped, TrialFailed):
        raise
    except Exception as error:  # a stranger's component may raise anything
        raise TrialFailed(describe_obstacle(error)) from error
