"""The contract of an augmentation: random changes of training images, on their way to networks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from ganzoo.interfaces.variable import Variable

Images = Mapping[str, Tensor]
Variables = Mapping[str, Variable]


class Augmentation(ABC):
    """Random changes of the images of training samples; test samples stay as they are.

    It changes what is real: discriminators never see an original, and generators learn to make
    augmented images. What discriminators are shown is augmented elsewhere, by a network in wires.

    All random numbers come from torch's global generator, which is seeded for each sample: so a
    resumed run, and any number of workers or processes, are given the same samples.

    geometric: it moves pixels, which suits label maps, too, and must be alike for all images of a
        pair. Otherwise it changes values, and label maps are left as they are.
    """

    geometric: ClassVar[bool] = False

    def check(self, variables: Variables) -> None:  # noqa: B027 (most take any image)
        """Refuse images that it cannot change together.

        variables: those whose images one call of `augment` gets.

        Raises:
            ValueError: with what does not fit, and what to do.
        """

    def prepare(self) -> None:  # noqa: B027 (most need no preparation)
        """Import what takes long. It is called before workers start, which then have it."""

    @abstractmethod
    def augment(self, images: Images, variables: Variables) -> dict[str, Tensor]:
        """Change the images of one sample, all by one draw.

        images: by variable, (C, H, W) or (C, D, H, W): levels of 0 ... 255, uint8, or float32 in
            [-1, 1]; data in pairs give all images of a sample at once, others one.
        variables: what they are; `interpolation` is "nearest" for label maps.

        Returns:
            images of the same names, shapes and types.
        """
