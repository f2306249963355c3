"""A benchmark's rows, whatever its ways do; their processes are played by objects of the tests."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from ganzoo.benchmarking import benchmark_run as benchmark_module
from ganzoo.benchmarking.benchmark_rows import NOT_REACHED, as_json, explain, table_of
from ganzoo.benchmarking.benchmark_run import Benchmark
from ganzoo.benchmarking.way_process import WayFailed, WayProcess
from ganzoo.benchmarking.ways import (
    PLAIN,
    Way,
    list_ways,
    read_engines,
    read_precisions,
    read_sizes,
)
from ganzoo.builder.opening import Opening
from ganzoo.errors import GanzooError

FACTS = {"model": "m", "output": "G(x)", "side": 64, "device": "cpu", "threads": 2, "bf16": ""}
SPEEDS = {"plain eager": 0.4, "eager": 0.2, "onnxruntime": 0.1, "openvino": 0.05}


class PlayedProcess:
    """A way that takes as long as its engine in SPEEDS, and twice that at 128 px.

    fails: what it raises, by question.
    """

    def __init__(self, way, fails):
        self.way, self.fails, self.closed = way, fails, False
        self.asked = []

    def send(self, question, *content):
        self.asked.append(question)

    def receive(self):
        return self.ask(self.asked.pop())

    def ask(self, question, *content):
        if question in self.fails:
            raise self.fails[question]
        return getattr(self, f"_{question}")(*content)

    def close(self):
        self.closed = True

    def _open(self):
        return None

    def _describe(self):
        return dict(FACTS)

    def _prepare(self, side):
        self.side = side
        return SPEEDS[self.way.name] * side / 64

    def _count_lanes(self):
        return 2 if self.side == 64 else 1

    def _results(self):
        return [np.full((3, 2, 2), 0.25 if self.way.precision == "bf16" else 0.0)]

    def _measure_peak(self):
        return self.side * 10**6

    def _time_one(self, count):
        return SPEEDS[self.way.name] * self.side / 64

    def _time_many(self, count):
        return SPEEDS[self.way.name] / 2

    def _score(self):
        return "labels.accuracy", 0.875


@pytest.fixture
def played(monkeypatch):
    """Starts a benchmark: what each way fails at, by name and precision."""
    monkeypatch.setattr(benchmark_module, "check_engine", lambda *_: None)
    monkeypatch.setattr("ganzoo.benchmarking.turns.REST", 0)
    started = []

    def start_all(fails=None, **settings):
        def start(way):
            mine = (fails or {}).get((way.name, way.precision), {})
            started.append(PlayedProcess(way, mine))
            return started[-1]

        ways = list_ways(read_engines(""), read_precisions(""))
        given = {"sides": [64, 128], "repeats": 3, "metric": True, **settings}
        return Benchmark(
            Opening(Path(__file__)), "", ways, given["sides"], None, given["repeats"], 60.0,
            given["metric"], tell=lambda _: None, start=start,
        )  # fmt: skip

    yield start_all
    assert all(process.closed for process in started)


def test_each_way_is_a_row_of_each_size(played):
    done = played()
    done.run()
    rows = {(row.side, row.way): row for row in done.rows}
    assert len(rows) == 2 * 7
    fast = rows[128, Way("openvino", "bf16")]
    assert fast.milliseconds.median == pytest.approx(100)
    assert fast.times_as_fast.median == pytest.approx(8)
    assert fast.images_a_second == pytest.approx(10)
    assert (fast.peak_bytes, fast.largest_difference, fast.score) == (128 * 10**6, 0.25, None)
    light = rows[64, Way("eager", "float32")]
    assert light.milliseconds.median == pytest.approx(200)
    assert light.images_a_second == pytest.approx(10), "two at a time"
    assert (light.times_as_fast.median, light.largest_difference) == (pytest.approx(2), 0.0)
    assert light.score == 0.875
    assert rows[64, PLAIN].times_as_fast.median == 1
    head, cells = table_of(done.rows, done.score)
    assert head[-1] == "labels.accuracy"
    assert cells[1] == [
        "64 px", "eager", "float32", "200 (200-200)", "2.00 (2.00-2.00)", "10.0", "64 MB",
        "0.0e+00", "0.8750",
    ]  # fmt: skip
    assert explain(done.rows, done.remarks) == []


def test_json_holds_what_the_table_does(played):
    done = played(sides=[64])
    done.run()
    read = json.loads(json.dumps(as_json(done.facts, done.rows, done.score, done.remarks)))
    assert (read["model"], read["score"], len(read["rows"])) == ("m", "labels.accuracy", 7)
    for row, there in zip(done.rows, read["rows"], strict=True):
        assert there["engine"] == row.way.name
        assert there["milliseconds"]["median"] == row.milliseconds.median
        assert there["times_as_fast"]["low"] == row.times_as_fast.low
        assert there["peak_bytes"] == row.peak_bytes
        assert there["score"] == row.score


def test_ways_that_fail_become_rows_with_the_reason(played):
    fails = {
        ("onnxruntime", "bf16"): {"open": WayFailed("no bf16")},
        ("openvino", "float32"): {"time_one": WayFailed("killed by SIGKILL")},
        ("plain eager", "float32"): {"score": WayFailed("no data")},
    }
    done = played(fails, sides=[64])
    done.run()
    reasons = {(r.way.name, r.way.precision): r.reason for r in done.rows if r.reason}
    assert reasons == {
        ("onnxruntime", "bf16"): "no bf16",
        ("openvino", "float32"): "killed by SIGKILL",
    }
    assert "64 px, onnxruntime, bf16: no bf16" in explain(done.rows, done.remarks)
    assert explain(done.rows, done.remarks)[-1] == "no score of the recipe: no data"


def test_missing_packages_are_rows(played, monkeypatch):
    def check(engine, precision, device):
        if engine == "openvino":
            raise GanzooError("--engine openvino needs the package openvino: pip install it")

    monkeypatch.setattr(benchmark_module, "check_engine", check)
    done = played(sides=[64])
    done.run()
    missing = [row for row in done.rows if row.way.engine == "openvino"]
    assert len(missing) == 2
    assert all("pip install it" in row.reason for row in missing)


def test_a_stop_leaves_what_was_measured(played):
    fails = {("openvino", "bf16"): {"score": KeyboardInterrupt()}}
    done = played(fails, sides=[64])
    with pytest.raises(KeyboardInterrupt):
        done.run()
    assert done.rows[0].milliseconds is not None
    early = played({("eager", "bf16"): {"prepare": KeyboardInterrupt()}}, sides=[64, 128])
    with pytest.raises(KeyboardInterrupt):
        early.run()
    assert {row.reason for row in early.rows} == {NOT_REACHED}


def test_a_model_that_cannot_be_opened_is_refused(played):
    fails = {("plain eager", "float32"): {"describe": WayFailed("m: there is no model")}}
    with pytest.raises(GanzooError, match="there is no model"):
        played(fails).run()


def test_a_process_answers_and_its_end_is_told():
    process = WayProcess(PLAIN, (Opening(Path(__file__)), "", PLAIN, None), 60)
    os.kill(process._process.pid, signal.SIGINT)  # Ctrl-C is the parent's, from the first moment
    try:
        with pytest.raises(WayFailed, match="test_benchmark"):
            process.ask("describe")
        process._process.kill()
        with pytest.raises(WayFailed, match="killed by SIGKILL; the system does so when memory"):
            process.ask("describe")
    finally:
        process.close()
    assert not process._process.is_alive()


def test_options_are_read_before_anything_is_opened():
    assert read_sizes("256, 64,64") == [64, 256]
    assert read_engines("openvino,openvino") == ["openvino"]
    with pytest.raises(GanzooError, match=r"there is no engine 'openvin'.*openvino"):
        read_engines("openvin")
    with pytest.raises(GanzooError, match="--precisions: there is no precision 'fp16'"):
        read_precisions("fp16")
    for text in ("0", "x", "64,-1", "99999"):
        with pytest.raises(GanzooError, match="--sizes"):
            read_sizes(text)
