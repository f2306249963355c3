"""Running means of the losses, kept on the device and read back only when they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from ganzoo.engine.checkpoint import strip_prefix
from ganzoo.engine.step import Losses

SUM, COUNT, NONFINITE = "meter:", "meter#count:", "meter#nonfinite"


class Meter:
    """Sums of each player's terms since they were last read, and how many steps were not finite.

    Sums are saved with checkpoints, so that a resumed run logs what an uninterrupted one would.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        self.nonfinite = torch.zeros((), dtype=torch.int64, device=accelerator.device)

    def add(self, losses: Losses) -> None:
        """Add one step's losses, by player and term; who rested is not among them."""
        flat = {f"{p}/{t}": loss for p, terms in losses.items() for t, loss in terms.items()}
        for name, loss in flat.items():
            self.sums[name] = self.sums.get(name, 0) + loss
            self.counts[name] = self.counts.get(name, 0) + 1
        if flat:
            self.nonfinite += ~torch.isfinite(torch.stack(list(flat.values()))).all()

    def read(self) -> dict[str, Any]:
        """Means by player and term over all processes, and the steps not finite so far; resets."""
        means = self._means()
        counted = self.nonfinite.clone()
        if self.accelerator.num_processes > 1:
            means = self.accelerator.reduce(means, "mean")
            counted = self.accelerator.reduce(counted, "sum")
        losses: dict[str, dict[str, float]] = {}
        for name, value in zip(self.sums, means.tolist(), strict=False):  # one zero where none
            player, _, term = name.partition("/")
            losses.setdefault(player, {})[term] = value
        self.sums, self.counts = {}, {}
        return {"losses": losses, "nonfinite": int(counted)}

    def _means(self) -> Tensor:
        means = [total / self.counts[name] for name, total in self.sums.items()]
        return torch.stack(means or [torch.zeros((), device=self.accelerator.device)])

    def state(self) -> dict[str, Tensor]:
        """Everything a resume needs, numbered, as a file of tensors keeps no order."""
        sums = {f"{SUM}{i:04}/{name}": self.sums[name] for i, name in enumerate(self.sums)}
        counts = {f"{COUNT}{name}": torch.tensor(count) for name, count in self.counts.items()}
        return {**sums, **counts, NONFINITE: self.nonfinite}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take up a saved state."""
        device = self.accelerator.device
        numbered = sorted(strip_prefix(SUM, tensors).items())
        self.sums = {name.partition("/")[2]: total.to(device) for name, total in numbered}
        self.counts = {name: int(count) for name, count in strip_prefix(COUNT, tensors).items()}
        self.nonfinite = tensors[NONFINITE].to(device)
