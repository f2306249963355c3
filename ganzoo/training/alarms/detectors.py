"""Signs of faults in the records of a log. Light: figures in, figures out.

A record may hold what `ganzoo.training.alarms.watch` saw, under `seen`:
    unchanged   the variables of the data that were the same in all steps since the last record
    outputs     by wire: a `print` of its values, its `spread` by input, and its `mirror`
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.training.alarms.debounce import Detection

Record = Mapping[str, Any]

# A critic's loss, of the way from never being wrong (0) to guessing (1).
WON, CONTESTED = 0.03, 0.08
# How much outputs differ, of how much real images do.
ALIKE, DIFFERENT = 0.01, 0.03
# Inverted: how much nearer the negative is, and how output and target go against each other.
NEARER, AGAINST = 0.6, -0.5


@dataclass(frozen=True)
class LossRange:
    """What a critic's loss is where it is never wrong, and where it can only guess."""

    perfect: float
    chance: float

    def share(self, loss: float) -> float:
        """0 where the critic is never wrong, 1 where it guesses."""
        return (loss - self.perfect) / (self.chance - self.perfect)


class Reader:
    """Reads one record after the other, and keeps of the earlier ones what the next is compared to.

    critics: by player and term, the loss_range of its loss.
    step: of the last record.
    """

    def __init__(self, critics: Mapping[tuple[str, str], LossRange]) -> None:
        self.critics = critics
        self.step = 0
        self.nonfinite = 0
        self.known: set[str] = set()
        self.prints: dict[str, tuple[int, str]] = {}

    def read(self, record: Record) -> list[Detection]:
        """The detections in a record."""
        seen = record.get("seen") or {}
        detections = [
            self._non_finite(record),
            *self._discriminators(record),
            *self._unchanged(seen.get("unchanged", ())),
            *self._outputs(record["step"], seen.get("outputs", {})),
        ]
        self.step = record["step"]
        return detections

    def _non_finite(self, record: Record) -> Detection:
        count = record["nonfinite"] - self.nonfinite
        self.nonfinite = record["nonfinite"]
        terms = [
            f"{player}/{term}"
            for player, losses in record["losses"].items()
            for term, loss in losses.items()
            if loss is None or not math.isfinite(loss)
        ]
        figures = {"steps": count, "terms": terms, "rates": record.get("lr", {})}
        return Detection("non_finite", "", count > 0, count == 0, self.step, figures)

    def _discriminators(self, record: Record) -> Iterator[Detection]:
        for (player, term), loss_range in self.critics.items():
            loss = record["losses"].get(player, {}).get(term)
            if loss is not None and math.isfinite(loss):
                yield discriminator_detection(player, term, loss, loss_range, self.step)

    def _unchanged(self, names: Any) -> Iterator[Detection]:
        """One that changed again says so once."""
        for name in sorted({*names, *self.known}):
            yield Detection("input_unchanged", name, name in names, name not in names, self.step)
        self.known |= set(names)

    def _outputs(self, step: int, outputs: Mapping[str, Any]) -> Iterator[Detection]:
        for wire, seen in outputs.items():
            before = self.prints.get(wire)
            self.prints[wire] = step, seen["print"]
            if before:
                same, count = before[1] == seen["print"], {"count": seen["count"]}
                yield Detection("outputs_frozen", wire, same, not same, before[0], count)
            for name, spread in seen.get("spread", {}).items():
                yield spread_detection(wire, name, spread, step, seen["count"])
            if "mirror" in seen:
                yield mirror_detection(wire, seen["mirror"], step, seen["count"])


def discriminator_detection(
    player: str, term: str, loss: float, loss_range: LossRange, since: int
) -> Detection:
    """Whether a critic is hardly ever wrong."""
    share = loss_range.share(loss)
    figures = {
        "player": player,
        "loss": loss,
        "chance": loss_range.chance,
        "limit": loss_range.perfect + WON * (loss_range.chance - loss_range.perfect),
    }
    return Detection("critic_won", term, share < WON, share > CONTESTED, since, figures)


def spread_detection(wire: str, name: str, spread: float, step: int, count: int) -> Detection:
    """Whether an output is the same whatever one of its inputs is."""
    figures = {"wire": wire, "input": name, "spread": spread, "count": count}
    probed = f"{wire} of {name}"
    return Detection("inputs_ignored", probed, spread < ALIKE, spread > DIFFERENT, step, figures)


def mirror_detection(wire: str, mirror: Mapping[str, Any], step: int, count: int) -> Detection:
    """Whether the negative of an output is what was wanted."""
    nearer = mirror["inverse"] < NEARER * mirror["plain"]
    bad = nearer and mirror["correlation"] < AGAINST
    good = not nearer or mirror["correlation"] > AGAINST / 2
    return Detection("inverted_colours", wire, bad, good, step, {**mirror, "count": count})
