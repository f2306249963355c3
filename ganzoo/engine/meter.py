"""Computes means of the losses between log entries, on the device until they are logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from ganzoo.engine.checkpoint import strip_prefix
from ganzoo.engine.step import LossesByPlayer

SUM, COUNT, NONFINITE = "meter:", "meter#count:", "meter#nonfinite"


class Meter:
    """Sums the losses since the last `read`, and counts the steps with a loss that is not finite.

    Checkpoints hold the sums, so that a resumed run logs the same as an uninterrupted one.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        self.nonfinite = torch.zeros((), dtype=torch.int64, device=accelerator.device)

    def add(self, losses: LossesByPlayer) -> None:
        """Add one step's losses, by player and term; players that did not move have none."""
        flat = {f"{p}/{t}": loss for p, terms in losses.items() for t, loss in terms.items()}
        if not flat:
            return
        for name, loss in flat.items():
            self.counts[name] = self.counts.get(name, 0) + 1
            if name not in self.sums:
                self.sums[name] = torch.zeros_like(loss)
        losses_now = list(flat.values())
        torch._foreach_add_([self.sums[name] for name in flat], losses_now)
        self.nonfinite += ~torch.isfinite(torch.stack(losses_now)).all()

    def read(self) -> dict[str, Any]:
        """The means by player and term over all processes, and the number of steps not finite.

        The sums of the losses start anew; the number counts from the beginning of the training.
        """
        means = self._means()
        nonfinite = self.nonfinite.clone()
        if self.accelerator.num_processes > 1:
            means = self.accelerator.reduce(means, "mean")
            nonfinite = self.accelerator.reduce(nonfinite, "sum")
        losses: dict[str, dict[str, float]] = {}
        for name, value in zip(self.sums, means.tolist(), strict=False):  # one zero if no losses
            player, _, term = name.partition("/")
            losses.setdefault(player, {})[term] = value
        self.sums, self.counts = {}, {}
        return {"losses": losses, "nonfinite": int(nonfinite)}

    def _means(self) -> Tensor:
        means = [total / self.counts[name] for name, total in self.sums.items()]
        return torch.stack(means or [torch.zeros((), device=self.accelerator.device)])

    def state(self) -> dict[str, Tensor]:
        """The tensors that a resume needs; their names are numbered, as a file keeps no order."""
        sums = {f"{SUM}{i:04}/{name}": self.sums[name] for i, name in enumerate(self.sums)}
        counts = {f"{COUNT}{name}": torch.tensor(count) for name, count in self.counts.items()}
        return {**sums, **counts, NONFINITE: self.nonfinite}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore a saved state."""
        device = self.accelerator.device
        numbered = sorted(strip_prefix(SUM, tensors).items())
        self.sums = {name.partition("/")[2]: total.to(device) for name, total in numbered}
        self.counts = {name: int(count) for name, count in strip_prefix(COUNT, tensors).items()}
        self.nonfinite = tensors[NONFINITE].to(device)
