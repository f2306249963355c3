"""Measures a model by several ways at several sizes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.benchmarking.benchmark_rows import BenchmarkRow
from ganzoo.benchmarking.turns import Clock, WayLeftOut, take_turns
from ganzoo.benchmarking.way_process import WayFailed, WayProcess
from ganzoo.benchmarking.ways import PLAIN, Way
from ganzoo.builder.opening import Opening
from ganzoo.errors import GanzooError
from ganzoo.inference.engines.engine_choice import PACKAGES, check_engine

TURN = 0.15  # seconds of plain eager that a turn takes, about
MOST = 50  # images in a turn
# What share of the time limit the turns may take; the rest is for opening and metrics.
TURNS = 0.5

Start = Callable[[Way], WayProcess]


@dataclass
class Benchmark:
    """A model that is measured; rows fill as it goes on, so that a stop leaves what there is.

    opening: how the model is opened, its engine and precision aside.
    output: the output's name; "" is the first one. images: a folder of images, if any.
    sides: px of the images; empty for the size of training.
    limit: the seconds that it may take, roughly. metric: whether the recipe's metric is computed.
    tell: gets a word on what is done now.

    facts: what was measured. score: the name of the metric's score. remarks: sentences.
    """

    opening: Opening
    output: str
    ways: Sequence[Way]
    sides: Sequence[int]
    images: Path | None
    repeats: int
    limit: float
    metric: bool
    tell: Callable[[str], None]
    clock: Clock = time.perf_counter
    start: Start | None = None
    rows: list[BenchmarkRow] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    score: str = ""
    remarks: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Measure all.

        Raises:
            GanzooError: the model cannot be opened at all.
        """
        self._began = self.clock()
        self._processes: dict[Way, WayProcess] = {}
        try:
            self._open()
            for side in self._sizes:
                self._measure(side)
            if self.metric:
                self._evaluate()
        finally:
            for process in self._processes.values():
                process.close()

    def _open(self) -> None:
        """Start a process for each way, plain eager first, which knows the model."""
        self.tell("opening the model")
        plain = self._start(PLAIN)
        self._processes[PLAIN] = plain
        try:
            self.facts = plain.ask("describe")
        except WayFailed as error:
            raise GanzooError(str(error)) from None
        known = self.facts["side"]
        self._sizes = [None] if known is None else [*self.sides] or [known]
        self.rows = [BenchmarkRow(side, way) for side in self._sizes for way in self.ways]
        reasons = {way: self._hindrance(way) for way in self.ways}
        able = [way for way, reason in reasons.items() if not reason]
        self._make_graphs(able)
        self._processes |= {way: self._start(way) for way in able if way != PLAIN}
        for process in self._processes.values():
            process.send("open")
        for way, process in self._processes.items():
            try:
                process.receive()
            except WayFailed as error:
                reasons[way] = str(error)
        for way, reason in reasons.items():
            if reason:
                self._leave_out(way, reason)

    def _start(self, way: Way) -> WayProcess:
        if self.start is not None:
            return self.start(way)
        return WayProcess(way, (self.opening, self.output, way, self.images))

    def _hindrance(self, way: Way) -> str:
        """Why a way cannot be measured, as far as that is known before; "" if nothing is."""
        if way.engine is None:
            return ""
        try:
            check_engine(way.engine, way.precision, self.opening.device)
        except GanzooError as error:
            return str(error)
        return ""

    def _make_graphs(self, ways: Sequence[Way]) -> None:
        """Let a process of its own put graphs into the cache, whose memory then counts for none."""
        first = next((way for way in ways if way.engine in PACKAGES), None)
        if first is None:
            return
        self.tell("making the networks' graphs")
        process = self._start(first)
        try:
            for side in self._sizes:
                process.ask("prepare", side)
        except WayFailed:
            return  # the way itself will say so
        finally:
            process.close()

    def _measure(self, side: int | None) -> None:
        """Measure all ways at a size."""
        rows = {
            row.way: row for row in self.rows if row.side == side and row.way in self._processes
        }
        first: list[Any] = []
        seconds: dict[Way, float] = {}
        several: dict[Way, bool] = {}
        for way, row in rows.items():
            self.tell(f"{row.name}: first images")
            with suppress(WayLeftOut):
                seconds[way] = self._ask(row, "prepare", side)
                several[way] = self._ask(row, "count_lanes") > 1
                results = self._ask(row, "results")
                row.peak_bytes = self._ask(row, "measure_peak")
                first = first or (results if way == PLAIN else [])
                row.largest_difference = _largest_difference(results, first)
        if not seconds:
            return
        count = max(1, min(MOST, round(TURN / next(iter(seconds.values())))))
        self.tell("all in turn")
        ones = self._take_turns([rows[way] for way in seconds], "time_one", count)
        for way, times in ones.items():
            rows[way].take_times(times, ones.get(PLAIN, []))
        many = [rows[way] for way in ones if several[way]]
        for way, times in self._take_turns(many, "time_many", count).items():
            rows[way].images_a_second = 1 / statistics.median(times)

    def _take_turns(
        self, rows: Sequence[BenchmarkRow], question: str, count: int
    ) -> dict[Way, list[float]]:
        """The seconds of an image by each way, in each repeat."""
        turns = {row.way: partial(self._ask, row, question, count) for row in rows}
        limit = self.limit * TURNS / len(self._sizes) / 2
        return take_turns(turns, self.repeats, limit, self.clock)

    def _ask(self, row: BenchmarkRow, question: str, *content: Any) -> Any:
        """Ask the process of a way.

        Raises:
            WayLeftOut: it cannot answer; the row says why.
        """
        try:
            return self._processes[row.way].ask(question, *content)
        except WayFailed as error:
            row.reason = str(error)
            raise WayLeftOut from error

    def _evaluate(self) -> None:
        """The recipe's metric by each way, in the rows of the size of training."""
        known = self.facts["side"]
        rows = [row for row in self.rows if row.side == known and not row.reason]
        for row in rows:
            if self.clock() - self._began > self.limit:
                row.reason = "no score: the time limit was reached; see --time-limit"
                continue
            self.tell(f"{row.name}: the recipe's metric")
            try:
                self.score, row.score = self._processes[row.way].ask("score")
            except WayFailed as error:
                if row.way == PLAIN:
                    self.remarks.append(f"no score of the recipe: {error}")
                    return
                row.reason = f"no score: {error}"

    def _leave_out(self, way: Way, reason: str) -> None:
        """Write down why a way is not measured."""
        if process := self._processes.pop(way, None):
            process.close()
        for row in self.rows:
            if row.way == way:
                row.reason = reason


def _largest_difference(results: Sequence[Any], plain: Sequence[Any]) -> float | None:
    """The largest difference of two lists of arrays; None where one is missing."""
    if not plain:
        return None
    pairs = zip(results, plain, strict=True)
    return max(float(np.abs(one - other).max()) for one, other in pairs)
