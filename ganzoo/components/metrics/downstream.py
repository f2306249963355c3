"""What generated images are worth as training images: the base of the downstream scores."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganzoo.components.metrics.intervals import bootstrap_networks
from ganzoo.components.metrics.task_training import predict
from ganzoo.components.metrics.tensor_cache import cached_network
from ganzoo.interfaces import Metric, Sample
from ganzoo.interfaces.levels import to_levels
from ganzoo.interfaces.metric import Interval, Tick

# Part of the names in the cache: it must change whenever training would give other weights.
VERSION = 2
MODEL, INPUTS, REAL = "model", "trained on the inputs", "trained on real ones"
# Rows by the wire whose images a network is trained on, in their order.
ROWS = {"prediction": MODEL, "source": INPUTS, "target": REAL}
FEWEST = 2


class Downstream(Metric):
    """Trains networks on generated images with known labels and tests them on real images.

    The same networks are trained on real images as well, and on the inputs where there are such: on
    as many images with the same labels, from the same weights, in the same order and for as many
    steps. So a difference between rows comes from the images alone. The networks of a row differ in
    their seed: in their weights at first, and in the order of the images.

    A subclass says what labels are, which network learns them, and what is scored.
    """

    learns_from: ClassVar[tuple[str, ...]] = ("labels", "target", "source")
    learns_from_outputs: ClassVar[tuple[str, ...]] = ("prediction",)
    guess: ClassVar[str] = ""
    """The name of the baseline that looks at no image."""

    def __init__(self, examples: int, steps: int, width: int, networks: int) -> None:
        if examples < FEWEST:
            raise ValueError(f"examples must be at least {FEWEST}, not {examples}")
        for name, number in (("steps", steps), ("width", width), ("networks", networks)):
            if number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        self.examples, self.steps, self.width = examples, steps, width
        self.networks = networks
        self.count = 0
        self.trained: dict[str, list[nn.Module]] = {}
        self.usual = torch.empty(0)
        self.tables: dict[str, list[Tensor]] = {}

    def prepare(self, examples: Sequence[Sample], tell: Callable[[str], None]) -> None:
        """Train the networks; those of baselines come from the cache if they were trained before.

        Raises:
            ValueError: there are too few examples, or generated and real images differ in shape.
        """
        self.count = min(self.examples, len(examples))
        if self.count < FEWEST:
            raise ValueError(f"a network needs {FEWEST} images to learn from, not {self.count}")
        images, truth = self._read(examples, tell)
        self.usual = self._find_usual(truth.cpu().long())
        steps = f"{self.steps} step{'' if self.steps == 1 else 's'}"
        networks = "a network" if self.networks == 1 else f"{self.networks} networks"
        tell(f"trains {networks} on {self.count} images for each of {len(images)} rows, in {steps}")
        self.trained = {row: self._learn(row, shown, truth) for row, shown in images.items()}

    def compute(self) -> dict[str, dict[str, float]]:
        """Scores of 0 ... 1, means over a row's networks, and on how many images these learnt.

        Raises:
            ValueError: it was not prepared, or no image was added.
        """
        totals = {row: self._score(tables.sum(0)) for row, tables in self._stacked().items()}
        return {
            row: {
                **{name: float(s.mean()) for name, s in scores.items()},
                "training_images": self.count,
            }
            for row, scores in totals.items()
        }

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Bootstrap intervals over the test images and over the networks."""
        stacked = self._stacked().items()
        return {row: bootstrap_networks(tables.double(), self._score) for row, tables in stacked}

    def sample_scores(self) -> dict[str, list[float]]:
        """The scores of each test image, means over the networks that learnt from the model."""
        scores = self._score(self._stacked()[MODEL])
        return {name: each.mean(1).tolist() for name, each in scores.items()}

    @abstractmethod
    def _find_truth(self, labels: Tensor) -> Tensor:
        """The classes of a batch of labels, on the CPU."""

    @abstractmethod
    def _classes(self) -> int:
        """The number of classes."""

    @abstractmethod
    def _make_network(self, channels: int, seed: int) -> nn.Module:
        """An untrained network, always with the same weights for a seed."""

    @abstractmethod
    def _train(
        self, network: nn.Module, images: Tensor, truth: Tensor, seed: int, tick: Tick
    ) -> None:
        """Train a network on images (N, C, H, W), uint8, of these classes."""

    @abstractmethod
    def _count(self, predicted: Tensor, truth: Tensor) -> Tensor:
        """What each image of a batch contributes to the scores: counts (N, ...)."""

    @abstractmethod
    def _score(self, counts: Tensor) -> Mapping[str, Tensor]:
        """Scores by name from counts (..., as of one image), or from their means."""

    def _test(self, truth: Tensor, target: Tensor) -> None:
        """Test every network on a batch of real images."""
        if not self.trained:
            return
        for row, networks in self.trained.items():
            self._append(row, [predict(network, target) for network in networks], truth)
        if self.usual.shape == truth.shape[1:]:
            self._append(self.guess, [self.usual.expand(truth.shape)], truth)

    def _append(self, row: str, predicted: Sequence[Tensor], truth: Tensor) -> None:
        """Add the counts of what each network of a row predicted."""
        counts = torch.stack([self._count(each, truth) for each in predicted], 1)
        self.tables.setdefault(row, []).extend(counts.unbind())

    def _stacked(self) -> dict[str, Tensor]:
        """The counts (images, networks, ...) of each row."""
        if not self.tables:
            raise ValueError("there is nothing to score: no network was trained, or none tested")
        return {row: torch.stack(tables) for row, tables in self.tables.items()}

    def _find_usual(self, truth: Tensor) -> Tensor:
        """The most frequent class among those of all examples, at every place of it."""
        counts = [(truth == label).sum(0) for label in range(self._classes())]
        return torch.stack(counts).argmax(0)

    def _read(
        self, examples: Sequence[Sample], tell: Callable[[str], None]
    ) -> tuple[dict[str, Tensor], Tensor]:
        """The images (N, C, H, W), uint8, that each row is trained on, and their classes."""
        wires = self._usable(examples[0], tell)
        images: dict[str, list[Tensor]] = {wire: [] for wire in wires}
        truth = []
        for number in range(self.count):
            example = examples[number]
            truth.append(self._find_truth(example["labels"][None]))
            for wire in wires:
                images[wire].append(to_levels(example[wire]))
            self.tick(number + 1, self.count, "making and reading training images")
        shown = {ROWS[wire]: torch.stack(levels) for wire, levels in images.items()}
        return shown, torch.cat(truth).to(torch.int16).to(shown[MODEL].device)

    def _usable(self, example: Sample, tell: Callable[[str], None]) -> list[str]:
        """The wires whose images a network for real images can learn from, in the rows' order."""
        shape = tuple(example["target"].shape)
        if len(shape) != 3:
            raise ValueError(f"it takes images (C, H, W), not {shape}")
        if (given := tuple(example["prediction"].shape)) != shape:
            raise ValueError(f"images {given} are generated, where real ones are {shape}")
        wires = [wire for wire in ROWS if wire in example]
        if "source" in wires and (given := tuple(example["source"].shape)) != shape:
            tell(f"'{INPUTS}' is left out: inputs are {given}, where real images are {shape}")
            wires.remove("source")
        return wires

    def _learn(self, row: str, images: Tensor, truth: Tensor) -> list[nn.Module]:
        """Networks that were trained on a row's images, one for each seed."""
        digest = "" if row == MODEL else self._digest(images, truth)
        return [self._learn_one(row, images, truth, seed, digest) for seed in range(self.networks)]

    def _learn_one(
        self, row: str, images: Tensor, truth: Tensor, seed: int, digest: str
    ) -> nn.Module:
        """A trained network; with a digest, it is that of the cache, if there is one."""

        def make() -> nn.Module:
            return self._make_network(images.shape[1], seed)

        def train(network: nn.Module) -> None:
            tick = self._tick_for(row, seed)
            self._train(network.to(images.device), images, truth, seed, tick)

        if digest:
            network = cached_network(f"downstream-{VERSION}/{digest}-{seed}", make, train)
        else:
            network = make()
            train(network)
        return network.to(images.device).eval()

    def _tick_for(self, row: str, seed: int) -> Tick:
        """Counts the steps of all networks of a row."""
        doing = "training on what the model made" if row == MODEL else row
        before, total = seed * self.steps, self.networks * self.steps
        return lambda done, _, __: self.tick(before + done, total, f"{doing}: steps")

    def _digest(self, images: Tensor, truth: Tensor) -> str:
        """A hash of all that networks depend on but the seed: settings, images and classes."""
        settings = type(self).__name__, self._classes(), self.steps, self.width, *images.shape
        digest = hashlib.sha256(repr(settings).encode())
        for tensor in (images, truth):
            digest.update(tensor.cpu().numpy().tobytes())
        return digest.hexdigest()[:16]
