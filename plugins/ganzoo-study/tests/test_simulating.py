"""Participants of known skill answer over HTTP; the report knows their skill."""

from __future__ import annotations

import csv
import re
import statistics
from collections import Counter

import numpy as np
import pytest
from ganzoo.cli import app
from typer.testing import CliRunner

from ganzoo_study.scoring import score
from ganzoo_study.simulating import simulate
from ganzoo_study.skills import Habits, Skill
from ganzoo_study.study_file import read_study


def study(*words):
    done = CliRunner().invoke(app, ["study", *map(str, words)])
    return done.exit_code, done.output


def test_the_report_finds_the_skill_that_was_put_in(make, tmp_path):
    """With people who tire, click at random, leave, reload and send twice."""
    folder = make(trials=10, practice=2, repeats=True)
    before = (folder / "study.json").read_bytes()
    rates = ("--rate", "one=20", "--rate", "two=60", "--participants", 40, "--dropouts", 15)
    habits = ("--reloads", 20, "--lost", 20, "--fatigue", 20, "--clickers", 10, "--seed", 3)
    code, said = study("simulate", folder, tmp_path / "s", *rates, *habits)
    assert code == 0, said
    assert (folder / "study.json").read_bytes() == before
    assert "nobody has taken part yet" in study("report", folder)[1], (
        "the study itself is untouched"
    )
    known = {"one": (0.2 * 0.9 + 0.05) * 0.9 + 0.05, "two": (0.6 * 0.9 + 0.05) * 0.9 + 0.05}
    for name, rate in known.items():
        assert re.search(rf"{name} +{100 * rate:.1f} .*holds it", said), said
    code, told = study("report", tmp_path / "s")
    assert code == 0, told
    assert told.count("These participants are simulated") == 1
    with (tmp_path / "s" / "report" / "responses.csv").open() as file:
        rows = list(csv.DictReader(file))
    finished = {row["participant"] for row in rows if row["finished"] == "1"}
    assert len(finished) == int(re.search(r"(\d+) finished", said)[1]) < 40
    assert max(Counter((r["participant"], r["trial"], r["practice"]) for r in rows).values()) == 1
    reloads = sum(int(row["showings"]) - 1 for row in rows)
    assert 0 < reloads <= int(re.search(r"(\d+) reloads", said)[1]), "no more than three showings"
    for name in known:
        scored = [
            r for r in rows if (r["method"], r["practice"], r["finished"]) == (name, "0", "1")
        ]
        share = 100 * statistics.fmean(int(row["taken_for_real"]) for row in scored)
        line = next(line for line in said.splitlines() if line.startswith(name))
        assert f" {share:.1f} ± " in line
        assert f"{share:.1f} ± " in next(li for li in told.splitlines() if li.startswith(name))
    assert "participants are simulated; serve the study" in study("serve", tmp_path / "s")[1]


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_certainty_is_reported_to_the_last_answer(make, tmp_path, rate):
    """Who is always, or never, fooled: no order, ticket, reload or repeated answer mixes it up."""
    folder = make(methods=["one"], trials=9, practice=3)
    outcome = simulate(
        folder, tmp_path / "s", {"one": Skill(rate)}, Habits(0.0, 0.3, 0.3), 8, seed=1
    )
    assert (outcome.finished, outcome.participants) == (8, 8)
    assert (outcome.scores["one"].share, outcome.scores["one"].trials) == (rate, 72)
    assert min(outcome.reloads, outcome.repeats) > 5


def test_what_cannot_be_simulated_is_said(make, tmp_path):
    folder = make()
    (tmp_path / "there").mkdir()
    for words, said in (
        (["--rate", "one=20"], "say how often each method passes for real, as --rate two=27"),
        (["--rate", "20"], "--rate 20: give a method's name"),
        (["--rate", "oen=20"], "Did you mean 'one'?"),
        (["--rate", "one=200", "--rate", "two=2"], "--rate one=200: a rate is 0 to 100 %"),
    ):
        code, output = study("simulate", folder, tmp_path / "s", *words)
        assert (code, output.count("\n"), said in output) == (2, 1, True), output
    rates = ("--rate", "one=20", "--rate", "two=20")
    assert "already exists" in study("simulate", folder, tmp_path / "there", *rates)[1]
    assert not (tmp_path / "s").exists()
    next((folder / "images").iterdir()).unlink()
    assert "cannot be written (No such file" in study("simulate", folder, tmp_path / "s", *rates)[1]
    assert not list(tmp_path.glob(".s*"))
    assert read_study(folder).simulated is False


def coverage(skill, people, studies, rng):
    """In how many simulated studies the interval holds what endlessly many people would score."""
    held = 0
    for number in range(studies):
        rates = skill.draw_rates(rng, (people,))
        rows = rng.random((people, 40)) < rates[:, None]
        found = score(rows.tolist(), draws=400, seed=number)
        held += found.low <= skill.expected(40) <= found.high
    return held / studies


def test_intervals_hold_the_truth_in_95_of_100_studies():
    """Where participants differ as in the paper (sd 12 points); docs/study.md has more of them."""
    share = coverage(Skill(0.27, 0.12), 25, 400, np.random.default_rng(8))
    assert 0.92 <= share <= 0.99
