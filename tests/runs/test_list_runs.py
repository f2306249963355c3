"""`ganzoo list runs`: every state a run can be in, from small JSON files."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.runs.listing import describe
from ganzoo.runs.system_processes import read_start_time

ENTRY = {
    "started": "2026-01-02T03:04:05+00:00",
    "host": socket.gethostname(),
    "device": "cpu",
    "processes": 2,
}


def make(folder, state="stopped", step=54, **entry):
    """A run's folder, as far as a listing reads it."""
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text('name = "tiny"\n')
    starts = [ENTRY, {**ENTRY, "started": "later", **entry}]
    content = {"state": state, "step": step, "steps": 200, "starts": starts}
    (folder / "run.json").write_text(json.dumps(content))
    return folder


def listed(*words):
    done = CliRunner().invoke(app, ["list", "runs", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_line_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "runs" / "b", state="finished", step=200)
    scores = {"labels": {"model": {"class_iou": 0.53333, "x": 1.0}, "mean layout": {"x": 9}}}
    (tmp_path / "runs" / "b" / "metrics.json").write_text(json.dumps(scores))
    make(tmp_path / "runs" / "group" / "a")
    (tmp_path / "runs" / "no-run").mkdir()
    lines = [line.split("\t") for line in listed().splitlines()]
    changed = [line.pop(5) for line in lines]
    started = "2026-01-02T03:04:05+00:00"
    assert lines == [
        ["runs/b", "tiny", "finished", "200/200", started, "cpu x 2", "class iou 0.533, x 1.000"],
        ["runs/group/a", "tiny", "stopped", "54/200", started, "cpu x 2", ""],
    ]
    assert all(time[:2] == "20" and "T" in time for time in changed)


def test_json_has_numbers(tmp_path):
    make(tmp_path / "a")
    [row] = json.loads(listed("--in", str(tmp_path), "--json"))
    assert (row["run"], row["step"], row["steps"]) == (str(tmp_path / "a"), 54, 200)
    assert (row["processes"], row["scores"]) == (2, {})


def test_running_means_that_this_very_process_is_alive(tmp_path):
    alive = {"pid": os.getpid(), "process_started": read_start_time()}
    gone = subprocess.Popen([sys.executable, "-c", ""])
    born = read_start_time(gone.pid)
    gone.wait()
    states = {
        "running": alive,
        "interrupted": {"pid": gone.pid, "process_started": born},
        "elsewhere": {**alive, "host": "another"},
    }
    for state, entry in states.items():
        assert describe(make(tmp_path / state, state="running", **entry)).state == state
    reused = make(
        tmp_path / "reused", state="running", **{**alive, "process_started": read_start_time() - 9}
    )
    assert describe(reused).state == "interrupted"


def test_a_run_that_goes_on_is_as_far_as_its_log(tmp_path):
    alive = {"pid": os.getpid(), "process_started": read_start_time()}
    folder = make(tmp_path / "a", state="running", step=40, **alive)
    (folder / "log.jsonl").write_text('{"step": 50}\n{"step": 75}\n{"step": 8')
    assert describe(folder).step == 75
    stopped = make(tmp_path / "b", step=40)
    (stopped / "log.jsonl").write_text('{"step": 75}\n')
    assert describe(stopped).step == 40, "what is not saved is lost"


@pytest.mark.parametrize(
    "record",
    ["", "{", "[]", '{"starts": 3}', '{"starts": [3]}', '{"starts": []}',
     '{"state": "running", "starts": [{"host": "HOST"}]}', '{"state": [], "starts": [[]]}'],
)  # fmt: skip
def test_a_broken_run_does_not_break_the_list(tmp_path, record):
    make(tmp_path / "whole")
    broken = make(tmp_path / "broken")
    (broken / "run.json").write_text(record.replace("HOST", socket.gethostname()))
    (broken / "recipe.toml").write_bytes(b"\xff\xfe")
    (broken / "metrics.json").write_text("[1]")
    rows = json.loads(listed("--in", str(tmp_path), "--json"))
    assert [(row["recipe"], row["state"]) for row in rows] == [
        ("?", "damaged"),
        ("tiny", "stopped"),
    ]


def test_a_run_of_an_older_ganzoo_has_no_record(tmp_path):
    folder = make(tmp_path / "a")
    (folder / "run.json").unlink()
    (folder / "checkpoints" / "step-00000012").mkdir(parents=True)
    run = describe(folder)
    assert (run.state, run.progress, run.recipe) == ("unrecorded", "12/?", "tiny")


def test_where_to_look(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert listed() == ""
    assert CliRunner().invoke(app, ["list", "runs", "--in", "nowhere"]).exit_code == 2
    assert CliRunner().invoke(app, ["list", "recipes", "--in", "."]).exit_code == 2
    make(tmp_path / "runs" / "a")
    assert listed("--in", "runs/a").startswith("runs/a\t")
    overview = CliRunner().invoke(app, ["list"]).output
    assert "\nruns\n  runs/a  stopped, 54/200 steps\n" in overview
