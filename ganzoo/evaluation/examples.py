"""Examples that a metric learns from: the paired samples of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ganzoo.interfaces import Data, Sample


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
