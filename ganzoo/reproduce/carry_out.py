"""Trains the runs of a reproduction one after the other, and measures each as soon as it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from ganzoo.compare.run_scores import CPU, measure
from ganzoo.compare.systems import System, SystemRun
from ganzoo.compare.train_systems import train
from ganzoo.errors import GanzooError
from ganzoo.evaluation.measuring import Tell
from ganzoo.reproduce.reproduction import Reproduction
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import describe


def carry_out(
    planned: Reproduction,
    say: Tell,
    device: torch.device = CPU,
    *,
    training: bool = True,
    after_each: Callable[[], object] = lambda: None,
) -> list[Path]:
    """Train what is missing and measure what is finished; returns the folders that failed.

    training: whether to train; otherwise only finished runs are measured.
    after_each: called after every run that was trained.

    Raises:
        Stopped: a signal stopped the training.
    """
    failed = []
    for number, (system, planned_run) in enumerate(planned.runs, 1):
        place, run = f"[{number}/{len(planned.runs)}]", _as_it_is_now(planned_run)
        if run.state == "busy":
            say(f"{place} {run.folder}: another process trains it, and it is passed over")
        elif run.state == "finished":
            failed += _measured(planned, system, run, say, device)
        elif training:
            is_trained = train(system, run, place, say)
            failed += _measured(planned, system, run, say, device) if is_trained else [run.folder]
            after_each()
    return failed


def _as_it_is_now(run: SystemRun) -> SystemRun:
    """A run whose turn has come, as another process may have left it since the plan was made."""
    if run.state == "finished" or not RunPaths(run.folder).is_run():
        return run
    state = describe(run.folder).state
    if state in ("running", "elsewhere"):
        return replace(run, state="busy")
    if state == "finished":
        return replace(run, state="finished")
    return replace(run, state="begun" if RunPaths(run.folder).saved() else "new")


def _measured(
    planned: Reproduction, system: System, run: SystemRun, say: Tell, device: torch.device
) -> list[Path]:
    """Measure a finished run's last and best model; returns its folder if that fails."""
    metrics = planned.metrics[system.name]
    models = [False, *([True] if RunPaths(run.folder).best_model.exists() else [])]
    failed = []
    for best in models:
        try:
            measure(system, run, metrics, say, device, best=best)
        except GanzooError as error:
            say(f"{run.folder}: its {'best' if best else 'last'} model cannot be measured: {error}")
            failed.append(run.folder)
    return failed[:1]
