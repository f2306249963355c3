"""kill -9 at random moments: the end is bit-equal to the uninterrupted run's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from ganzoo.runs.checkpoint_folders import find_damage
from ganzoo.runs.layout import list_checkpoints

AGAINST = {"real": "D_Y(y)", "fake": "D_Y(G(x))"}
HISTORY = {"type": "history", "size": 3}
# Histories, averages, a loss with a buffer, a metric and its best model, two data workers.
SETTINGS = {
    "losses.adversarial_Y": {"type": "mine.began", **AGAINST, "buffer": HISTORY},
    "losses.adversarial_X.buffer.size": 3,
    "ema": {"decay": 0.7},
    "metrics": {
        "cycle": {
            "type": "cycle_error",
            "prediction": "F(G(x))",
            "target": "x",
            "every": "2 steps",
        }
    },
    "train.length": "12 steps",
    "train.log_every": "1 step",
    "train.workers": 2,
    "samples.every": "6 steps",
    "samples.count": 1,
    "checkpoints.every": "2 steps",
}


def lines(file):
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "time"} for line in found]


def contents(out):
    """All that a run made, but for times."""
    [*_, (step, last)] = list_checkpoints(out / "checkpoints")
    assert find_damage(last) == ""
    kept = {
        f"{file.name}/{name}": tensor.numpy().tobytes()
        for file in sorted(last.glob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }
    logs = {name: lines(out / name) for name in ("log.jsonl", "evaluations.jsonl")}
    names = ("model.safetensors", "best.safetensors", "best.json", "metrics.json", "recipe.toml")
    files = {name: (out / name).read_bytes() for name in names}
    files |= {path.name: path.read_bytes() for path in (out / "samples").glob("*.png")}
    return {"step": step, **kept, **logs, **files}


@pytest.mark.case("B2", "C12", "C13")
@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_the_end_is_that_of_the_uninterrupted_run(tiny, tmp_path, kills):
    (tmp_path / "settings.json").write_text(json.dumps({**tiny(), **SETTINGS}))
    words = [Path(__file__).with_name("killing.py"), tmp_path / "settings.json", tmp_path / "run"]
    done = subprocess.run(
        [sys.executable, *map(str, words), str(kills), "5"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("killed") == kills
    print(done.stdout)
    whole, killed = contents(tmp_path / "measure"), contents(tmp_path / "run")
    assert whole.keys() == killed.keys()
    assert [name for name in whole if whole[name] != killed[name]] == []
    assert not [*(tmp_path / "run").rglob("*.part")]
    assert not (tmp_path / "run" / ".lock").exists()
