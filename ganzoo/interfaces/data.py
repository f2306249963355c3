"""The contract of a data set: training samples, test samples, and facts about both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from ganzoo.interfaces.content_key import hash_tensor
from ganzoo.interfaces.metric import Sample
from ganzoo.interfaces.variable import Variable


class Data(ABC):
    """Training samples and test samples.

    Test samples are held out from training; where there are none, training samples may stand in.
    The constructor only stores settings and sets `variables`; `prepare` reads the disk.

    variables: what a sample holds, by name.
    trains_on_pairs: training samples hold x and y of the same scene. A data set that has both ways
        calls the setting `paired`.
    paired: test samples hold x and y of the same scene, so that G(x) may be compared with y.
    separate_items: test items of different variables do not belong together, so that each may be
        used without those it stands beside in a sample. By default a sample stays whole.
    split: which of the test items these are: "held_out" stands for all, "validation" and "test" for
        those that choose a model and those that it is tested on.
    places: the settings that are paths, relative to the working directory. A run stores them as
        absolute paths. It may be resumed with other paths while `fingerprint` stays the same.
    places_within: the settings that are paths relative to those; they may change on resume, too.
    free: the settings that samples do not depend on; they may change on resume as well.
    own: the data set (`plugin.name`) that reads a user's images when a recipe with these data gets
        `--data FOLDER`; the folder becomes the first of its `places`. Left out, it is `folders` or
        another one of the core, by what the recipe learns from.
    """

    variables: dict[str, Variable]
    trains_on_pairs: bool = False
    paired: bool = False
    separate_items: bool = False
    split: str = "held_out"
    places: ClassVar[tuple[str, ...]] = ()
    places_within: ClassVar[tuple[str, ...]] = ()
    free: ClassVar[tuple[str, ...]] = ()
    own: ClassVar[str] = ""

    def prepare(self) -> None:  # noqa: B027 (data that need no preparation leave it out)
        """Find the files.

        Raises:
            DataError: there is nothing that can be used.
        """

    def measured(self) -> dict[str, Any]:
        """Settings that the recipe leaves to the prepared training files, as they were measured.

        A run's recipe and its model say them from then on: training that goes on, and whoever uses
        the model, must read files alike, whatever files are there. By default there are none.

        Raises:
            DataError: a file cannot be read.
        """
        return {}

    @classmethod
    def take_measured(cls, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """Those settings of a run that others leave to the files.

        given: the settings of a recipe. before: those of a run with it, which were measured.
        """
        return {}

    def inspect(self) -> list[str]:
        """Warnings about the files, a sentence each, printed before training.

        Raises:
            DataError: a file cannot be read.
        """
        return []

    def inspect_tests(self) -> list[str]:
        """Warnings about the files of test samples, as of `inspect`; never raises."""
        return []

    @abstractmethod
    def __len__(self) -> int:
        """How many training samples an epoch has.

        Where domains differ in size, that is the larger one's.
        """

    @abstractmethod
    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Training sample `index`, tensors without N; `rng` is the only source of randomness.

        Images of 8 bits may go to the device as such, see `interfaces.levels.returns_levels`.
        """

    def train_names(self, index: int, rng: np.random.Generator) -> Mapping[str, str]:
        """The names of the files that training sample `index` is read from, by variable.

        rng: in the state in which `train_sample` gets it. Left out, the files are not known.
        """
        return {}

    def train_counts(self) -> dict[str, int]:
        """How many training items each variable has that `unaugmented_sample` shows.

        By default, as many as an epoch has samples.
        """
        return dict.fromkeys(self.variables, len(self))

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Training items without random crops and flips, for `ganzoo data make`.

        Each variable's is item `index` modulo its count; `rng` is the only source of randomness. By
        default, it is training sample `index`.
        """
        return self.train_sample(index, rng)

    def unaugmented_names(self, index: int) -> Mapping[str, str]:
        """The names of the files that `unaugmented_sample(index)` shows, by variable.

        Left out, the files are not known.
        """
        return {}

    @abstractmethod
    def test_count(self) -> int:
        """How many test samples there are."""

    @abstractmethod
    def test_sample(self, index: int) -> Sample:
        """Test sample `index`, tensors without N; always the same."""

    def test_counts(self) -> dict[str, int]:
        """How many different test items each variable has.

        A variable with fewer items than there are samples repeats them: `test_sample(i)` holds its
        item i % count. By default nothing is repeated.
        """
        return dict.fromkeys(self.variables, self.test_count())

    def test_item(self, name: str, index: int) -> Tensor:
        """Test item `index` of a variable, without N; by default that of test sample `index`.

        Data whose variables are read one by one should read only this one.
        """
        return self.test_sample(index)[name]

    def test_keys(self) -> dict[str, list[bytes]]:
        """What identifies the content of each distinct test item, by variable, in order.

        Keys are equal where content is, wherever the item stands and however many others there
        are: by them items are dealt into those that choose a model and those that it is tested
        on. Class labels need no keys of their own beside images. By default, hashes of the tensors;
        data whose items are read from files or drawn from seeds have cheaper ones.

        Raises:
            DataError: a file cannot be read.
        """
        images = [name for name, variable in self.variables.items() if not variable.classes]
        counts, total = self.test_counts(), self.test_count()
        keys: dict[str, list[bytes]] = {name: [] for name in images or self.variables}
        for index in range(total):
            sample = self.test_sample(index)
            for name, known in keys.items():
                if index < counts.get(name, total):
                    known.append(hash_tensor(sample[name]))
        return keys

    def trained_on(self) -> frozenset[str]:
        """The variables whose test items are training items, as none are held out."""
        return frozenset()

    def summary(self) -> str:
        """What there is, in one line: "624 + 980 images, 4 left out: 3 .tga, 1 .psd"."""
        return ""

    def fingerprint(self) -> dict[str, Any]:
        """What identifies the prepared data wherever they are, as JSON.

        A run is resumed only with data of the same fingerprint.
        """
        return {}

    def paired_count(self) -> int:
        """How many samples there are for metrics that learn from real pairs; none by default."""
        return 0

    def paired_sample(self, index: int) -> Sample:
        """Sample `index` for such metrics; always the same.

        Its variables show the same scene, and it is no test sample.
        """
        raise IndexError(index)
