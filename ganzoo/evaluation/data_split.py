"""Some test items of prepared data, as data of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from ganzoo.interfaces import Data, Sample


class DataSplit(Data):
    """Some test items of prepared data; training samples are those of the whole.

    data: the whole. split: what these items are for.
    chosen: the indices of the items in the whole, by variable.
    digest: identifies the content of the items; "" where it is not known.
    """

    def __init__(
        self, data: Data, split: str, chosen: Mapping[str, Sequence[int]], digest: str = ""
    ) -> None:
        self.data, self.split, self.chosen, self.digest = data, split, chosen, digest
        self.variables, self.paired = data.variables, data.paired
        self.trains_on_pairs, self.separate_items = data.trains_on_pairs, data.separate_items

    def __len__(self) -> int:
        return len(self.data)

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Training sample `index` of the whole."""
        return self.data.train_sample(index, rng)

    def train_names(self, index: int, rng: np.random.Generator) -> Mapping[str, str]:
        """As of the whole."""
        return self.data.train_names(index, rng)

    def train_counts(self) -> dict[str, int]:
        """As of the whole."""
        return self.data.train_counts()

    def unaugmented_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """As of the whole."""
        return self.data.unaugmented_sample(index, rng)

    def unaugmented_names(self, index: int) -> Mapping[str, str]:
        """As of the whole."""
        return self.data.unaugmented_names(index)

    def test_count(self) -> int:
        """The number of samples, that is, of items of the variable that has most."""
        return max(map(len, self.chosen.values()))

    def test_counts(self) -> dict[str, int]:
        """The number of items of each variable."""
        return {name: len(indices) for name, indices in self.chosen.items()}

    def held_out_counts(self) -> dict[str, int]:
        """The number of items of each variable that is not trained on."""
        trained_on = self.trained_on()
        return {name: n for name, n in self.test_counts().items() if name not in trained_on}

    def item_index(self, name: str, index: int) -> int:
        """The index in the whole of the item of a variable that sample `index` shows."""
        return self.chosen[name][index % len(self.chosen[name])]

    def test_sample(self, index: int) -> Sample:
        """Sample `index` of these."""
        items = {name: self.item_index(name, index) for name in self.variables}
        if len({*items.values()}) == 1:
            return self.data.test_sample(items.popitem()[1])
        return {name: self.data.test_item(name, item) for name, item in items.items()}

    def test_item(self, name: str, index: int) -> Tensor:
        """Item `index` of a variable."""
        return self.data.test_item(name, self.item_index(name, index))

    def test_keys(self) -> dict[str, list[bytes]]:
        """The keys of these items."""
        keys = self.data.test_keys()
        return {n: [known[i % len(known)] for i in self.chosen[n]] for n, known in keys.items()}

    def trained_on(self) -> frozenset[str]:
        """As of the whole."""
        return self.data.trained_on()

    def inspect_tests(self) -> list[str]:
        """As of the whole."""
        return self.data.inspect_tests()

    def summary(self) -> str:
        """As of the whole."""
        return self.data.summary()

    def fingerprint(self) -> dict[str, Any]:
        """As of the whole."""
        return self.data.fingerprint()

    def paired_count(self) -> int:
        """As of the whole: samples to learn from are no test samples."""
        return self.data.paired_count()

    def paired_sample(self, index: int) -> Sample:
        """As of the whole."""
        return self.data.paired_sample(index)


def find_item(data: Data, name: str, index: int) -> int:
    """The index in the whole data of the item of a variable that sample `index` shows."""
    return data.item_index(name, index) if isinstance(data, DataSplit) else index
