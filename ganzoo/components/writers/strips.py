"""What writers do with the strips of an image: join them, cut them anew, compress them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from ganzoo.components.data import image_opening
from ganzoo.interfaces.reader import Values
from ganzoo.interfaces.writer import ImageForm

# Runs of equal bytes alone, no longer matches: of photos and smooth pictures, the files are as
# small as at zlib's default level, in a third to a seventh of its time. The pixels are the same.
LEVEL, STRATEGY = 1, zlib.Z_RLE


def join(strips: Iterable[Values]) -> Values:
    """All strips of an image of one page: (H, W, channels), or (H, W) where there is one."""
    whole = np.concatenate([*strips])
    return whole[..., 0] if whole.shape[-1] == 1 else whole


def cut_anew(strips: Iterable[Values], form: ImageForm, height: int) -> Iterator[Values]:
    """The same values in strips of that height; the last one of a page holds what is left.

    Raises:
        ValueError: the strips are not as high as the form's pages together.
    """
    waiting: list[Values] = []
    coming = iter(strips)
    left = form.pages * form.size[0]
    for top in list(range(0, form.size[0], height)) * form.pages:
        wanted = min(height, form.size[0] - top)
        while sum(map(len, waiting)) < wanted:
            waiting.append(_next(coming))
        block = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
        waiting = [block[wanted:]] if len(block) > wanted else []
        left -= wanted
        if not left and (waiting or next(coming, None) is not None):
            raise ValueError("there are more rows than the image is to have")
        yield block[:wanted]


def _next(coming: Iterator[Values]) -> Values:
    strip = next(coming, None)
    if strip is None:
        raise ValueError("there are fewer rows than the image is to have")
    return strip


def find_size_obstacle(form: ImageForm, longest: int) -> str:
    """Why a format cannot hold an image that is encoded in one piece; "" if it can."""
    if form.pages > 1:
        return f"holds one page, and these are {form.pages}"
    if max(form.size) > longest:
        return f"holds {longest:,} pixels a side, and this is {form.size[1]:,} x {form.size[0]:,}"
    if math.prod(form.size) > image_opening.MAX_PIXELS:
        return f"is written up to {image_opening.MAX_PIXELS:,} pixels, and this has more"
    return ""


def find_colour_obstacle(form: ImageForm) -> str:
    """Why a format of gray and RGB alone cannot hold an image; "" if it can."""
    if form.channels in (1, 3):
        return ""
    return f"holds 1 or 3 channels, and these are {form.channels}"
