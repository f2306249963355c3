"""`ganzoo.train`: training as Python users ask for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ganzoo.builder import Experiment, build_recipe
from ganzoo.printing.terminal import Terminal
from ganzoo.recipe.loading import Source
from ganzoo.recipe.overrides import Overrides
from ganzoo.runs.path_checks import refuse_taken
from ganzoo.training.outcome import Outcome
from ganzoo.training.train import train as train_into


def train(
    experiment: Experiment | Source,
    out: str | Path,
    *,
    overrides: Overrides = (),
    resume: bool = False,
    changes: Sequence[str] = (),
    stop_after: float | None = None,
    quiet: bool = False,
) -> Outcome:
    """Train into a new folder, as `ganzoo run` does, or go on with the run that is there.

        outcome = ganzoo.train("cyclegan", "runs/mine", overrides={"train.length": "2 epochs"})
        outcome = ganzoo.train("runs/mine", "runs/mine", resume=True)  # after Ctrl-C, or a crash

    experiment: of `build_recipe`; or what that takes, as a recipe's name or a run's folder.
    out: the run's folder. It gets the recipe, the log, samples, checkpoints, the model, a report.
    overrides: settings of a recipe that is not built yet, as of `build_recipe`.
    resume: go on from the last checkpoint in `out`, bit for bit as without the break.
    changes: the settings in which the recipe may then differ from the run's, on purpose and on
        record, as `["optimizers.default.lr"]`; "data" allows other images.
    stop_after: seconds, more than 0, after which training is saved and stopped, as after Ctrl-C.
    quiet: print nothing.

    Raises:
        RecipeError: everything that is wrong with the recipe, each fault with its path.
        RunError: the folder is taken; or it holds no run of this recipe that can be resumed.
        DataError, DeviceError: images are missing; the device cannot do what the recipe asks for.
        ValueError: overrides for what is built already, or no time to train in.
    """
    until = _deadline(stop_after)
    built = _built(experiment, overrides, None if resume else Path(out))
    console = Terminal(quiet=quiet)
    return train_into(
        built, Path(out), resume=resume, console=console, until=until, changes=changes
    )


def _deadline(stop_after: float | None) -> float | None:
    if stop_after is not None and not stop_after > 0:
        raise ValueError(f"stop_after = {stop_after}: give seconds, more than 0")
    return None if stop_after is None else time.time() + stop_after


def _built(source: Experiment | Source, overrides: Overrides, new: Path | None) -> Experiment:
    """The experiment, built once it is sure that its folder is free.

    new: the folder of a run that starts; None for one that goes on, whose weights are there.
    """
    if new:
        refuse_taken(new)
    if not isinstance(source, Experiment):
        return build_recipe(source, overrides, start=new is not None)
    if overrides:
        raise ValueError("overrides are for a recipe; this experiment is built already")
    return source
