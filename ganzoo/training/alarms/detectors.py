"""Detectors of faults, which read the entries of a log. They import no torch.

A log entry may hold what `ganzoo.training.alarms.observations` added, under `seen`:
    unchanged   the variables of the data that were the same in all steps since the last entry
    outputs     by wire: how many inputs were tried (`count`), a hash of the images (`print`), how
                much they vary with each input (`spread`), and the output against its negative
                (`mirror`)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.training.alarms.debounce import Detection

LogEntry = Mapping[str, Any]

# A discriminator's loss, as a fraction of the way from never being wrong (0) to guessing (1): it
# has won below the first limit, and has not above the second.
WON, CONTESTED = 0.03, 0.08
# How much outputs vary, as a fraction of how much real images do.
ALIKE, DIFFERENT = 0.01, 0.03
# Inverted colours: the negative's error as a fraction of the output's, and their correlation.
NEARER, AGAINST = 0.6, -0.5


@dataclass(frozen=True)
class LossRange:
    """A discriminator's loss where it is never wrong (`perfect`) and where it can only guess."""

    perfect: float
    guessing: float

    def fraction(self, loss: float) -> float:
        """Where a loss lies: 0 where the discriminator is never wrong, 1 where it guesses."""
        return (loss - self.perfect) / (self.guessing - self.perfect)


class LogReader:
    """Reads log entries in order, and remembers of earlier ones what later ones are compared with.

    loss_ranges: of the discriminators' losses, by player and term; other losses are not looked at.
    step: the last entry's.
    """

    def __init__(self, loss_ranges: Mapping[tuple[str, str], LossRange]) -> None:
        self.loss_ranges = loss_ranges
        self.step = 0
        self.nonfinite = 0
        self.once_unchanged: set[str] = set()
        self.hashes: dict[str, tuple[int, str]] = {}

    def read(self, entry: LogEntry) -> list[Detection]:
        """The detections in a log entry."""
        observed = entry.get("seen") or {}
        detections = [
            self._detect_non_finite(entry),
            *self._detect_winners(entry),
            *self._detect_unchanged(observed.get("unchanged", ())),
            *self._compare_outputs(entry["step"], observed.get("outputs", {})),
        ]
        self.step = entry["step"]
        return detections

    def _detect_non_finite(self, entry: LogEntry) -> Detection:
        count = entry["nonfinite"] - self.nonfinite
        self.nonfinite = entry["nonfinite"]
        terms = [
            f"{player}/{term}"
            for player, losses in entry["losses"].items()
            for term, loss in losses.items()
            if loss is None or not math.isfinite(loss)
        ]
        details = {"steps": count, "terms": terms, "rates": entry.get("lr", {})}
        return Detection("non_finite", "", count > 0, count == 0, self.step, details)

    def _detect_winners(self, entry: LogEntry) -> Iterator[Detection]:
        for (player, term), loss_range in self.loss_ranges.items():
            loss = entry["losses"].get(player, {}).get(term)
            if loss is not None and math.isfinite(loss):
                yield detect_winner(player, term, loss, loss_range, self.step)

    def _detect_unchanged(self, names: Any) -> Iterator[Detection]:
        """For each variable that is or ever was unchanged, whether it is now."""
        for name in sorted({*names, *self.once_unchanged}):
            yield Detection("input_unchanged", name, name in names, name not in names, self.step)
        self.once_unchanged |= set(names)

    def _compare_outputs(self, step: int, outputs: Mapping[str, Any]) -> Iterator[Detection]:
        for wire, observed in outputs.items():
            before = self.hashes.get(wire)
            self.hashes[wire] = step, observed["print"]
            if before:
                same, details = before[1] == observed["print"], {"count": observed["count"]}
                yield Detection("outputs_frozen", wire, same, not same, before[0], details)
            for name, spread in observed.get("spread", {}).items():
                yield detect_ignored_input(wire, name, spread, step, observed["count"])
            if "mirror" in observed:
                yield detect_inversion(wire, observed["mirror"], step, observed["count"])


def detect_winner(
    player: str, term: str, loss: float, loss_range: LossRange, since: int
) -> Detection:
    """Whether a discriminator is hardly ever wrong."""
    fraction = loss_range.fraction(loss)
    details = {
        "player": player,
        "loss": loss,
        "guessing": loss_range.guessing,
        "limit": loss_range.perfect + WON * (loss_range.guessing - loss_range.perfect),
    }
    won, contested = fraction < WON, fraction > CONTESTED
    return Detection("discriminator_won", term, won, contested, since, details)


def detect_ignored_input(wire: str, name: str, spread: float, step: int, count: int) -> Detection:
    """Whether an output is the same whatever one of its inputs is.

    spread: how much it varies with that input, as a fraction of how much real images vary.
    """
    details = {"wire": wire, "input": name, "spread": spread, "count": count}
    probed = f"{wire} of {name}"
    return Detection("inputs_ignored", probed, spread < ALIKE, spread > DIFFERENT, step, details)


def detect_inversion(wire: str, mirror: Mapping[str, Any], step: int, count: int) -> Detection:
    """Whether the negative of an output is nearer to what was wanted than the output."""
    nearer = mirror["inverse"] < NEARER * mirror["plain"]
    bad = nearer and mirror["correlation"] < AGAINST
    good = not nearer or mirror["correlation"] > AGAINST / 2
    return Detection("inverted_colours", wire, bad, good, step, {**mirror, "count": count})
