"""Weights of adversarial terms that follow the gradients of the terms against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ganzoo.errors import listed
from ganzoo.interfaces import Callback, GradientNorms, Reference, Training

DELTA = 1e-6  # of Esser et al. 2021, eq. 7


class GradientBalance(Callback):
    """Keeps an adversarial term as strong as the terms against it (Esser et al. 2021).

    Its weight is multiplied by

        lambda = ratio * |gradient of the others| / (|gradient of the term| + 1e-6)

    as in arXiv:2012.09841, eq. 7. The others are the terms that depend on the same fakes: the cycle
    of `F(G(x))` for `D(G(x))`. Gradients are taken at these images, of weighted losses, and their
    norms are averaged exponentially, as Defossez et al. 2022 (arXiv:2210.13438, sec. 3.4) do.
    So one `ratio` does for a cycle of any weight. The log gets lambda by term.

    ratio: how strong the adversarial term is beside the others; 1 makes them equal.
    interval: the steps from one measurement to the next; each takes about half a step.
    smoothing: the share of the average that a new measurement leaves; 0 takes the newest alone.
    least, most: lambda stays between them.
    terms: the adversarial terms; left out, all that have terms against them.

    Raises:
        ValueError: a setting is out of range.
    """

    needs_gradients: ClassVar[bool] = True
    refers: ClassVar[Mapping[str, Reference]] = {"terms": "term"}

    def __init__(
        self,
        ratio: float = 1.0,
        interval: int = 10,
        smoothing: float = 0.8,
        least: float = 0.1,
        most: float = 100.0,
        terms: tuple[str, ...] = (),
    ) -> None:
        _check(ratio, interval, smoothing, least, most)
        self.ratio, self.interval, self.smoothing = ratio, interval, smoothing
        self.least, self.most, self.terms = least, most, tuple(terms)
        self.averages: dict[str, list[float]] = {}

    def on_start(self, training: Training) -> None:
        """Scale the weights as they were when the checkpoint was written.

        Raises:
            ValueError: no other term depends on the fakes of an adversarial one.
        """
        alone = [term for term in self.terms if term not in training.opponents]
        if alone or not training.opponents:
            which = f"{listed(alone)}" if alone else "any adversarial term"
            raise ValueError(f"no other term depends on the fakes of {which}, as a cycle would")
        self._scale(training)

    def on_step(self, training: Training) -> None:
        """Measure at the end of an interval."""
        if training.step % self.interval == 0:
            for term, norms in training.gradient_norms().items():
                if term in (self.terms or training.opponents):
                    self._average(term, norms)
            self._scale(training)

    def log_values(self, training: Training) -> dict[str, float]:
        """lambda of every term."""
        return {term: self._factor(*both) for term, both in self.averages.items()}

    def _average(self, term: str, norms: GradientNorms) -> None:
        new = [norms.adversarial, norms.opponents]
        old, share = self.averages.get(term, new), self.smoothing
        self.averages[term] = [share * a + (1 - share) * b for a, b in zip(old, new, strict=True)]

    def _scale(self, training: Training) -> None:
        for term, both in self.averages.items():
            training.scale_weight(term, self._factor(*both))

    def _factor(self, adversarial: float, opponents: float) -> float:
        return min(max(self.ratio * opponents / (adversarial + DELTA), self.least), self.most)


def _check(ratio: float, interval: int, smoothing: float, least: float, most: float) -> None:
    if not ratio > 0:
        raise ValueError(f"ratio is {ratio:g}: it must be above 0")
    if interval < 1:
        raise ValueError(f"interval is {interval}: it must be at least 1")
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing is {smoothing:g}: it must be at least 0 and less than 1")
    if not 0 < least <= most:
        raise ValueError(f"least is {least:g} and most {most:g}: they must be above 0, in order")
