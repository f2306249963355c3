"""Images in [-1, 1], as networks take them, and as levels of 0 ... 255, as files hold them.

Every conversion between the two stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Owner = TypeVar("Owner")
Arguments = ParamSpec("Arguments")
Reader = Callable[Concatenate[Owner, Arguments], dict[str, Tensor]]


def from_levels(levels: Tensor) -> Tensor:
    """Levels of 0 ... 255, uint8 or float, as an image in [-1, 1], float32.

    It divides by 127.5, since multiplying by 1 / 127.5 would not be exact. The divisor is a tensor:
    by a plain number, CUDA would multiply.
    """
    return (levels / torch.full((), 127.5, device=levels.device)).sub_(1)


def convert_levels(sample: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a sample or batch, with every uint8 tensor, which holds levels, as an image."""
    return {
        name: from_levels(value)
        if isinstance(value, Tensor) and value.dtype == torch.uint8
        else value
        for name, value in sample.items()
    }


def returns_levels(read: Reader[Owner, Arguments]) -> Reader[Owner, Arguments]:
    """Decorate a data set's `train_sample` that returns images of 8 bits as uint8 levels.

    Whoever calls the method gets images in [-1, 1], as of any data set. Training alone asks for the
    levels, by `find_level_reader`: batches of a quarter of the size go through workers and to the
    device, and become images there. A subclass that overrides the method without the decorator is
    asked for images, and so is a function around the method.
    """

    @wraps(read)
    def read_images(self: Owner, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Any:
        return convert_levels(read(self, *args, **kwargs))

    vars(read_images)["level_reader"] = read_images, read
    return read_images


def find_level_reader(method: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function below `returns_levels`, whose first argument is the object; None without it."""
    function = getattr(method, "__func__", method)
    # Of another function it is what `functools.wraps` copied, and would pass that function by.
    around, reader = getattr(function, "level_reader", (None, None))
    return reader if around is function else None


def to_exact_levels(image: Tensor) -> Tensor:
    """An image in [-1, 1] as levels of 0 ... 255, float32, neither rounded nor clamped."""
    return (image.float() + 1) * 127.5


def to_levels(image: Tensor) -> Tensor:
    """An image in [-1, 1] as levels of 0 ... 255, uint8: clamped and rounded; NaN becomes 0."""
    levels = to_exact_levels(image.detach().nan_to_num(-1.0))
    return levels.round().clamp(0, 255).to(torch.uint8)


def to_range(image: Tensor, limits: tuple[float, float]) -> Tensor:
    """An image in [-1, 1] as float64 values between the limits: clamped; NaN becomes the lower."""
    share = (image.detach().nan_to_num(-1.0).clamp(-1, 1).double() + 1) / 2
    return limits[0] + share * (limits[1] - limits[0])


def from_pixels(pixels: NDArray[np.uint8]) -> Tensor:
    """Pixels (H, W, C) of 0 ... 255 as an image (C, H, W) in [-1, 1]."""
    return from_levels(torch.from_numpy(pixels.transpose(2, 0, 1).copy()))


def to_pixels(image: Tensor) -> NDArray[np.uint8]:
    """An image (C, H, W) in [-1, 1] as pixels (H, W, C) of 0 ... 255; (H, W) where C is 1.

    A volume (C, D, H, W) becomes (D, H, W, C), or (D, H, W).
    """
    pixels: NDArray[np.uint8] = to_levels(image).cpu().movedim(0, -1).numpy()
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def to_shown(image: Tensor) -> NDArray[np.uint8]:
    """What a person is shown of an image (C, H, W), or volume (C, D, H, W), in [-1, 1].

    Pixels (H, W) of one channel, else (H, W, 3): two channels are red and green, of more the first
    three are red, green and blue. Of a volume it is the middle slice.
    """
    flat = image[:, image.shape[1] // 2] if image.dim() == 4 else image
    if len(flat) == 2:
        flat = torch.cat([flat, torch.full_like(flat[:1], -1)])
    return to_pixels(flat[:3])
