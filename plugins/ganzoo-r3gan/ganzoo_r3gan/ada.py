"""Adaptive discriminator augmentation (Karras et al. 2020, arXiv:2006.06676, sec. 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from ganzoo.interfaces import Callback, Logits, Reference, Training
from torch import Tensor


class Ada(Callback):
    """Lets the probability of augmentations follow how far the discriminator overfits.

    A discriminator that overfits is ever surer of the training images. The heuristic is

        r_t = E[sign(D_train)]                                                        (eq. 1)

    over its logits for training images, in the last `interval` minibatches: 0 where it guesses, 1
    where it is always right. Then the probability p of every augmentation moves one way, by the
    images of these minibatches as a fraction of `images`: up if r_t is above the target, down if it
    is below. p stays within 0 ... 1.

    The probabilities of the networks in the recipe do not count: they become p before the first
    step. A minibatch in which no discriminator of the terms moves is none of the interval.
    The log gets p, and r_t of the last interval, as averaged over all processes.

    target: r_t is kept near it.
    interval: how many minibatches there are from one adjustment to the next.
    images: in how many images p can rise from 0 to 1.
    start: p before the first adjustment.
    relative: take r_t = E[sign(D_train - D_generated)] instead, of the two logits at the same place
        of a batch. Relativistic losses need that: they fix only this difference.
    networks: whose probability is adjusted; left out, all networks that have one to adjust.
    terms: the adversarial terms whose logits count; left out, all.

    Raises:
        ValueError: a setting is out of range.
    """

    needs_logits: ClassVar[bool] = True
    adjusts: ClassVar[str] = "probability"
    refers: ClassVar[Mapping[str, Reference]] = {"networks": "network", "terms": "term"}

    def __init__(
        self,
        target: float = 0.6,
        interval: int = 4,
        images: int = 500_000,
        start: float = 0.0,
        relative: bool = False,
        networks: tuple[str, ...] = (),
        terms: tuple[str, ...] = (),
    ) -> None:
        if not -1 <= target <= 1:
            raise ValueError(f"target is {target:g}: it must be between -1 and 1")
        if min(interval, images) < 1:
            raise ValueError(f"interval is {interval} and images {images}: each is at least 1")
        if not 0 <= start <= 1:
            raise ValueError(f"start is {start:g}: it must be between 0 and 1")
        self.target, self.interval, self.images = target, interval, images
        self.relative, self.networks, self.terms = relative, tuple(networks), tuple(terms)
        self.p = start
        self.r_t: float | None = None
        self.minibatches = self.shown = 0
        self.signs: Tensor | None = None

    def on_start(self, training: Training) -> None:
        """Give the networks p: its start, or what it was when the checkpoint was written."""
        self._adjust(training)

    def on_step(self, training: Training) -> None:
        """Add the logits' signs; at the end of an interval, move p."""
        terms = self.terms or tuple(training.logits)
        logits = [training.logits[term] for term in terms if term in training.logits]
        if not logits:
            return
        signs = sum_signs(logits, self.relative)
        self.signs = signs if self.signs is None else self.signs + signs
        self.minibatches += 1
        self.shown += training.images_a_step
        if self.minibatches >= self.interval:
            total, count = training.mean(self.signs).tolist()
            self.r_t = total / count
            self.p = moved_probability(self.p, self.r_t, self.target, self.shown / self.images)
            self.minibatches, self.shown, self.signs = 0, 0, None
            self._adjust(training)

    def log_values(self, training: Training) -> dict[str, float]:
        """p, and r_t once an interval is over."""
        return {"p": self.p} if self.r_t is None else {"p": self.p, "r_t": self.r_t}

    def _adjust(self, training: Training) -> None:
        for name in self.networks or _adjustable_networks(training):
            training.adjust(name, "probability", self.p)


def sum_signs(logits: list[Logits], relative: bool = False) -> Tensor:
    """The sum of the signs of logits for training images, and how many these are: (2,), float64."""
    real = torch.cat([scale.flatten() for each in logits for scale in each.real])
    if relative:
        real = real - torch.cat([scale.flatten() for each in logits for scale in each.fake])
    total = real.sign().double().sum()
    return torch.stack([total, torch.full_like(total, len(real))])  # made there, not sent there


def moved_probability(p: float, r_t: float, target: float, step: float) -> float:
    """p after an interval: `step` up or down, within 0 ... 1; unchanged where r_t is NaN."""
    direction = (r_t > target) - (r_t < target)
    return min(max(p + direction * step, 0.0), 1.0)


def _adjustable_networks(training: Training) -> list[str]:
    """The networks that let `probability` be adjusted."""
    return [
        name
        for name, network in training.networks.items()
        if "probability" in getattr(network, "adjustable", ())
    ]
