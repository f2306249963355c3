"""How many participants a difference needs, and that looking often raises no false alarms."""

from __future__ import annotations

import json
import math
import random
import statistics
from contextlib import closing

import numpy as np
import pytest
from ganzoo.cli import app
from ganzoo.errors import GanzooError
from typer.testing import CliRunner

from ganzoo_study import serving
from ganzoo_study.difference import analyse, compare_shares, decide
from ganzoo_study.plan import plan_trials
from ganzoo_study.records import Answer
from ganzoo_study.sample_size import Assumed, decided_share, plan_difference
from ganzoo_study.skills import Skill
from ganzoo_study.stopping_bounds import (
    find_bounds,
    find_drift,
    normal_to_student,
    spent,
    stopping,
    student_to_normal,
)
from ganzoo_study.study_file import PlannedDifference, read_study

FIFTHS = [0.2, 0.4, 0.6, 0.8, 1.0]


def study(*words):
    done = CliRunner().invoke(app, ["study", *map(str, words)])
    return done.exit_code, done.output


# ---- Bounds


def test_bounds_are_those_of_the_books():
    """Five analyses, 5 % of both sides: as R's ldbounds prints them (Reboussin et al. 2000)."""
    published = [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]
    assert find_bounds(0.05, FIFTHS) == pytest.approx(published, abs=2e-4)
    assert find_bounds(0.05, [1.0]) == pytest.approx([1.959964], abs=1e-5)


def test_bounds_spend_what_they_may():
    """Walks that are simulated step by step, another way to the same numbers."""
    times = [0.3, 0.5, 1.0]
    bounds = find_bounds(0.1, times)
    steps = np.random.default_rng(0).normal(size=(400_000, 3)) * np.sqrt(np.diff([0, *times]))
    for drift in (0.0, 2.5):
        walks = steps.cumsum(1) + drift * np.array(times)
        beyond = np.abs(walks / np.sqrt(times)) >= bounds
        first = np.where(beyond.any(1), beyond.argmax(1), -1)
        shares = [(first == look).mean() for look in range(3)]
        assert stopping(bounds, times, drift) == pytest.approx(shares, abs=0.003)
    assert stopping(bounds, times, 0.0) == pytest.approx(
        [spent(0.1, 0.3), spent(0.1, 0.5) - spent(0.1, 0.3), 0.1 - spent(0.1, 0.5)], abs=1e-9
    )
    assert sum(stopping(bounds, times, find_drift(bounds, times, 0.8))) == pytest.approx(0.8)


def test_few_participants_count_for_less():
    """The tables of Student's t: these are all exceeded in 2.5 % of cases."""
    table = {4: 2.7764, 10: 2.2281, 30: 2.0423, 120: 1.9799}
    for freedom, t in table.items():
        z = student_to_normal(np.array([t, -t]), np.array([float(freedom)] * 2))
        assert z == pytest.approx([1.95996, -1.95996], abs=2e-4)
        assert normal_to_student(1.959964, freedom) == pytest.approx(t, abs=2e-4)


# ---- Two methods compared


def test_welch_by_hand():
    """Means .5 and .2, variances .04 and .01 of four each."""
    first, second = np.array([0.3, 0.5, 0.7, 0.5]), np.array([0.1, 0.2, 0.3, 0.2])
    welch = compare_shares(first, second, 10_000)
    one, two = statistics.variance(first) / 4, statistics.variance(second) / 4
    assert welch.difference == pytest.approx(0.3)
    assert welch.error == pytest.approx(math.sqrt(one + two))
    assert welch.freedom == pytest.approx((one + two) ** 2 / ((one**2 + two**2) / 3))


def test_a_few_who_agree_are_no_certainty():
    """Nobody of five was fooled, everybody of five was: chance is still part of ten answers."""
    welch = compare_shares(np.zeros(5), np.ones(5), 10)
    floor = (1 / 52) * (51 / 52) / 10
    assert welch.error == pytest.approx(math.sqrt(2 * floor / 5))
    assert np.isfinite(welch.z)


def test_analyses_come_at_their_numbers_and_stay():
    """Whoever asks between them, or a hundred times, is told what the last one said."""
    rng = random.Random(3)
    first = [rng.gauss(0.5, 0.1) for _ in range(40)]
    second = [rng.gauss(0.4, 0.1) for _ in range(40)]
    plan = PlannedDifference(
        between=("a", "b"), rates=(0.5, 0.4), spread=0.1, alpha=0.05, power=0.8,
        analyses=(5, 10, 20, 40),
    )  # fmt: skip
    told = [analyse(plan, {"a": first[:n], "b": second[: n + 3]}, 40) for n in range(38)]
    assert [len(analyses) for analyses in told[:20]] == [0] * 5 + [1] * 5 + [2] * 10
    end = analyse(plan, {"a": first, "b": second}, 40)
    assert end[-1].decided
    assert not any(analysis.decided for analysis in end[:-1])
    for analyses in told:
        assert analyses == end[: len(analyses)], "what was said once does not change"
    number = decide(np.array([first]), np.array([second]), 40, (5, 10, 20, 40), 0.05)
    assert end[-1].number == number[0] + 1
    assert end[-1].low > 0, "the interval agrees with the decision"


# ---- Errors, by simulation


@pytest.mark.parametrize(
    "skill", [Skill(0.25, 0.12), Skill(0.05, 0.05), Skill(0.5), Skill(0.3, 0.2)], ids=str
)
def test_no_more_false_alarms_than_planned(skill):
    """Five analyses of 50; a test at each of them by the usual 5 % would be wrong in 14 %."""
    rng, studies = np.random.default_rng(5), 3000
    share = decided_share((skill, skill), 40, (10, 20, 30, 40, 50), 0.05, studies, rng)
    assert share <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / studies)


def test_looking_as_one_pleases_does_raise_them():
    """What the bounds are for: this is what a report without them would do."""
    rng, studies = np.random.default_rng(5), 2000
    shares = [rng.binomial(40, Skill(0.25, 0.12).draw_rates(rng, (studies, 50))) / 40 for _ in "ab"]
    alarms = np.zeros(studies, bool)
    for people in (10, 20, 30, 40, 50):
        alarms |= np.abs(compare_shares(*(s[:, :people] for s in shares), 40).z) > 1.96
    assert alarms.mean() > 0.1


def test_the_interval_holds_whenever_one_stops():
    """At all analyses together, in 95 % of studies."""
    rng, plan = np.random.default_rng(2), PlannedDifference(
        between=("a", "b"), rates=(0.3, 0.2), spread=0.12, alpha=0.05, power=0.8,
        analyses=(10, 20, 30),
    )  # fmt: skip
    held = 0
    for _ in range(300):
        shares = {
            name: rng.binomial(40, Skill(rate, 0.12).draw_rates(rng, (30,))) / 40
            for name, rate in (("a", 0.3), ("b", 0.2))
        }
        held += all(a.low <= 0.1 <= a.high for a in analyse(plan, shares, 40))
    assert held >= 0.95 * 300 - 3 * math.sqrt(300 * 0.05 * 0.95)


@pytest.mark.parametrize(("rates", "spread"), [((0.27, 0.2), 0.12), ((0.05, 0.02), 0.03)])
def test_a_plan_finds_what_it_is_made_for(rates, spread):
    """With other participants than those that it was checked with."""
    plan = plan_difference(Assumed(rates, spread, 40, power=0.8))
    skills = Skill(rates[0], spread), Skill(rates[1], spread)
    rng = np.random.default_rng(99)
    share = decided_share(skills, 40, plan.analyses, 0.05, 4000, rng)
    assert share >= 0.8 - 3 * math.sqrt(0.8 * 0.2 / 4000)
    assert plan.average < plan.fixed <= plan.analyses[-1] < 1.15 * plan.fixed


def test_a_plan_has_the_size_of_the_textbook():
    """One analysis: (1.95996 + 0.84162)^2 (v1 + v2) / d^2, and what t costs."""
    first, second = 0.09 * 0.91 / 1, 0.21 * 0.79 / 1  # one trial: spread is in it already
    exact = (1.959964 + 0.841621) ** 2 * (first + second) / 0.12**2
    plan = plan_difference(Assumed((0.09, 0.21), 0.0, 1, analyses=1))
    assert exact <= plan.analyses[-1] <= 1.05 * exact + 1


# ---- Participants


def test_skills_have_their_moments():
    rng = np.random.default_rng(0)
    skill = Skill(0.3, 0.1, fatigue=0.4, clickers=0.2)
    rates = skill.draw_rates(rng, (200_000,))
    assert rates.mean() == pytest.approx(0.8 * 0.3 + 0.2 * 0.5, abs=0.002)
    awake = Skill(0.3, 0.1).draw_rates(rng, (200_000,))
    assert (awake.mean(), awake.std()) == pytest.approx((0.3, 0.1), abs=0.002)
    tired = [skill.tire(rates, trial, 40).mean() for trial in range(40)]
    assert tired[0] == rates.mean()
    assert statistics.fmean(tired) == pytest.approx(skill.expected(40), abs=0.002)
    scores = rng.binomial(40, awake) / 40
    assert scores.std() == pytest.approx(Skill(0.3, 0.1).deviation(40), abs=0.001)
    with pytest.raises(
        GanzooError, match=r"cannot differ by a spread of 30; it must be under 21.8"
    ):
        Skill(0.05, 0.3)


# ---- The command, and what the report says


def test_a_plan_is_printed():
    code, said = study("plan", "--rate", 27, "--rate", 20)
    assert code == 0, said
    plan = plan_difference(Assumed((0.27, 0.2), 0.12, 40))
    assert f"at most {plan.analyses[-1]} participants a method, {plan.average:.0f} on av" in said
    lines = [line.split() for line in said.splitlines() if line[:1].isdigit()]
    assert [int(line[1]) for line in lines] == [*plan.analyses]
    assert "In 4,000 simulated studies the difference was detected in 8" in said
    assert "[default: 0" not in study("plan", "--help")[1]  # the study's trials, or 40


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rate", 27], "--rate: 1 were given; give two rates in %"),
        (["--rate", 27, "--rate", "x"], "--rate x: a rate is above 0 and below 100 %"),
        (["--rate", 27, "--rate", 0], "--rate 0: a rate is above 0"),
        (["--rate", 27, "--rate", "nan"], "--rate nan: a rate is above 0"),
        (["--rate", 27, "--rate", 27], "a difference needs two different rates"),
        (["--rate", "a=27", "--rate", "a=20"], "give each method once"),
        (["--rate", 27, "--rate", 1], "1 % of the time cannot differ by a spread of 12"),
        (["--rate", 27, "--rate", 26.999], "more than 1,000,000 participants a method"),
    ],
)
def test_mistakes_of_a_plan(words, said):
    code, output = study("plan", *words)
    assert (code, output.count("\n")) == (2, 1), output
    assert said in output


def answer_all(folder, people, rng):
    """Simulated participants: of `one` fooled but for 1 or 2 trials, of `two` never.

    The store draws who gets which method, so what they answer must not depend on their order.
    """
    made, of_one = read_study(folder), 0
    with closing(serving.open_store(folder)) as store:
        for _ in range(people):
            key = store.join([*made.methods], lambda method: plan_trials(made, method, rng))
            person = store.participant(key)
            query = (
                "SELECT p.method, fake_place FROM trials JOIN participants p ON id = participant"
            )
            rows = store._db.execute(f"{query} WHERE id = ? ORDER BY number", [person]).fetchall()
            of_one += rows[0][0] == "one"
            for number, (method, place) in enumerate(rows):
                store.show(person)
                fooled = method == "one" and number > of_one % 2
                choice = 3 - place if fooled else place
                store.answer(person, number, Answer(choice, (100.0, 100.0), 16.7, 300.0))


def test_the_report_says_when_it_is_decided(make):
    folder = make(trials=9, practice=0)
    words = ("--rate", "two=45", "--rate", "one=60", "--trials", 9)
    assert (
        "no such method. Did you mean 'two'?"
        in study("plan", folder, *words[:1], "tow=4", *words[2:])[1]
    )
    assert "--trials 8: the study has 9" in study("plan", folder, *words[:-1], 8)[1]
    code, said = study("plan", folder, *words)
    assert code == 0, said
    analyses = read_study(folder).difference.analyses
    assert f"at most {analyses[-1]} participants a method" in said
    answer_all(folder, 4, random.Random(1))
    code, said = study("report", folder)
    need = f"needs {analyses[0]} participants of each method; 2 and 2 have finished"
    assert f"two - one: no analysis yet. Analysis 1 of 5 {need}" in said
    answer_all(folder, 2 * analyses[0] - 4, random.Random(2))
    said = study("report", folder)[1]
    assert "Planned difference two - one: DECIDED, one is taken for real more often: -" in said
    assert said == study("report", folder)[1]
    assert "DECIDED" in (folder / "report" / "report.md").read_text()
    code, said = study("plan", folder, *words)
    assert (code, said.count("\n")) == (2, 1)
    assert f"{2 * analyses[0]} participants have begun; a plan is made before" in said


def test_a_damaged_plan_is_told(make):
    folder = make()
    assert study("plan", folder, "--rate", 40, "--rate", 60)[0] == 0
    good = json.loads((folder / "study.json").read_text())
    assert good["difference"]["between"] == ["one", "two"]
    for key, value in (("between", ["one", "three"]), ("analyses", [9, 5]), ("alpha", 0)):
        bad = {**good, "difference": {**good["difference"], key: value}}
        (folder / "study.json").write_text(json.dumps(bad))
        code, said = study("report", folder)
        assert (code, said.count("\n"), "study.json is damaged" in said) == (2, 1, True)
