"""Losses on logits of classes."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import cross_entropy

from ganzoo.interfaces import Loss


class CrossEntropy(Loss):
    """Cross-entropy of logits and a class: -log of the probability that softmax gives the class.

    A discriminator that also classifies learns it from real images; the generators learn from its
    classification of their images (Odena, Olah, Shlens 2016, arXiv:1610.09585, eq. 3). As wires:
    prediction = "D.domain(x)", target = "c".
    """

    notation: ClassVar[str] = "H({target}, softmax {prediction})"
    compares: ClassVar[tuple[str, ...]] = ()

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """-E log softmax(prediction)[target], over samples and, of maps, over pixels.

        prediction: logits (N, classes) or (N, classes, H, W).
        target: labels (N,) or (N, H, W) of 0 ... classes - 1.

        Raises:
            ValueError: the target is no label, or of another shape.
        """
        if target.is_floating_point():
            raise ValueError("the target is an image or a vector, and must be a class label")
        wanted = (*prediction.shape[:1], *prediction.shape[2:])
        if prediction.dim() < 2 or target.shape != wanted:
            shapes = [" x ".join(map(str, tensor.shape)) for tensor in (prediction, target)]
            raise ValueError(
                f"logits are N x classes x ..., and labels the same without classes: {shapes[0]} "
                f"and {shapes[1]} do not fit"
            )
        return cross_entropy(prediction, target)
