"""What follows from trials: a table, decisions with their numbers, and a caution beside copying."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from ganzoo.interfaces.rule import Caution, Decision
from ganzoo.planning.drafting import PlanDraft
from ganzoo.planning.trial_entrants import Entrant, LeftOut
from ganzoo.planning.trial_merit import Merit
from ganzoo.planning.trial_rounds import is_short
from ganzoo.planning.trial_scores import Aspect, TrialScores
from ganzoo.planning.trial_table import (
    COPYING,
    TrialRow,
    TrialState,
    TrialTable,
    format_score,
)

TRIAL = "trial"  # what decisions and cautions of trials are listed under
ASPECTS: tuple[Aspect, Aspect] = ("realism", "faithfulness")
NEVER = 0, 0, 0.0  # steps, length and seconds of what is not trained
Values = tuple[float | None, float | None]
"""Of realism and of faithfulness."""


@dataclass
class TrialVerdict:
    """The end of some trials, of which one at least was measured.

    entrants: the plan first. names: of the scores of realism and faithfulness.
    samples: what they were measured on.
    """

    entrants: Sequence[Entrant]
    left_out: Sequence[LeftOut]
    merit: Merit
    names: tuple[str, str]
    samples: str

    @cached_property
    def winner(self) -> Entrant:
        """The best of those that were trained to the end: the plan, unless another one beats it.

        Of several that do, the likeliest, unless another one beats that. Short trials change
        nothing.
        """
        best, *others = [each for each in self.entrants if each.alive and each.last]
        for each in [] if self.are_short else others:
            if self.merit.beats(_last(each), _last(best)):
                best = each
        return best

    @cached_property
    def are_short(self) -> bool:
        """Whether trials say too little to change the plan."""
        alive = [each for each in self.entrants if each.alive]
        return any(is_short(each.length, each.whole_training()) for each in alive)

    @cached_property
    def beats_copying(self) -> bool:
        """Whether the winner is better than copying the input."""
        return self.merit.beats_copying(_last(self.winner))

    def table(self) -> TrialTable:
        """All of it, for people and programs."""
        copying = self.merit.copying
        copy_row = TrialRow(
            COPYING, "copy", *NEVER, *_values(copying), self._noise(copying, self.entrants[0].last)
        )
        left = [
            TrialRow(each.candidate.name, "left out", why=each.candidate.reason, remark=each.why)
            for each in self.left_out
        ]
        rows = [*(self._row(each) for each in self.entrants), *left, copy_row]
        verdict = " ".join([self._say_winner(), self._say_copying()])
        realism, faithfulness = self._titles()
        return TrialTable(
            rows,
            realism,
            faithfulness,
            self.merit.goal,
            self.samples,
            verdict,
            self.winner.name,
            self.beats_copying,
        )

    def decide(self, draft: PlanDraft) -> PlanDraft:
        """The plan with the winner's decisions, and what to beware of."""
        decided = draft
        if self.winner.candidate:
            reason = self._say_numbers()
            decisions = [self._by_trial(d, reason) for d in self.winner.candidate.decisions]
            candidate = replace(self.winner.candidate, decisions=tuple(decisions))
            decided = self.winner.draft.with_candidate(candidate)
        first = [] if self.beats_copying else [(TRIAL, self._warn_of_copying())]
        decided.cautions = [*first, *decided.cautions]
        if self.are_short:
            decided.take(TRIAL, self._warn_of_short_trials())
        return decided

    def _warn_of_short_trials(self) -> Caution:
        steps, whole = self.winner.length, self.winner.whole_training()
        text = f"trials of {steps} steps say little of a training of {whole}, and decide nothing"
        return Caution("short_trials", "note", text, "give more time (--budget)")

    def _by_trial(self, decision: Decision, numbers: str) -> Decision:
        return replace(decision, how="trial", reason=f"{decision.reason}; {numbers}")

    def _say_winner(self) -> str:
        if self.winner.candidate is None and self.are_short:
            return "The trials are too short to change the plan."
        if self.winner.candidate is None:
            return "The plan stays: no other way that was tried beats it beyond the noise."
        return f"The plan takes up '{self.winner.name}': {self._say_numbers()}."

    def _say_numbers(self) -> str:
        """`KID 0.031 against 0.052 without, 400 steps on 18 validation samples of x and y`."""
        won, own = self.winner, self.entrants[0]
        on = f"{won.length} steps on {self.samples}"
        if own.failure or own.last is None:
            return f"the plan without it failed; {on}"
        aspect = self.merit.deciding_aspect(_last(won), own.last) or "realism"
        if won.length != own.length:
            on = f"{won.length} and {own.length} steps in equal time, on {self.samples}"
        return f"{self._compare(_last(won), own.last, aspect)} without, {on}"

    def _say_copying(self) -> str:
        aspect = self.merit.deciding_aspect(_last(self.winner), self.merit.copying)
        if aspect:
            compared = self._compare(_last(self.winner), self.merit.copying, aspect)
            return f"It beats copying the input: {compared}."
        until = " so far" if self.are_short else ""
        return f"Copying the input is as good, or better{until}."

    def _warn_of_copying(self) -> Caution:
        last, copying = _last(self.winner), self.merit.copying
        compared = self._compare(last, copying, self._main)
        noise = _noise_of(last, copying, self._main)
        text = (
            f"no trial beats copying the input: {compared} of the inputs as they are (± "
            f"{format_score(noise)} by chance), after {self.winner.length} steps, on {self.samples}"
        )
        if self.are_short:
            return Caution(
                "copy_wins", "note", text, "so early this says little: wait for more steps"
            )
        return Caution("copy_wins", "warning", text, self._advise(self._main))

    def _advise(self, aspect: Aspect) -> str:
        """What to do: train longer if that came nearer to copying, else use the inputs."""
        gains = [_gain(scores, self.merit.copying, aspect) for scores in self.winner.scores]
        nearer = all(one < other for one, other in pairwise(gains))
        if len(gains) > 1 and nearer:
            return "it came nearer with every look, so a whole training may do better: measure it"
        return "use the images as they are, or other ones; more steps came no nearer"

    def _compare(self, one: TrialScores, other: TrialScores, aspect: Aspect) -> str:
        own, others = (_value(scores, aspect) for scores in (one, other))
        name = self.names[ASPECTS.index(aspect)].partition(" (")[0]
        return f"{name} {format_score(own)} against {format_score(others)}"

    def _titles(self) -> list[str]:
        scores = [self.merit.copying.of(aspect) for aspect in ASPECTS]
        arrows = ["higher" if each and each.higher_is_better else "lower" for each in scores]
        return [
            f"{name}, {arrow} is better" for name, arrow in zip(self.names, arrows, strict=True)
        ]

    def _row(self, each: Entrant) -> TrialRow:
        beside, last = self._beside(each), each.last
        noise = self._noise(last, beside) if each.candidate and last else (None, None)
        remark = each.failure
        if each.stopped and beside:
            remark = f"the plan had {format_score(_value(beside, self._main))} by then"
        return TrialRow(
            each.name,
            self._state(each),
            each.reached,
            each.length,
            each.seconds,
            *(_values(last) if last else (None, None)),
            noise,
            each.why,
            remark,
        )

    def _beside(self, each: Entrant) -> TrialScores | None:
        """The plan's own scores after as many stops; None if it did not come so far."""
        own = self.entrants[0].scores
        return own[len(each.scores) - 1] if 0 < len(each.scores) <= len(own) else None

    @property
    def _main(self) -> Aspect:
        return "faithfulness" if self.merit.decides_by_truth else "realism"

    def _state(self, each: Entrant) -> TrialState:
        if each.failure:
            return "failed"
        if each.stopped:
            return "stopped"
        if self.are_short:
            return "undecided"
        return "won" if each is self.winner else "beaten"

    def _noise(self, scores: TrialScores, beside: TrialScores | None) -> Values:
        """By how much each score may differ by chance from the plan's own."""
        if beside is None:
            return None, None
        return _noise_of(scores, beside, "realism"), _noise_of(scores, beside, "faithfulness")


def _last(each: Entrant) -> TrialScores:
    assert each.last is not None
    return each.last


def _value(scores: TrialScores, aspect: Aspect) -> float | None:
    score = scores.of(aspect)
    return None if score is None else score.value


def _values(scores: TrialScores) -> Values:
    return _value(scores, "realism"), _value(scores, "faithfulness")


def _gain(scores: TrialScores, other: TrialScores, aspect: Aspect) -> float:
    own, others = scores.of(aspect), other.of(aspect)
    return math.nan if own is None or others is None else own.gain_over(others)


def _noise_of(scores: TrialScores, other: TrialScores, aspect: Aspect) -> float | None:
    own, others = scores.of(aspect), other.of(aspect)
    return None if own is None or others is None else own.noise_beside(others)
