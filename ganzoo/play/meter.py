"""Running means of the losses, kept on the device and read back only when they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from ganzoo.play.step import Losses


class Meter:
    """Sums of each player's terms since they were last read, and how many steps were not finite.

    Sums are saved with checkpoints, so that a resumed run logs what an uninterrupted one would.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        self.sums: dict[str, Tensor] = {}
        self.count = 0
        self.nonfinite = torch.zeros((), dtype=torch.int64, device=accelerator.device)

    def add(self, losses: Losses) -> None:
        """Add one step's losses, by player and term."""
        flat = {f"{p}/{t}": loss for p, terms in losses.items() for t, loss in terms.items()}
        self.sums = {name: self.sums.get(name, 0) + loss for name, loss in flat.items()}
        self.nonfinite += ~torch.isfinite(torch.stack(list(flat.values()))).all()
        self.count += 1

    def read(self) -> dict[str, Any]:
        """Means by player and term over all processes, and the steps not finite so far; resets."""
        means = torch.stack(list(self.sums.values())) / self.count
        counted = self.nonfinite.clone()
        if self.accelerator.num_processes > 1:
            means = self.accelerator.reduce(means, "mean")
            counted = self.accelerator.reduce(counted, "sum")
        losses: dict[str, dict[str, float]] = {}
        for name, value in zip(self.sums, means.tolist(), strict=True):
            player, _, term = name.partition("/")
            losses.setdefault(player, {})[term] = value
        self.sums, self.count = {}, 0
        return {"losses": losses, "nonfinite": int(counted)}

    def state(self) -> dict[str, Tensor]:
        """Everything a resume needs."""
        sums = {f"meter:{name}": total for name, total in self.sums.items()}
        return {**sums, "meter#count": torch.tensor(self.count), "meter#nonfinite": self.nonfinite}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take up a saved state."""
        device = self.accelerator.device
        self.sums = {
            name.removeprefix("meter:"): tensor.to(device)
            for name, tensor in tensors.items()
            if name.startswith("meter:")
        }
        self.count = int(tensors["meter#count"])
        self.nonfinite = tensors["meter#nonfinite"].to(device)
