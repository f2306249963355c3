"""Images of any size through networks that halve them: padded before, cropped after."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional


def same_size(
    body: Callable[[Tensor], Tensor], images: Tensor, multiple: int, smallest: int
) -> Tensor:
    """`body(images)` with the height and width of `images`, whatever they are.

    body: keeps the size of images (N, C, H, W) whose sides are multiples of `multiple`, at least
        `smallest`. Other images are mirrored at their borders (replicated where they are too small
        for that), evenly on opposite sides, and the result is cropped.
    """
    height, width = images.shape[-2:]
    top, bottom = _margins(height, multiple, smallest)
    left, right = _margins(width, multiple, smallest)
    if not (bottom or right):
        return body(images)
    # A mirror image without its edge is one pixel short of the image itself.
    mode = "reflect" if bottom < height and right < width else "replicate"
    padded = functional.pad(images, (left, right, top, bottom), mode=mode)
    return body(padded)[..., top : top + height, left : left + width]


def _margins(size: int, multiple: int, smallest: int) -> tuple[int, int]:
    """What to add before and after; the second is never less than the first."""
    missing = max(smallest, -(-size // multiple) * multiple) - size
    return missing // 2, missing - missing // 2
