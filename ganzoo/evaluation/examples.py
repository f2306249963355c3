"""What a metric is shown of the training: samples to learn from, and training items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample
from ganzoo.interfaces.metric import NamedImage

SEED = 0
Generate = Callable[[Sample, int], Sample]
"""A function of a training sample and its number that returns generated images by wire."""


@dataclass(frozen=True)
class LearningSamples:
    """Samples that show one scene each, always the same; none of them is held out."""

    count: int
    read: Callable[[int], Sample]


def find_learning_samples(data: Data, names: Collection[str]) -> LearningSamples | None:
    """The training samples of which these variables show one scene; None if there are none.

    They are the paired samples of a data set. Without such, an image and its class are of one
    scene in any sample, but training samples that stand in for held-out ones are not learnt from.
    """
    if data.paired_count():
        return LearningSamples(data.paired_count(), data.paired_sample)
    images = [name for name in names if not data.variables[name].classes]
    if len(images) > 1 or {*names} & data.trained_on():
        return None
    counts = data.train_counts()
    count = min((counts[name] for name in names), default=0)
    return (
        LearningSamples(
            count, lambda i: data.unaugmented_sample(i, np.random.default_rng((SEED, i)))
        )
        if count
        else None
    )


class Examples(Sequence[Sample]):
    """Training samples by the names of a metric's wires; each is read when it is asked for.

    variables: by wire, the variable of the data that the wire shows.
    device: the samples are moved to it.
    generate: adds the wires that show what a model makes of a sample.
    """

    def __init__(
        self,
        samples: LearningSamples,
        variables: Mapping[str, str],
        device: torch.device,
        generate: Generate | None = None,
    ) -> None:
        self.samples, self.variables, self.device = samples, variables, device
        self.generate = generate

    def __len__(self) -> int:
        return self.samples.count

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        number = range(len(self))[index]
        sample = self.samples.read(number)
        example = {wire: sample[name].to(self.device) for wire, name in self.variables.items()}
        return example | (self.generate(sample, number) if self.generate else {})


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
