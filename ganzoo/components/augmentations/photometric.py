"""Augmentations that change values and leave every pixel at its place; label maps are spared."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from ganzoo.components.augmentations.by_torchvision import WholeTransform, read_bounds
from ganzoo.interfaces.augmentation import Images, Variables


class Photometric(WholeTransform):
    """A transform of values; torchvision takes floats in [0, 1]."""

    def transform_all(self, images: Images, variables: Variables) -> dict[str, Tensor]:
        """The images, transformed by one draw; float ones in [-1, 1], as they came."""
        units = {n: (i + 1) / 2 if i.is_floating_point() else i for n, i in images.items()}
        changed = super().transform_all(units, variables)
        return {
            name: image.clamp(0, 1) * 2 - 1 if image.is_floating_point() else image
            for name, image in changed.items()
        }


class RandomColorJitter(Photometric):
    """Varies brightness, contrast, saturation and hue, in random order (torchvision's ColorJitter).

    Each is multiplied by a random factor of 1 - v ... 1 + v, v the setting; hue is turned.
    For images of 1 or 3 channels; on gray ones, saturation and hue change nothing.

    brightness: its most relative change, 0 or more.
    contrast: its most relative change, 0 or more.
    saturation: its most relative change, 0 or more; of 1, some images become gray.
    hue: how far colours are turned at most, of the whole circle: 0 to 0.5.
    probability: how often it is applied, of 1.

    Raises:
        ValueError: a setting is out of its range, or torchvision is not installed.
    """

    def __init__(
        self,
        brightness: float = 0.2,
        contrast: float = 0.2,
        saturation: float = 0.2,
        hue: float = 0.02,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        read_bounds(brightness, "brightness", 0)
        read_bounds(contrast, "contrast", 0)
        read_bounds(saturation, "saturation", 0)
        read_bounds(hue, "hue", 0, 0.5)
        self.changes = brightness, contrast, saturation, hue

    def check(self, variables: Variables) -> None:
        """Colours are known of gray and RGB images."""
        for name, variable in variables.items():
            if variable.channels not in (1, 3) or variable.depth:
                what = "a volume" if variable.depth else f"of {variable.channels} channels"
                raise ValueError(
                    f"'{name}' is {what}, and colours are those of images of 1 or 3 channels: "
                    "leave it out of `variables`"
                )

    def make_transform(self) -> Any:
        """torchvision's."""
        from torchvision.transforms import v2

        return v2.ColorJitter(*self.changes)


class RandomBlur(Photometric):
    """Blurs images by a Gaussian of random width (torchvision's GaussianBlur).

    sigma: its standard deviation in pixels, [lowest, highest] or one number. The default is that
        of Chen et al. 2020 (arXiv:2002.05709, appendix A), for images of 224 px.
    probability: how often it is applied, of 1; theirs is 0.5.

    Raises:
        ValueError: a setting is out of its range, or torchvision is not installed.
    """

    def __init__(
        self,
        sigma: float | tuple[float, float] = (0.1, 2.0),
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.sigma = read_bounds(sigma, "sigma", 0.01, 100)

    @property
    def reach(self) -> int:
        """How many pixels away a pixel still counts: three standard deviations."""
        return max(1, math.ceil(3 * self.sigma[1]))

    def check(self, variables: Variables) -> None:
        """The reflected border must be shorter than the image."""
        for name, variable in variables.items():
            if variable.size and min(variable.size) <= self.reach:
                raise ValueError(
                    f"sigma is up to {self.sigma[1]:g} px, which reaches {self.reach} px far, and "
                    f"'{name}' has only {min(variable.size)} px"
                )

    def make_transform(self) -> Any:
        """torchvision's."""
        from torchvision.transforms import v2

        return v2.GaussianBlur(2 * self.reach + 1, self.sigma)


class RandomNoise(Photometric):
    """Adds Gaussian noise, of each pixel and channel its own (torchvision's GaussianNoise).

    sigma: its standard deviation, as a share of the range from black to white: 0.05 is 12.75 of 255
        levels.
    probability: how often it is applied, of 1.

    Raises:
        ValueError: a setting is out of its range, or torchvision is not installed.
    """

    def __init__(self, sigma: float = 0.05, probability: float = 1.0) -> None:
        super().__init__(probability)
        read_bounds(sigma, "sigma", 0, 10)
        self.sigma = sigma

    def make_transform(self) -> Any:
        """torchvision's."""
        from torchvision.transforms import v2

        return v2.GaussianNoise(sigma=self.sigma)
