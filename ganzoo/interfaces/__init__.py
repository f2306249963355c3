"""What each kind of part is: the contracts of the play layer, in torch and nothing else.

The annotations are the contract. A constructor's parameters are the settings a recipe may write;
the parameters of a loss's or a metric's method are its wires.
Images are float tensors of shape (N, C, H, W) in [-1, 1].
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.interfaces.metric import Metric as Metric
from ganzoo.interfaces.metric import Sample as Sample
from ganzoo.interfaces.variable import Variable as Variable

Value = Tensor | list[Tensor]
Method = TypeVar("Method", bound=Callable[..., Any])


def head(method: Method) -> Method:
    """Mark a method that a wire may call: `G.features(x)` needs `@head def features(self, x)`."""
    method.__dict__["is_head"] = True
    return method


class Network(nn.Module):
    """Anything a wire can call.

    per_sample: True if no sample's output depends on the rest of the batch, on a running statistic
        or on chance; then calls of one step may be merged into one.
    default_init: the init a recipe gets where it names none; None leaves the module as built.
    differentiates: the heads ("" for a plain call) that take gradients inside, which the trial step
        finds out; they run uncompiled and in full precision.
    in_channels, out_channels: what the trial step expects of the wires.
    classes: how many classes the label has that it takes; None where it takes none.
    """

    per_sample: bool = False
    default_init: ClassVar[str | None] = None
    differentiates: frozenset[str] = frozenset()
    in_channels: int
    out_channels: int
    classes: int | None


class Generator(Network):
    """Makes images (N, out_channels, H, W) in [-1, 1]."""


class Discriminator(Network):
    """A critic: images in, logits out (a tensor, or a list of them where it judges several scales).

    Several images are concatenated along channels, so `D(x, y)` needs in_channels = 6. Of
    `D(y, c)`, c a class label, `logits` gets the label (N,) as its second argument.
    """

    def forward(self, *arguments: Tensor) -> Value:
        """Logits for images (N, C, H, W) and class labels (N,); never squashed by a sigmoid."""
        images = [argument for argument in arguments if argument.is_floating_point()]
        labels = [argument for argument in arguments if not argument.is_floating_point()]
        judge: Callable[..., Value] = self.logits
        return judge(torch.cat(images, 1) if len(images) > 1 else images[0], *labels)

    @abstractmethod
    def logits(self, images: Tensor) -> Value:
        """Logits for the concatenated images (N, in_channels, H, W)."""


class Loss(nn.Module, ABC):
    """A plain term: the parameters of `forward` are its wires; it returns a scalar.

    notation: how the paper writes it, with the wires in braces (`E‖{prediction} - {target}‖₁`).
    """

    notation: ClassVar[str] = ""


class AdversarialLoss(nn.Module, ABC):
    """The game between generators and critics, on logits.

    needs_real: the generators' side looks at real logits too (relativistic losses).
    notation: how the paper writes it, of {real} and {fake}.
    """

    needs_real: ClassVar[bool] = False
    notation: ClassVar[str] = ""

    @abstractmethod
    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """What the generators minimise; with real logits, the whole of both sides."""

    @abstractmethod
    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """What the critic minimises."""


@dataclass(frozen=True)
class DiscriminatorOutput:
    """One side of a critic's term: what it was shown, and what it said of that.

    arguments: tensors (N, ...), what stands where the critic's own networks begin; floating-point
        ones require a gradient. A list of images counts as so many arguments.
    logits: float32 (or float64), one tensor for each of the critic's scales.
    """

    arguments: tuple[Tensor, ...]
    logits: list[Tensor]


Discriminate = Callable[..., list[Tensor]]
"""A critic: `judge(*arguments)` gives logits, one tensor for each of its scales."""


class Penalty(nn.Module, ABC):
    """What the critic pays beside an adversarial term, computed in full precision.

    notation: how the paper writes it, of {real} and {fake}.
    """

    notation: ClassVar[str] = ""

    @abstractmethod
    def forward(
        self, discriminate: Discriminate, real: DiscriminatorOutput, fake: DiscriminatorOutput
    ) -> Tensor:
        """A scalar that can be differentiated; chance is torch's global one."""


class Buffer(ABC):
    """What a critic sees in place of the newest fakes; a sample is the tuple of its arguments."""

    @abstractmethod
    def draw(self, fakes: tuple[Tensor, ...], rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Swap fakes for past ones; tensors (N, ...), detached, shapes unchanged."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Everything a resume needs."""

    @abstractmethod
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up a saved state."""


class Data(ABC):
    """Images for training, and test samples: held out, or training ones that stand in for them.

    The constructor only stores settings and declares `variables`; `prepare` looks at the disk.
    paired: test samples hold x and y of the same scene, so that G(x) may be compared with y.
    places: settings that are paths, seen from the working directory. A run remembers them whole,
        and may be resumed with others, as long as `fingerprint` stays the same.
    places_within: settings that are paths seen from those; they may change as well.
    own: the data set (`plugin.name`) that reads a user's own images in place of these, in the first
        of its `places`; left out, `folders` and the like, by what the recipe learns from.
    """

    variables: dict[str, Variable]
    paired: bool = False
    places: ClassVar[tuple[str, ...]] = ()
    places_within: ClassVar[tuple[str, ...]] = ()
    own: ClassVar[str] = ""

    def prepare(self) -> None:  # noqa: B027 (data that need no preparation leave it out)
        """Find the files; raises DataError where nothing usable is there."""

    def inspect(self) -> list[str]:
        """What a person should know of the files; raises DataError where one cannot be read."""
        return []

    def inspect_tests(self) -> list[str]:
        """As `inspect`, of the test samples' files alone; refuses nothing."""
        return []

    @abstractmethod
    def __len__(self) -> int:
        """Training samples in an epoch; where domains differ in size, the longer one's."""

    @abstractmethod
    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """Training sample `index`, without N; all chance comes from `random`."""

    @abstractmethod
    def test_count(self) -> int:
        """How many test samples there are."""

    @abstractmethod
    def test_sample(self, index: int) -> Sample:
        """Test sample `index`, without N; always the same."""

    def test_counts(self) -> dict[str, int]:
        """How many distinct test items a variable has; `test_sample(i)` shows item i % count.

        By default every sample has its own.
        """
        return dict.fromkeys(self.variables, self.test_count())

    def trained_on(self) -> frozenset[str]:
        """The variables whose `test_sample`s are training samples, for want of held-out ones."""
        return frozenset()

    def summary(self) -> str:
        """What was found, in one line: "624 + 980 images, 4 left out: 3 .gif, 1 .npy"."""
        return ""

    def fingerprint(self) -> dict[str, Any]:
        """What the prepared data are, as JSON, but not where: equal data have equal ones."""
        return {}

    def paired_count(self) -> int:
        """How many samples there are for metrics that learn from real ones; none by default."""
        return 0

    def paired_sample(self, index: int) -> Sample:
        """Sample `index`, its variables of one scene, and no test sample; always the same."""
        raise IndexError(index)


class Latent(ABC):
    """A random input, drawn anew for every step."""

    @abstractmethod
    def variable(self, variables: Mapping[str, Variable]) -> Variable:
        """What is drawn, given the data's variables."""

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        """A tensor of that shape (N, ...) on the CPU."""


@dataclass(frozen=True)
class Progress:
    """Where training is: `step` of `steps` and `epoch` of `epochs`, both counted from 0."""

    step: int
    steps: int
    epoch: int
    epochs: float


class Schedule(ABC):
    """The learning rate over training, as a factor of its first value."""

    @abstractmethod
    def factor(self, progress: Progress) -> float:
        """The factor for the step about to be made."""
