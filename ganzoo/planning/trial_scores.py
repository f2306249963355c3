"""Scores of validation samples that know their noise, so that two systems can be told apart."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ganzoo.files.untrusted import is_number
from ganzoo.runs.folder import finite

Aspect = Literal["realism", "faithfulness"]
LEAST, LEAST_SHARE = 0.001, 0.02  # of a score: smaller differences do not matter
CERTAIN = 1.645  # so many standard deviations are exceeded by chance in 5 of 100 cases


@dataclass(frozen=True)
class HalvedScore:
    """A score of some samples, and the same score of random halves of them.

    halves: always of the same halves, so that those of two systems can be subtracted. What both
        owe to the choice of the samples then drops out.
    """

    value: float
    halves: tuple[float, ...] = ()
    higher_is_better: bool = False

    def gain_over(self, other: HalvedScore) -> float:
        """By how much it is better than another one; negative where it is worse."""
        gain = self.value - other.value
        return gain if self.higher_is_better else -gain

    def noise_beside(self, other: HalvedScore) -> float:
        """What a difference to another score must exceed to be none of chance.

        A random half has half of the samples, so its difference deviates from that of all samples
        as much as that does from the truth (Shao and Wu 1989, doi:10.1214/aos/1176347263).
        """
        pairs = zip(self.halves, other.halves, strict=False)
        differences = [one - two for one, two in pairs if math.isfinite(one - two)]
        return CERTAIN * statistics.pstdev(differences) if len(differences) > 1 else 0.0

    def is_better_than(self, other: HalvedScore) -> bool:
        """Whether it is better by more than the noise; a number always is better than none.

        Outputs that are nearly the same have next to no noise between them, so a difference must
        also matter.
        """
        if math.isnan(other.value):
            return not math.isnan(self.value)
        least = max(LEAST, LEAST_SHARE * abs(other.value))
        return self.gain_over(other) > max(least, self.noise_beside(other))

    def to_json(self) -> dict[str, Any]:
        """As JSON; null for what is not a number."""
        table: dict[str, Any] = finite(asdict(self))
        return table

    @classmethod
    def from_json(cls, stored: Any) -> HalvedScore:
        """What `to_json` gave.

        Raises:
            ValueError: it is anything else.
        """
        table = stored if isinstance(stored, dict) else {}
        halves, better = table.get("halves"), table.get("higher_is_better")
        if not isinstance(halves, list) or not isinstance(better, bool):
            raise ValueError("this is no score")
        return cls(_number(table.get("value")), tuple(map(_number, halves)), better)


@dataclass(frozen=True)
class TrialScores:
    """How good outputs are on validation samples; None where that cannot be measured.

    realism: how far they are from real images of their domain.
    faithfulness: to the true image of each where there are pairs, else to the input.
    """

    realism: HalvedScore | None = None
    faithfulness: HalvedScore | None = None

    def of(self, aspect: Aspect) -> HalvedScore | None:
        """One of both."""
        return self.realism if aspect == "realism" else self.faithfulness

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        both = {"realism": self.realism, "faithfulness": self.faithfulness}
        return {name: score.to_json() for name, score in both.items() if score}

    @classmethod
    def from_json(cls, stored: Any) -> TrialScores:
        """What `to_json` gave.

        Raises:
            ValueError: it is anything else.
        """
        table: Mapping[str, Any] = stored if isinstance(stored, dict) else {}
        if not table or table.keys() - {"realism", "faithfulness"}:
            raise ValueError("these are no scores")
        return cls(**{name: HalvedScore.from_json(each) for name, each in table.items()})


def _number(stored: Any) -> float:
    if stored is None:
        return math.nan
    if not is_number(stored):
        raise ValueError("this is no number")
    return float(stored)
