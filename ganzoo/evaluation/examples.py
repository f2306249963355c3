"""What a metric is shown of the training: paired samples to learn from, and training items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample
from ganzoo.interfaces.metric import NamedImage


class Examples(Sequence[Sample]):
    """Paired samples by the names of a metric's wires; each is read when it is asked for.

    variables: by wire, the variable of the data that the wire shows.
    device: the samples are moved to it.
    """

    def __init__(self, data: Data, variables: Mapping[str, str], device: torch.device) -> None:
        self.data, self.variables, self.device = data, variables, device

    def __len__(self) -> int:
        return self.data.paired_count()

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        sample = self.data.paired_sample(range(len(self))[index])
        return {wire: sample[name].to(self.device) for wire, name in self.variables.items()}


class TrainingItems(Sequence[NamedImage]):
    """The training items of a variable, each with its file's name; read when they are asked for.

    device: the items are moved to it.
    """

    def __init__(self, data: Data, variable: str, device: torch.device) -> None:
        self.data, self.variable, self.device = data, variable, device
        self.number = count_training_items(data, variable)

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        place = range(len(self))[index]
        item = self.data.unaugmented_sample(place, np.random.default_rng(place))[self.variable]
        name = self.data.unaugmented_names(place).get(self.variable, "")
        return name, item.to(self.device)


def count_training_items(data: Data, variable: str) -> int:
    """How many training items a variable has; 0 where the training images are not there."""
    try:
        return data.train_counts().get(variable, 0)
    except DataError:
        return 0
