"""Changes training samples at random, each by a random state of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from ganzoo.engine.rng import seeded_torch
from ganzoo.errors import DataError
from ganzoo.interfaces import Augmentation, Sample
from ganzoo.interfaces.augmentation import Images, Variables

Key = int | str


@dataclass(frozen=True)
class AugmentationStep:
    """An augmentation, and the images that it changes.

    name: the recipe's; random numbers depend on it, and not on the steps before.
    groups: variables that are changed by one draw: those of a pair together, others alone.
    """

    name: str
    augmentation: Augmentation
    groups: Sequence[Variables]

    def apply(self, sample: Sample, seed: int, *purpose: Key) -> Sample:
        """The sample with its images changed.

        seed, purpose: what the random state is derived from: the training's seed, and the sample.

        Raises:
            DataError: the augmentation changes a shape or a type.
        """
        for group in self.groups:
            images = {name: sample[name] for name in group}
            with seeded_torch(seed, "augmentation", self.name, *group, *purpose):
                changed = self.augmentation.augment(images, group)
            _check_alike(images, changed, f"augmentations.{self.name}")
            sample = {**sample, **changed}
        return sample


def augment(steps: Sequence[AugmentationStep], sample: Sample, seed: int, *purpose: Key) -> Sample:
    """The sample after all steps, in their order; see `AugmentationStep.apply`."""
    for step in steps:
        sample = step.apply(sample, seed, *purpose)
    return sample


def _check_alike(images: Images, changed: Images, path: str) -> None:
    """Without this, an image of another shape fails far from its cause."""
    if images.keys() != changed.keys():
        raise DataError(f"{path} returns {[*changed]} in place of {[*images]}")
    for name, image in images.items():
        if _describe(changed[name]) != _describe(image):
            raise DataError(
                f"{path} makes '{name}', which is {_describe(image)}, {_describe(changed[name])}"
            )


def _describe(image: Tensor) -> str:
    """`3 x 64 x 64 (uint8)`."""
    return f"{' x '.join(map(str, image.shape))} ({str(image.dtype).removeprefix('torch.')})"
