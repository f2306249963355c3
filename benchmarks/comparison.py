"""The comparison that most commands make: processes started, checked, and taking turns."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.result import Result, make_rows
from benchmarks.turns import Process, interleave, started
from benchmarks.variants import Variant

Check = Callable[[Mapping[str, Process]], None]


def no_check(processes: Mapping[str, Process]) -> None:
    """Nothing to compare but times."""


def compare(
    options: argparse.Namespace,
    variants: Sequence[Variant],
    title: str,
    settings: Mapping[str, Any],
    items: int = 0,
    check: Check = no_check,
) -> Result:
    """Let variants take turns; the first is the baseline.

    options: the shared ones, and those of variants.
    settings: what the table says about all of them.
    items: how many images a turn handles.
    check: raises Refused where the processes do not do the same.
    """
    options.report(f"{title}: preparing {'; '.join(each.name for each in variants)}")
    with started(variants) as processes:
        check(processes)
        interleave(processes, 1, options.warmup, lambda text: None)
        turns = interleave(processes, options.repeats, options.rounds, options.report)
        facts = {name: process.facts for name, process in processes.items()}
    rows = make_rows(turns, variants[0].name, items, facts)
    shown = {**settings, "set": " ".join(options.overrides) or "nothing"}
    return Result(title, options.command, shown, rows)
