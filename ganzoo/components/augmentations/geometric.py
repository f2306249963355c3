"""Augmentations that move pixels: all images of a pair are moved alike, label maps included."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from torch import Tensor

from ganzoo.components.augmentations.by_torchvision import (
    ByTorchvision,
    WholeTransform,
    read_bounds,
)
from ganzoo.interfaces.augmentation import Images, Variables


class RandomFlip(WholeTransform):
    """Mirrors images (torchvision's RandomHorizontalFlip and RandomVerticalFlip).

    direction: `horizontal` swaps left and right, `vertical` swaps top and bottom; `both` does each,
        independently of the other, so that images may also be turned upside down.
    probability: how often they are mirrored, of 1, in each direction.

    Data from folders mirror left and right already, as `data.flip` is true; with it, a horizontal
    flip of probability 0.5 changes nothing. This is for more directions, and for other data.

    Raises:
        ValueError: the probability is not 0 to 1, or torchvision is not installed.
    """

    geometric: ClassVar[bool] = True

    def __init__(
        self,
        direction: Literal["horizontal", "vertical", "both"] = "horizontal",
        probability: float = 0.5,
    ) -> None:
        super().__init__(probability)
        self.direction = direction

    def make_transform(self) -> Any:
        """One flip, or two."""
        from torchvision.transforms import v2

        across = [v2.RandomHorizontalFlip(self.probability)] * (self.direction != "vertical")
        down = [v2.RandomVerticalFlip(self.probability)] * (self.direction != "horizontal")
        return v2.Compose([*across, *down])

    def augment(self, images: Images, variables: Variables) -> dict[str, Tensor]:
        """The images, mirrored or not; each direction draws for itself."""
        return self.transform_all(images, variables)


class RandomRot90(WholeTransform):
    """Turns images by 0, 90, 180 or 270 degrees, all equally likely; no value changes.

    For what has no up and down: seen from above, or through a microscope. Samples must be square.

    probability: how often a turn is drawn, of 1; a quarter of them is by 0 degrees.

    Raises:
        ValueError: the probability is not 0 to 1, or torchvision is not installed.
    """

    geometric: ClassVar[bool] = True

    def __init__(self, probability: float = 1.0) -> None:
        super().__init__(probability)

    def check(self, variables: Variables) -> None:
        """Only a square keeps its size."""
        for name, variable in variables.items():
            height, width = variable.size or (0, 0)
            if height != width:
                raise ValueError(
                    f"'{name}' is {width} x {height} px: only square images can be turned by 90 "
                    'degrees; { type = "flip", direction = "both" } also turns by 180'
                )

    def make_transform(self) -> Any:
        """One of four rotations."""
        from torchvision.transforms import v2

        turns = [v2.RandomRotation((angle, angle)) for angle in (90, 180, 270)]
        return v2.RandomChoice([v2.Identity(), *turns])


class RandomScale(ByTorchvision):
    """Enlarges a crop of an image to the size of the whole (torchvision's RandomResizedCrop).

    Where files are larger than samples, `data.resize` above `data.size` varies the place without
    enlarging anything. Images are resized bicubically, label maps to the nearest pixel.

    area: the share of the sample's area that is kept, [lowest, highest] of 1: from 0.5 on, things
        become up to 1.41 times as large.
    stretch: the width of the crop to its height, relative to the sample's, [lowest, highest]; 1
        keeps proportions.
    probability: how often it is applied, of 1.

    Raises:
        ValueError: a setting is out of its range, or torchvision is not installed.
    """

    geometric: ClassVar[bool] = True

    def __init__(
        self,
        area: float | tuple[float, float] = (0.5, 1.0),
        stretch: float | tuple[float, float] = 1.0,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.area = read_bounds(area, "area", 0.01, 1)
        self.stretch = read_bounds(stretch, "stretch", 0.1, 10)

    def check(self, variables: Variables) -> None:
        """One draw is a place in images of one size."""
        if len({variable.size for variable in variables.values()}) > 1:
            sizes = ", ".join(f"'{name}' {v.size}" for name, v in variables.items())
            raise ValueError(f"the images of a pair must be of one size, and are {sizes}")

    def transform_all(self, images: Images, variables: Variables) -> dict[str, Tensor]:
        """The same crop of all images."""
        from torchvision.transforms import v2

        height, width = next(iter(images.values())).shape[-2:]
        ratio = [stretch * width / height for stretch in self.stretch]
        crop = v2.RandomResizedCrop((height, width), self.area, ratio)
        place = crop.make_params([*images.values()])
        return {
            name: self._resize(image, place, variables[name].interpolation == "nearest")
            for name, image in images.items()
        }

    @staticmethod
    def _resize(image: Tensor, place: dict[str, int], is_label_map: bool) -> Tensor:
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms.v2 import functional

        mode = InterpolationMode.NEAREST_EXACT if is_label_map else InterpolationMode.BICUBIC
        size = [*image.shape[-2:]]
        crop: Tensor = functional.resized_crop(image, **place, size=size, interpolation=mode)
        return crop.clamp(-1, 1) if crop.is_floating_point() else crop
