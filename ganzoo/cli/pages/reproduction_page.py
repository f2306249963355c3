"""What `ganzoo reproduce` will do, before it does it: systems, seeds, commands, machine, time."""

from __future__ import annotations

import os
import shlex
from collections import Counter

import torch

from ganzoo.cli.pages.columns import print_columns
from ganzoo.compare.run_scores import parameters
from ganzoo.compare.systems import System, SystemRun
from ganzoo.printing.text import say
from ganzoo.reproduce.expected_time import expect_seconds, format_seconds
from ganzoo.reproduce.reproduction import Reproduction
from ganzoo.training.environment import cpu_name


def print_plan(planned: Reproduction, training: bool) -> None:
    """Print the plan: what is trained in which order, and what is not."""
    budget, runs = planned.budget, planned.runs
    states = Counter(run.state for _, run in runs)
    say(f"tables: {', '.join(table.key for table in planned.tables)}")
    say(f"budget {budget.key}: {budget.summary}")
    say(f"data: {budget.data}")
    say(f"machine: {cpu_name()}, {os.cpu_count()} cores, torch {torch.__version__}")
    say(f"runs: {len(planned.systems)} systems, {len(runs)} runs, {states['finished']} finished")
    for table in planned.tables:
        _say_not_run(planned, table.key)
    if training:
        for system in planned.systems.values():
            _say_missing(system)
        say(f"time: {format_seconds([expect_seconds(*each) for each in runs])}")


def print_checked(planned: Reproduction) -> None:
    """Print a line for each system: its weights and the size of its images, or what is wrong."""
    rows = []
    for key, system in planned.systems.items():
        sizes = [variable.size for variable in system.blueprint.variables.values()]
        height, width = next((size for size in sizes if size), (0, 0))
        weights = f"{parameters(system.blueprint) / 1e6:.2f} M"
        shown = weights, f"{width} x {height} px", str(system.blueprint.recipe.train.length)
        rows.append((key, system.trainings[0].source, *shown, "ok"))
    print_columns(rows)
    for key, why in planned.refused.items():
        say(f"{key}: {why}", err=True)
    say(f"{len(planned.systems)} systems can be trained, {len(planned.refused)} cannot")


def _say_missing(system: System) -> None:
    """The command of the first run of a system that is missing, and the seeds that are."""
    missing = {n: run for n, run in enumerate(system.trainings) if run.state in ("new", "begun")}
    if missing:
        times = [expect_seconds(system, run) for run in missing.values()]
        seeds = ", ".join(map(str, missing))
        say(f"{system.name}: seeds {seeds}; time: {format_seconds(times)}")
        say(f"  {_command(next(iter(missing.values())))}")


def _say_not_run(planned: Reproduction, key: str) -> None:
    table = next(table for table in planned.tables if table.key == key)
    if table.not_run:
        say(f"not run: {key}: {table.not_run}")
        return
    for name in table.systems:
        if why := planned.why_not_run(name):
            say(f"not run: {key}: {name}: {why}")


def _command(run: SystemRun) -> str:
    return shlex.join(["ganzoo", *run.words])
