"""Trials with scores that are given: who is stopped, who wins, what a second call does."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from ganzoo.compare.train_systems import Stopped
from ganzoo.errors import Fault, RecipeError
from ganzoo.interfaces import (
    Aim,
    Decision,
    DomainFacts,
    Fingerprint,
    Machine,
    PlanCandidate,
    Rule,
    StepCost,
    Wishes,
)
from ganzoo.planning.drafting import NamedRule, PlanDraft, apply_rule
from ganzoo.planning.trial_measuring import MeasuredTrial, NothingToCompare
from ganzoo.planning.trial_running import TrialFailed
from ganzoo.planning.trial_scores import HalvedScore, TrialScores
from ganzoo.planning.trying import try_candidates
from ganzoo.printing.terminal import Terminal

GB = 2**30
SAMPLES = "18 validation samples of x and y"


def kid(value, distance=0.2, noise=0.0):
    halves = (value - noise, value + noise)
    return TrialScores(HalvedScore(value, halves), HalvedScore(distance, (distance, distance)))


class Given:
    """In place of trainings: scores by the width of a recipe, one for each stop.

    events: what was asked for. stops_at: (width, step) at which a signal comes.
    """

    def __init__(self, scores, copying=0.05, times=None):
        self.scores, self.copying, self.times = scores, kid(copying, 0.0), times or {}
        self.events, self.trained, self.stops_at = [], {}, None
        self.by_stop = {}
        self.yardstick = SimpleNamespace(realism="KID (tiny)", faithfulness="layout", truth=False)

    def look_at(self, tables):
        return "data"

    def time_step(self, tables):
        width = tables["width"]
        if width not in self.scores:
            raise TrialFailed(f"width: {width} is not to be built")
        times = self.times.get(width, 0.1)
        return times.pop(0) if isinstance(times, list) else times

    def train(self, tables, folder, stop, tick):
        width = tables["width"]
        self.events.append((width, stop))
        if self.stops_at == (width, stop):
            self.stops_at = None
            raise Stopped
        self.trained[folder] = width, stop
        if self._score(width, stop, tables) is None:
            raise TrialFailed(f"it diverged: losses or weights are no numbers by step {stop}")
        tick(stop)

    def measure(self, folder):
        width, stop = self.trained[folder]
        return MeasuredTrial(self.by_stop[width, stop], self.copying, SAMPLES)

    def _score(self, width, stop, tables):
        length = int(tables["train"]["length"].split()[0])
        place = round(stop / length * 4) // 2  # a quarter, a half, the end
        value = self.scores[width][place]
        self.by_stop[width, stop] = value
        return value


def draft(**wishes):
    """A plan of width 1, whose step takes 0.1 s; 90 s of trials make 400 steps of three."""
    facts = Fingerprint(
        "domains", {}, DomainFacts("x", 10), DomainFacts("y", 10), machine=Machine(memory=9 * GB)
    )
    recipe = {"width": 1, "train": {"length": "5000 steps"}}
    memory = {7: 10 * GB}
    return PlanDraft(
        facts,
        Wishes(**{"budget": 360, **wishes}),
        lambda recipe: StepCost(memory.get(recipe["width"], 0), 0.1),
        recipe,
    )


def candidate(width, name=""):
    decision = Decision("width", width, f"width {width} may do")
    return PlanCandidate(name or f"width {width}", (decision,), "it may learn more", 1 / width)


@pytest.fixture
def attempt(tmp_path):
    def call(runner, *widths, number=3, plan=None, say=lambda text: None):
        offered = [candidate(width) for width in widths]
        return try_candidates(
            plan or draft(), offered, number, tmp_path / "trials", say=say, runner=runner
        )

    return call


def test_another_program_while_a_step_is_timed_makes_no_trial_shorter(attempt):
    runner = Given({1: [kid(0.05)] * 3, 2: [kid(0.05)] * 3}, times={1: [0.9, 0.1], 2: [0.1, 0.1]})
    attempt(runner, 2, number=2)
    assert runner.events[-2:] == [(1, 450), (2, 450)]  # 90 s of trials, 0.1 s a step


def test_the_worse_one_stops_early_and_the_better_one_is_taken_up(attempt, tmp_path):
    runner = Given(
        {
            1: [kid(0.09), kid(0.07), kid(0.052)],
            2: [kid(0.08), kid(0.05), kid(0.031)],
            3: [kid(0.10)],
        }
    )
    tried = attempt(runner, 2, 3)
    assert runner.events == [(1, 100), (2, 100), (3, 100), (1, 200), (2, 200), (1, 400), (2, 400)]
    assert [row.state for row in tried.table.rows] == ["beaten", "won", "stopped", "copy"]
    assert [row.steps for row in tried.table.rows] == [400, 400, 100, 0]
    assert tried.table.rows[2].remark == "the plan had 0.090 by then"
    assert tried.draft.value("width") == 2
    decision = tried.draft.decided["width"].decision
    assert decision.how == "trial"
    assert decision.reason == (
        f"width 2 may do; KID 0.031 against 0.052 without, 400 steps on {SAMPLES}"
    )
    assert tried.table.beats_copying
    assert "It beats copying the input: KID 0.031 against 0.050." in tried.table.verdict
    assert tried.draft.cautions == []
    record = json.loads((tmp_path / "trials" / "trials.json").read_text())
    assert record["table"]["winner"] == "width 2"


def test_within_the_noise_the_plan_stays(attempt):
    noisy = kid(0.031, noise=0.02)  # times 1.645 is more than 0.021
    runner = Given({1: [kid(0.09)] * 2 + [kid(0.052)], 2: [kid(0.08)] * 2 + [noisy]})
    tried = attempt(runner, 2)
    assert tried.draft.value("width") == 1
    assert tried.draft.decided == {}
    assert [row.state for row in tried.table.rows] == ["won", "beaten", "copy"]
    assert tried.table.rows[1].noise[0] == pytest.approx(1.645 * 0.02)
    assert tried.table.verdict.startswith("The plan stays")


def test_within_the_noise_faithfulness_decides(attempt):
    close = kid(0.051, 0.1, noise=0.02)
    runner = Given({1: [kid(0.052, 0.2)] * 3, 2: [close] * 3})
    tried = attempt(runner, 2)
    reason = tried.draft.decided["width"].decision.reason
    assert "layout 0.100 against 0.200 without" in reason


def test_what_cannot_beat_copying_is_said_first(attempt):
    runner = Given({1: [kid(0.09), kid(0.08), kid(0.07)], 2: [kid(0.10)] * 3}, copying=0.038)
    plan = draft()
    tried = attempt(runner, 2, plan=plan)
    rule, first = tried.draft.cautions[0]
    assert (rule, first.kind, first.level) == ("trial", "copy_wins", "warning")
    assert "KID 0.070 against 0.038" in first.text
    assert "came nearer" in first.advice
    copying = tried.table.rows[-1]
    assert (copying.name, copying.realism, copying.faithfulness) == ("copy the input", 0.038, 0)
    assert not tried.table.beats_copying
    again = attempt(Given({1: [kid(0.09), kid(0.07), kid(0.08)]}, copying=0.038), plan=draft())
    assert "use the images as they are" in again.draft.cautions[0][1].advice


def test_who_fails_loses_and_it_is_said(attempt):
    said = []
    runner = Given({1: [kid(0.09)] * 3, 2: [kid(0.01), None]})
    tried = attempt(runner, 2, 3, say=said.append)
    assert [row.state for row in tried.table.rows] == ["won", "failed", "failed", "copy"]
    assert tried.table.rows[1].remark == "it diverged: losses or weights are no numbers by step 225"
    assert tried.table.rows[2].remark == "width: 3 is not to be built"
    assert any(line.startswith("failed: width 2: it diverged") for line in said)
    # the time of the one that cannot be built goes to the others: 45 s each
    assert tried.table.rows[0].length == 450


def test_a_plan_that_fails_gives_way(attempt):
    runner = Given({1: [None], 2: [kid(0.04)] * 3})
    tried = attempt(runner, 2)
    assert tried.draft.value("width") == 2
    assert "the plan without it failed" in tried.draft.decided["width"].decision.reason


def test_where_every_trial_fails_the_plan_stays_with_a_warning(attempt):
    tried = attempt(Given({1: [kid(0.09), None], 2: [None]}), 2)
    assert tried.table is None
    assert tried.draft.value("width") == 1
    ((_, caution),) = tried.draft.cautions
    assert caution.kind == "trials_failed"
    assert "the plan: it diverged" in caution.text


def test_an_interrupted_call_goes_on_where_it_was(attempt):
    scores = {1: [kid(0.09), kid(0.07), kid(0.052)], 2: [kid(0.08), kid(0.05), kid(0.031)]}
    whole = attempt(Given(scores), 2)
    runner = Given(scores)
    runner.stops_at = 2, 220
    plan = draft(budget=353)  # other trials than those before
    with pytest.raises(Stopped):
        attempt(runner, 2, plan=plan)
    assert runner.events == [(1, 110), (2, 110), (1, 220), (2, 220)]
    runner.times = {1: 9.0}  # a step is not timed again
    runner.events = []
    tried = attempt(runner, 2, plan=plan)
    assert runner.events == [(2, 220), (1, 440), (2, 440)]
    assert [row.state for row in tried.table.rows] == [row.state for row in whole.table.rows]
    runner.events = []
    assert attempt(runner, 2, plan=plan).table == tried.table
    assert runner.events == []


def test_trials_of_another_plan_begin_anew(attempt, tmp_path):
    scores = {1: [kid(0.09)] * 3, 2: [kid(0.08)] * 3}
    attempt(Given(scores), 2)
    record = tmp_path / "trials" / "trials.json"
    for damage in ("", "{", '{"key": 1}', record.read_text().replace('"halves"', '"halve"')):
        record.write_text(damage)
        runner = Given(scores)
        attempt(runner, 2)
        assert len(runner.events) == 6
    runner = Given(scores)
    attempt(runner, 2, plan=draft(budget=720))
    assert len(runner.events) == 6


def test_there_may_be_fewer_candidates_than_are_asked_for(attempt):
    tried = attempt(Given({1: [kid(0.04)] * 3}), number=5)
    assert [row.name for row in tried.table.rows] == ["the plan", "copy the input"]
    assert tried.table.rows[0].length == 900  # all of the 90 s


def test_equal_recipes_and_those_beyond_memory_are_not_tried(attempt):
    tried = attempt(Given({1: [kid(0.04)] * 3, 2: [kid(0.05)] * 3}), 1, 7, 2, 2, number=3)
    states = {row.name: row.state for row in tried.table.rows}
    assert states == {
        "the plan": "won",
        "width 2": "beaten",
        "width 7": "left out",
        "copy the input": "copy",
    }
    assert "10.0 GiB of memory, and there are 9.0 GiB" in tried.table.rows[2].remark


class Length(Rule):
    """A thousand steps for each width."""

    def decide(self, draft):
        yield Decision("train.length", f"{draft.value('width') * 1000} steps", "by its width")


def test_a_candidate_is_as_long_as_the_rule_says(tmp_path):
    plan, rule = draft(), NamedRule("length", Length())
    apply_rule(rule, plan)
    offered, runner = [candidate(2)], Given({1: [kid(0.09)] * 3, 2: [kid(0.01)] * 3})
    tried = try_candidates(plan, offered, 2, tmp_path / "trials", rules=[rule], runner=runner)
    assert plan.value("train.length") == "1000 steps"
    assert tried.draft.value("train.length") == "2000 steps"
    assert tried.draft.decided["train.length"].rule == "length"


def test_a_candidate_that_cannot_be_priced_is_left_out(attempt):
    plan = draft()
    priced = plan.estimate

    def estimate(recipe):
        if recipe["width"] == 2:
            raise RecipeError("recipe", [Fault("width", "2 is no width")])
        return priced(recipe)

    plan.estimate = estimate
    tried = attempt(Given({1: [kid(0.04)] * 3, 3: [kid(0.05)] * 3}), 2, 3, plan=plan, number=2)
    assert [row.state for row in tried.table.rows] == ["won", "beaten", "left out", "copy"]
    assert tried.table.rows[2].remark == "width: 2 is no width"


def test_what_is_slow_gets_fewer_steps(attempt):
    runner = Given({1: [kid(0.09)] * 3, 2: [kid(0.01)] * 3}, times={2: 0.2})
    tried = attempt(runner, 2)
    slow = 0.1 * 1.25**3  # 0.2 rounded, in quarters of the estimate
    assert [row.length for row in tried.table.rows[:2]] == [450, 230]  # 45 s each
    assert tried.table.rows[1].seconds == pytest.approx(slow)
    assert "230 and 450 steps in equal time" in tried.draft.decided["width"].decision.reason


def test_a_bar_says_what_is_tried_on_a_terminal_and_a_pipe_stays_plain(tmp_path):
    scores = {1: [kid(0.09)] * 3, 2: [kid(0.08)] * 3}
    for terminal in (True, False):
        screen = io.StringIO()
        console = Terminal(file=screen, force_terminal=terminal, width=100)
        folder = tmp_path / str(terminal)
        try_candidates(draft(), [candidate(2)], 2, folder, console=console, runner=Given(scores))
        assert ("trying width 2" in screen.getvalue()) is terminal
        assert ("900/900" in screen.getvalue()) is terminal  # two trials of 45 s
        assert bool(screen.getvalue()) is terminal


def test_nothing_is_tried_where_nothing_can_be_compared(attempt, tmp_path):
    runner = Given({})

    def look_at(tables):
        raise NothingToCompare("no images are kept for validation")

    runner.look_at = look_at
    tried = attempt(runner, 2)
    assert tried.table is None
    assert [c.kind for _, c in tried.draft.cautions] == ["not_tried"]
    assert not (tmp_path / "trials").exists()


def test_short_trials_decide_nothing_and_say_so(attempt):
    runner = Given({1: [kid(0.04)] * 3, 2: [kid(0.01)] * 3})
    tried = attempt(runner, 2, plan=draft(budget=60))  # 75 steps each
    assert tried.draft.value("width") == 1
    assert [row.state for row in tried.table.rows] == ["undecided", "undecided", "copy"]
    assert tried.table.verdict.startswith("The trials are too short to change the plan.")
    assert [c.kind for _, c in tried.draft.cautions] == ["short_trials"]


def test_short_trials_do_not_send_a_user_back_to_copies(attempt):
    tried = attempt(Given({1: [kid(0.4)] * 3, 2: [kid(0.3)] * 3}), 2, plan=draft(budget=60))
    first, second = (each for _, each in tried.draft.cautions)
    assert (first.kind, first.level, second.kind) == ("copy_wins", "note", "short_trials")
    assert "use the images" not in first.advice
    assert tried.table.verdict.endswith("as good, or better so far.")


def test_the_goal_is_that_of_the_plan(attempt):
    runner = Given({1: [kid(0.01, 0.3)] * 3, 2: [kid(0.03, 0.1)] * 3})
    plan = draft()
    plan.take("goal", Aim("content", "the domains are near"))
    assert attempt(runner, 2, plan=plan).table.winner == "width 2"  # closer to its input
    assert attempt(runner, 2, plan=draft(goal="style")).table.winner == "the plan"
