"""What a metric is: a part that turns test samples into figures.

Import `Metric` from `ganzoo.interfaces`, where the other kinds of parts are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from torch import Tensor

Sample = dict[str, Tensor]
Interval = tuple[float, float]


class Metric(ABC):
    """A figure on test samples: the parameters of `update` are its wires.

    A sample is an observation: an item of the data counts once, though sample 9 of 40 shows y's
    first item again where y has only 9. So `update` is called for a sample as long as each of its
    wires shows something new.

    needs_pairs: the wires compare samples of one scene, so the data must be paired.
    separate: the wires are sets that need no partners, as crowds that are compared: each is shown
        all of its items, and `update` gets None for a wire that shows nothing new.
    learns_from: wires of which `prepare` is given real samples: each is a variable of the data.
    lower_is_better: figures of which a smaller one is better, by the beginning of their names.
    """

    needs_pairs: ClassVar[bool] = True
    separate: ClassVar[bool] = False
    learns_from: ClassVar[tuple[str, ...]] = ()
    lower_is_better: ClassVar[tuple[str, ...]] = ()

    def prepare(self, examples: Sequence[Sample], tell: Callable[[str], None]) -> None:  # noqa: B027
        """Get ready, before the first update; a rehearsal of one sample does without.

        examples: paired samples by wire, read when asked for; without N, on the networks' device.
        tell: say a sentence to the person who waits.
        """

    @abstractmethod
    def compute(self) -> dict[str, dict[str, float]]:
        """Rows of named figures; the first row is the model, the others what to compare it with."""

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Low and high ends of 95 % intervals over the samples, by row and figure.

        Called after `compute`; a figure that has none is left out.
        """
        return {}

    def cases(self) -> dict[str, list[float]]:
        """The model's figures of each sample, in order, for figures that one sample has.

        Called after `compute`; NaN for a sample that has none.
        """
        return {}

    def higher_is_better(self, figure: str) -> bool:
        """Which of two values of a figure is the better one."""
        return not figure.startswith(self.lower_is_better)
