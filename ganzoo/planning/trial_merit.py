"""Which of two systems is the better one, by what the user wants.

style:   realism; where that is within the noise, faithfulness.
content: faithfulness, among those whose realism beats that of copying the input; the others come
         after them, as for style.
restore: faithfulness to the true images; where that is within the noise, realism. Where there are
         no true images to compare with, as for content.

One score is better than another where the difference exceeds its noise (`trial_scores`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ganzoo.interfaces.rule import Goal
from ganzoo.planning.trial_scores import Aspect, HalvedScore, TrialScores

BY_REALISM: tuple[Aspect, Aspect] = ("realism", "faithfulness")
BY_FAITHFULNESS: tuple[Aspect, Aspect] = ("faithfulness", "realism")
NOT_A_NUMBER = -math.inf


@dataclass(frozen=True)
class Merit:
    """How systems are compared.

    goal: the user's, or what follows from the data.
    truth: whether faithfulness is to the true images, as there are pairs.
    copying: the scores of the inputs as if they were outputs.
    """

    goal: Goal
    truth: bool
    copying: TrialScores

    @property
    def needs_realism(self) -> bool:
        """Whether who does not beat copying by realism comes last."""
        return self.goal == "content" or (self.goal == "restore" and not self.truth)

    def deciding_aspect(self, one: TrialScores, other: TrialScores) -> Aspect | None:
        """By which aspect one system beats another one; None if it does not beat it."""
        if self.needs_realism and self._passes(one) != self._passes(other):
            return "realism" if self._passes(one) else None
        for aspect in self._order(one):
            own, others = one.of(aspect), other.of(aspect)
            if own is None or others is None:
                continue
            if own.is_better_than(others):
                return aspect
            if others.is_better_than(own):
                return None
        return None

    def beats(self, one: TrialScores, other: TrialScores) -> bool:
        """Whether one system is better than another one, beyond the noise."""
        return self.deciding_aspect(one, other) is not None

    def beats_copying(self, one: TrialScores) -> bool:
        """Whether a system is better than copying the input."""
        return self.beats(one, self.copying)

    def sort_key(self, scores: TrialScores) -> list[float]:
        """Higher for better systems, noise or not: who goes on is decided by it."""
        passes = self.needs_realism and _is_ahead(scores.realism, self.copying.realism)
        order = BY_FAITHFULNESS if passes or self.decides_by_truth else BY_REALISM
        return [float(passes), *(_signed(scores.of(aspect)) for aspect in order)]

    @property
    def decides_by_truth(self) -> bool:
        """Whether true images decide, not realism."""
        return self.goal == "restore" and self.truth

    def _order(self, one: TrialScores) -> tuple[Aspect, Aspect]:
        """The aspects in their order, for two systems of which both or none beat copying."""
        passes = self.needs_realism and self._passes(one)
        return BY_FAITHFULNESS if passes or self.decides_by_truth else BY_REALISM

    def _passes(self, scores: TrialScores) -> bool:
        own, copying = scores.realism, self.copying.realism
        return own is not None and copying is not None and own.is_better_than(copying)


def _is_ahead(one: HalvedScore | None, other: HalvedScore | None) -> bool:
    return one is not None and other is not None and one.gain_over(other) > 0


def _signed(score: HalvedScore | None) -> float:
    if score is None or math.isnan(score.value):
        return NOT_A_NUMBER
    return score.value if score.higher_is_better else -score.value
