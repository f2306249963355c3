"""Images of any size through networks that halve them: padded before, cropped after."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from torch import Tensor
from torch.nn import functional


def same_size(
    body: Callable[[Tensor], Tensor], images: Tensor, multiple: int, smallest: int
) -> Tensor:
    """`body(images)` with the sides of `images`, whatever they are.

    body: keeps the size of images (N, C, H, W), or of volumes (N, C, D, H, W), whose sides are
        multiples of `multiple`, at least `smallest`. Others are mirrored at their borders
        (replicated where they are too small for that), evenly on opposite sides, and the result is
        cropped.
    """
    sides = images.shape[2:]
    margins = [_margins(side, multiple, smallest) for side in sides]
    if not any(after for _, after in margins):
        return body(images)
    # A mirror image without its edge is one pixel short of the image itself.
    mirrors = all(after < side for side, (_, after) in zip(sides, margins, strict=True))
    mode = "reflect" if mirrors else "replicate"
    padded = functional.pad(images, tuple(chain(*reversed(margins))), mode=mode)
    both = zip(sides, margins, strict=True)
    inside = [slice(before, before + side) for side, (before, _) in both]
    return body(padded)[(slice(None), slice(None), *inside)]


def _margins(size: int, multiple: int, smallest: int) -> tuple[int, int]:
    """What to add before and after; the second is never less than the first."""
    missing = max(smallest, -(-size // multiple) * multiple) - size
    return missing // 2, missing - missing // 2
