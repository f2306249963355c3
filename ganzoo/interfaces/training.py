"""What a callback sees of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from ganzoo.interfaces.data import Data
from ganzoo.interfaces.networks import Value
from ganzoo.interfaces.schedule import Progress


@dataclass(frozen=True)
class Logits:
    """A discriminator's logits in an adversarial term: one tensor (N, ...) a scale, detached.

    N counts this process's share of the step's samples, of all micro-batches.
    """

    real: Sequence[Tensor]
    fake: Sequence[Tensor]


@dataclass(frozen=True)
class GradientNorms:
    """How strongly two sides pull at the fakes of an adversarial term: norms of their gradients.

    adversarial: of the term itself, times its weight in the recipe.
    opponents: of the other terms of the same player that depend on these fakes, as a cycle, times
        their weights and added up.
    """

    adversarial: float
    opponents: float


class Training(Protocol):
    """What a callback sees of the training. Read it; the methods below alone change anything.

    Each process has a view of its own. `mean` is collective: all processes must call it alike.
    """

    @property
    def name(self) -> str:
        """The callback's own name in the recipe."""

    @property
    def step(self) -> int:
        """How many steps are made."""

    @property
    def steps(self) -> int:
        """How many steps the training has."""

    @property
    def progress(self) -> Progress:
        """Where training stands, as schedules are given it."""

    @property
    def images_a_step(self) -> int:
        """Samples a step, over all micro-batches and processes."""

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """Every network by name, unwrapped. Do not change them; see `adjust`."""

    @property
    def losses(self) -> Mapping[str, Mapping[str, Tensor]]:
        """Losses of the step just made, by player and term: scalars before weights, on the device.

        Of this process's share; who rested is not among them. Reading a value waits for the device.
        """

    @property
    def logits(self) -> Mapping[str, Logits]:
        """Logits of the step just made, by adversarial term, as the discriminator's loss got them.

        Empty unless a callback of the run says `needs_logits`; a player that rested has none.
        """

    @property
    def opponents(self) -> Mapping[str, Sequence[str]]:
        """The names of the terms that depend on the same fakes as an adversarial term, by its name.

        Adversarial terms without any are not among them.
        """

    @property
    def data(self) -> Data:
        """The prepared data; `data.test_sample(i)` is a sample without N."""

    @property
    def device(self) -> torch.device:
        """Where this process's networks are."""

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes files and speaks; always one of them is."""

    def outputs(
        self, inputs: Mapping[str, Tensor], names: Sequence[str] = (), seed: int = 0
    ) -> dict[str, Value]:
        """The recipe's outputs for inputs (N, ...), without a trace in training.

        inputs: by variable; a latent that is not given is drawn from the seed.
        names: which outputs; left out, all.

        Raises:
            ValueError: there is no such output.
        """

    def mean(self, value: Tensor) -> Tensor:
        """The average of a tensor over all processes. All of them must call it."""

    def adjust(self, network: str, setting: str, value: float) -> None:
        """Change a setting that the network's class declares `adjustable`, from the next step on.

        All processes must do so alike. A checkpoint holds what was adjusted.

        Raises:
            ValueError: there is no such network, or its class does not allow that.
        """

    def gradient_norms(self) -> Mapping[str, GradientNorms]:
        """Norms of gradients at the last step's fakes, by each adversarial term in `opponents`.

        A sample's own, as the root of the mean square over all samples of all processes, which must
        all call it. It takes about half as long as a step, and changes nothing. Only for a callback
        that says `needs_gradients`, and after a step.
        """

    def scale_weight(self, term: str, factor: float) -> None:
        """Multiply the weight of a term by `factor` from the next step on, beside any schedule.

        Of an adversarial term it is the generators' side that is scaled. It replaces the factor
        before. All processes must do so alike. A checkpoint does not hold it: do it again in
        `on_start`.

        Raises:
            ValueError: there is no such term.
        """

    def stop(self, reason: str) -> None:
        """Save and stop: at once in one process, soon and at the same step in several.

        reason: a sentence for run.json and for whoever waits.
        """

    def say(self, text: str) -> None:
        """Print a line, by the main process alone."""
