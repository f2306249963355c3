"""What a data set is: training samples, test samples, and what is said of both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ganzoo.interfaces.metric import Sample
from ganzoo.interfaces.variable import Variable


class Data(ABC):
    """Images for training, and test samples: held out, or training ones that stand in for them.

    The constructor only stores settings and declares `variables`; `prepare` looks at the disk.
    trains_on_pairs: training samples hold x and y of the same scene. A data set that has both ways
        calls the setting `paired`.
    paired: test samples hold x and y of the same scene, so that G(x) may be compared with y.
    places: settings that are paths, seen from the working directory. A run remembers them whole,
        and may be resumed with others, as long as `fingerprint` stays the same.
    places_within: settings that are paths seen from those; they may change as well.
    own: the data set (`plugin.name`) that reads a user's own images in place of these, in the first
        of its `places`; left out, `folders` and the like, by what the recipe learns from.
    """

    variables: dict[str, Variable]
    trains_on_pairs: bool = False
    paired: bool = False
    places: ClassVar[tuple[str, ...]] = ()
    places_within: ClassVar[tuple[str, ...]] = ()
    own: ClassVar[str] = ""

    def prepare(self) -> None:  # noqa: B027 (data that need no preparation leave it out)
        """Find the files; raises DataError where nothing usable is there."""

    def inspect(self) -> list[str]:
        """What a person should know of the files; raises DataError where one cannot be read."""
        return []

    def inspect_tests(self) -> list[str]:
        """As `inspect`, of the test samples' files alone; refuses nothing."""
        return []

    @abstractmethod
    def __len__(self) -> int:
        """Training samples in an epoch; where domains differ in size, the longer one's."""

    @abstractmethod
    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Training sample `index`, without N; all chance comes from `random`."""

    @abstractmethod
    def test_count(self) -> int:
        """How many test samples there are."""

    @abstractmethod
    def test_sample(self, index: int) -> Sample:
        """Test sample `index`, without N; always the same."""

    def test_counts(self) -> dict[str, int]:
        """How many distinct test items a variable has; `test_sample(i)` shows item i % count.

        By default every sample has its own.
        """
        return dict.fromkeys(self.variables, self.test_count())

    def trained_on(self) -> frozenset[str]:
        """The variables whose `test_sample`s are training samples, for want of held-out ones."""
        return frozenset()

    def summary(self) -> str:
        """What was found, in one line: "624 + 980 images, 4 left out: 3 .gif, 1 .npy"."""
        return ""

    def fingerprint(self) -> dict[str, Any]:
        """What the prepared data are, as JSON, but not where: equal data have equal ones."""
        return {}

    def paired_count(self) -> int:
        """How many samples there are for metrics that learn from real ones; none by default."""
        return 0

    def paired_sample(self, index: int) -> Sample:
        """Sample `index`, its variables of one scene, and no test sample; always the same."""
        raise IndexError(index)
