"""Images of any size through networks that halve them: padded before, cropped after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.components.networks.open_sizes import are_sizes_open


def same_size(
    body: Callable[[Tensor], Tensor], images: Tensor, multiple: int, smallest: int
) -> Tensor:
    """`body(images)` with the sides of `images`, whatever they are.

    body: keeps the size of images (N, C, H, W), or of volumes (N, C, D, H, W), whose sides are
        multiples of `multiple`, at least `smallest`. Others are mirrored at their borders
        (replicated where they are too small for that), evenly on opposite sides, and the result is
        cropped.
    """
    if are_sizes_open():
        return _same_open_size(body, images, multiple, smallest)
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


def _same_open_size(
    body: Callable[[Tensor], Tensor], images: Tensor, multiple: int, smallest: int
) -> Tensor:
    """`same_size` without a branch: rows and columns are looked up, also where none is added."""
    sides = list(images.shape[2:])
    wholes = [_round_up(side, multiple, smallest) for side in sides]
    befores = [(whole - side) // 2 for side, whole in zip(sides, wholes, strict=True)]
    each = list(zip(sides, wholes, befores, strict=True))
    mirrors = _all_positive([2 * side - whole + before for side, whole, before in each])
    padded = images
    for axis, (side, whole, before) in enumerate(each, start=2):
        rows = torch.arange(whole, device=images.device) - before
        padded = padded.index_select(axis, _fold(rows, side, mirrors.to(images.device)))
    result = body(padded)
    for axis, (side, _, before) in enumerate(each, start=2):
        # Not a slice, whose ends a tracer would compare with the side.
        rows = torch.arange(side, device=images.device) + before
        result = result.index_select(axis, rows)
    return result


def _round_up(side: int, multiple: int, smallest: int) -> int:
    """The next multiple; as a product where it can be, which tracers see to be a multiple."""
    count = (side + multiple - 1) // multiple
    if smallest % multiple == 0:
        return multiple * _greater(count, smallest // multiple)
    return _greater(multiple * count, smallest)


def _greater(one: int, other: int) -> int:
    """The greater of two numbers, either of which may be a symbol."""
    greater: Any = torch.sym_max(one, other)
    return greater  # type: ignore[no-any-return]


def _all_positive(numbers: Sequence[int]) -> Tensor:
    """Whether all numbers, which may be symbols, are above 0: a tensor ()."""
    return torch.stack([torch.full((), number) for number in numbers]).amin(0) > 0


def _fold(rows: Tensor, side: int, mirrors: Tensor) -> Tensor:
    """Rows inside and outside of an image of `side` rows as rows inside of it."""
    last = side - 1
    return torch.where(mirrors, last - (last - rows.abs()).abs(), rows.clamp(0, last))
