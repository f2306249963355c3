"""`--try N`: short trainings of the plan and its likeliest alternatives, early losers stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from ganzoo.compare.train_systems import Stopped
from ganzoo.evaluation.measuring import Tell, say_nothing
from ganzoo.evaluation.progress import progress
from ganzoo.evaluation.showing import Tick
from ganzoo.files.writing import remove
from ganzoo.interfaces.rule import Caution, PlanCandidate
from ganzoo.planning.drafting import NamedRule, PlanDraft
from ganzoo.planning.trial_entrants import Entrant, LeftOut, choose_entrants
from ganzoo.planning.trial_measuring import NothingToCompare, Yardstick
from ganzoo.planning.trial_merit import Merit
from ganzoo.planning.trial_record import TrialRecord, hash_trials
from ganzoo.planning.trial_rounds import (
    count_survivors,
    plan_lengths,
    settle_step_seconds,
    trial_seconds,
)
from ganzoo.planning.trial_running import TrialFailed, TrialRunner
from ganzoo.planning.trial_table import TrialTable
from ganzoo.planning.trial_verdict import TRIAL, TrialVerdict
from ganzoo.printing.terminal import Terminal
from ganzoo.runs.listing import last_saved

TIMED = 100  # steps of a recipe of which some are timed
TIMINGS = 2  # of each recipe, in turn; the shorter counts, as other programs only make steps longer


@dataclass(frozen=True)
class TriedPlan:
    """A plan after its trials.

    draft: the plan, with what the best trial decides. table: of the trials; None without any.
    """

    draft: PlanDraft
    table: TrialTable | None = None


def try_candidates(
    draft: PlanDraft,
    candidates: Sequence[PlanCandidate],
    number: int,
    folder: Path,
    *,
    say: Tell = say_nothing,
    console: Console | None = None,
    rules: Sequence[NamedRule] = (),
    runner: TrialRunner | None = None,
) -> TriedPlan:
    """Try a plan and the likeliest of its candidates; those that were tried before go on.

    number: how many recipes are tried, the plan among them.
    folder: where trials go, each in a folder of its own; and their record, trials.json.
    rules: those that made the plan; each candidate is as long as they say of it.
    say: tells what is done, in a line. console: where a bar shows how far it is, on a terminal.

    Raises:
        Stopped: a signal asked to stop; the same call goes on.
        GanzooError: the plan's own recipe has faults, or images cannot be read.
    """
    runner = runner or TrialRunner()
    try:
        with progress(console or Terminal(quiet=True), "trials") as tick:
            entrants, left_out = choose_entrants(draft, candidates, number, rules)
            return _Trials(draft, entrants, left_out, folder, runner, say, tick).carry_out()
    except NothingToCompare as error:
        draft.take(TRIAL, Caution("not_tried", "note", f"nothing was tried: {error}"))
        return TriedPlan(draft)
    except KeyboardInterrupt:
        raise Stopped from None


@dataclass
class _Trials:
    """Trials on their way."""

    draft: PlanDraft
    entrants: Sequence[Entrant]
    left_out: Sequence[LeftOut]
    folder: Path
    runner: TrialRunner
    say: Tell
    tick: Tick
    record: TrialRecord = field(init=False)
    yardstick: Yardstick = field(init=False)

    def carry_out(self) -> TriedPlan:
        """Train, compare and stop them, and draw the conclusion."""
        data = self.runner.look_at(self.entrants[0].tables(1))
        assert self.runner.yardstick is not None
        self.yardstick, seconds = self.runner.yardstick, trial_seconds(self.draft)
        self.record = TrialRecord.open(self.folder, hash_trials(self.entrants, seconds, data))
        self._settle_lengths(seconds)
        for count in count_survivors(len(self.entrants) - 1):
            self._go_on(count)
        return self._conclude()

    def _settle_lengths(self, seconds: float) -> None:
        """Give each trial its length: that of a trial that goes on, else by what a step takes."""
        known = self.record.lengths
        for each in self.entrants:
            each.length, each.seconds = known.get(each.place, (0, 0.0))
        for each in [each for each in self.entrants if not each.length] * TIMINGS:
            if not each.failure:
                self._guard(each, self._time)
        able = [each for each in self.entrants if not each.failure]
        if any(each.place not in known for each in able):
            estimated = [each.draft.cost().seconds for each in able]
            times = settle_step_seconds(estimated, [each.seconds for each in able])
            lengths = plan_lengths(seconds, times, [each.whole_training() for each in able])
            for each, length, taken in zip(able, lengths, times, strict=True):
                each.length, each.seconds = known[each.place] = length, taken
            self.record.write()

    def _time(self, each: Entrant) -> None:
        self.say(f"timing a step of {each.name}")
        taken = self.runner.time_step(each.tables(TIMED))
        each.seconds = min(each.seconds or taken, taken)

    def _go_on(self, survivors: int) -> None:
        """Stop who did worse than others, and train and measure the rest up to the next stop.

        survivors: how many beside the plan go on.
        """
        others = [each for each in self.entrants if each.alive and each.candidate]
        if len(others) > survivors:
            others.sort(key=self._sort_key, reverse=True)
            for each in others[survivors:]:
                each.stopped = True
                self.say(f"stopped: {each.name}, after step {each.reached}")
        for each in [each for each in self.entrants if each.alive]:
            self._guard(each, self._reach_next)

    def _sort_key(self, each: Entrant) -> list[float]:
        assert each.last is not None
        return self.merit.sort_key(each.last)

    def _reach_next(self, each: Entrant) -> None:
        """Train one up to its next stop and measure it there, unless that is done."""
        folder, stop = self.folder / each.folder, each.stops[len(each.scores)]
        known = self.record.scores.get(each.folder, {}).get(stop)
        if known is None:
            self._train(each, folder, stop)
            measured = self.runner.measure(folder)
            self.record.copying, self.record.samples = measured.copying, measured.samples
            self.record.keep(each.folder, stop, measured.model)
            known = measured.model
        each.scores.append(known)

    def _train(self, each: Entrant, folder: Path, stop: int) -> None:
        if folder.exists() and (last_saved(folder) or 0) > stop:
            remove(folder)  # its scores up to here are lost
        self.say(f"trying {each.name}: to step {stop} of {each.length}, in {folder}")
        others = sum(other.reached for other in self.entrants if other is not each)
        total = sum(other.length if other.alive else other.reached for other in self.entrants)

        def tick(step: int) -> None:
            self.tick(others + step, total, f"trying {each.name}")

        self.runner.train(each.tables(), folder, stop, tick)

    def _guard(self, each: Entrant, work: Callable[[Entrant], None]) -> None:
        """Do something for one trial; where it fails, that one is out."""
        try:
            work(each)
        except TrialFailed as error:
            each.failure = str(error)
            self.say(f"failed: {each.name}: {error}")

    @property
    def merit(self) -> Merit:
        """How trials are compared."""
        assert self.record.copying is not None
        return Merit(self.draft.goal, self.yardstick.truth, self.record.copying)

    def _conclude(self) -> TriedPlan:
        if not any(each.alive for each in self.entrants):
            said = "; ".join(f"{each.name}: {each.failure}" for each in self.entrants)
            text = f"every trial failed, and the plan stays as it is: {said}"
            self.draft.take(TRIAL, Caution("trials_failed", "warning", text))
            return TriedPlan(self.draft)
        names = self.yardstick.realism, self.yardstick.faithfulness
        verdict = TrialVerdict(self.entrants, self.left_out, self.merit, names, self.record.samples)
        table = verdict.table()
        self.record.write(table)
        return TriedPlan(verdict.decide(self.draft), table)
