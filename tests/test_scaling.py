"""What several calls of `python -m benchmarks scaling` measured comes together in one law."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest


@pytest.fixture
def module(monkeypatch):
    """A module of benchmarks/."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def test_points_of_earlier_calls(module, tmp_path):
    """Points of two calls lie on one line, 1 s + 0.5 s for each GFLOP; unequal calls do not mix."""
    scaling, files = module("scaling"), []
    calls = ("batch", 1, 2, "a"), ("width", 8, 6, "a"), ("size", 9, 1, "b")
    for name, value, flops, base in calls:
        columns, seconds = {"GFLOP": str(flops)}, 1 + flops / 2
        row = {"name": f"{name} {value}", "seconds": seconds, "peak": 7, "columns": columns}
        origin = {"settings": {"set": base}, "date": name, "commit": "", "machine": {}}
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps([{"rows": [row], **origin}]))
    points, origin = scaling.read_points(files[:2])
    assert [(p.dimension, p.value, p.peak) for p in points] == [("batch", 1, 7), ("width", 8, 7)]
    assert scaling.fit_time(points).at(4) == pytest.approx(3)
    assert origin["date"] == "batch"
    with pytest.raises(module("refused").Refused, match="equal settings"):
        scaling.read_points(files)
    files[0].write_text("[{}]")
    with pytest.raises(module("refused").Refused, match=r"batch\.json: no results"):
        scaling.read_points(files)
