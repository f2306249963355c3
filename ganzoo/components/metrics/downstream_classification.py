"""What generated images of a class are worth to a classifier, which is tested on real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ganzoo.components.metrics.classifier import Classifier, new_classifier
from ganzoo.components.metrics.downstream import Downstream
from ganzoo.components.metrics.task_training import train_on
from ganzoo.interfaces.metric import Tick

BATCH = 64


class DownstreamClassification(Downstream):
    """How well a classifier that learnt from generated images classifies real ones.

    A small classifier is trained on generated images of known classes and tested on held-out real
    images: the classification accuracy score (Ravuri, Vinyals 2019, arXiv:1905.10887). It sees what
    realism does not: a class that is drawn wrong, or always alike, teaches nothing about real ones.

    classes: how many classes there are.
    examples: how many images a network is trained on, at most.
    steps: training steps, of 64 images each.
    width: channels of a network's first layer.
    networks: how many networks learn from each kind of images, with seeds 0, 1, 2 ...; a score is
        the mean of theirs, and its interval is over the networks and the test images.

    `prediction` is the generated image, `labels` its class, `target` a real image of that class and
    `source` the image that the generated one was made from, if there is such. The networks learn
    from training samples, all from the same classes. Baselines of the model:
    "trained on the inputs" learns from `source`;
    "trained on real ones" learns from `target`: no generated images can be expected to teach more;
    "most frequent class" says that one of the training samples.

    Raises:
        ValueError: a setting that makes no sense.
    """

    needs_pairs = False
    guess: ClassVar[str] = "most frequent class"

    def __init__(
        self,
        classes: int = 10,
        examples: int = 4000,
        steps: int = 300,
        width: int = 8,
        networks: int = 3,
    ) -> None:
        super().__init__(examples, steps, width, networks)
        if classes < 2:
            raise ValueError(f"classes must be at least 2, not {classes}")
        self.classes = classes

    def update(
        self,
        prediction: Tensor | None,
        labels: Tensor,
        target: Tensor,
        source: Tensor | None = None,
    ) -> None:
        """Test on a batch of real images `target` (N, C, H, W) in [-1, 1] and their classes (N,).

        Raises:
            ValueError: these are no images, or the labels no classes of 0 ... classes - 1.
        """
        if target.dim() != 4:
            raise ValueError(f"it needs images (N, C, H, W), not {tuple(target.shape)}")
        self._test(self._find_truth(labels), target)

    def _find_truth(self, labels: Tensor) -> Tensor:
        if labels.dim() != 1 or labels.is_floating_point():
            raise ValueError(f"labels are {tuple(labels.shape)}, not a class for each image")
        truth = labels.cpu().long()
        if not 0 <= int(truth.min()) <= int(truth.max()) < self.classes:
            raise ValueError(
                f"there is a class {int(truth.max())}, beside classes = {self.classes}"
            )
        return truth

    def _classes(self) -> int:
        return self.classes

    def _make_network(self, channels: int, seed: int) -> Classifier:
        return new_classifier(self.classes, self.width, channels, seed)

    def _train(
        self, network: nn.Module, images: Tensor, truth: Tensor, seed: int, tick: Tick
    ) -> None:
        known = self.classes
        train_on(
            network,
            images,
            truth,
            self.steps,
            classes=known,
            batch=BATCH,
            mirror=False,
            seed=seed,
            linear=True,
            tick=tick,
        )

    def _count(self, predicted: Tensor, truth: Tensor) -> Tensor:
        """By class, whether the image is of it and recognised, and whether it is of it."""
        present = one_hot(truth, self.classes)
        right = present * (predicted == truth)[:, None]
        return torch.stack([right, present], 1).to(torch.int32)

    def _score(self, counts: Tensor) -> Mapping[str, Tensor]:
        """`accuracy`, and its mean over the classes, without those that no test image shows."""
        right, present = counts.double().unbind(-2)
        shares = (right / present).masked_fill(present == 0, torch.nan)
        return {
            "accuracy": right.sum(-1) / present.sum(-1),
            "class_accuracy": shares.nanmean(-1),
        }
