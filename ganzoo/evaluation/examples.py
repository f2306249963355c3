"""What a metric learns from: a data set's paired samples, by the metric's wires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ganzoo.interfaces import Data, Sample


class Examples(Sequence[Sample]):
    """Paired samples, each read when it is asked for.

    variables: of the data, by the wire that shows each.
    device: where samples are put.
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
