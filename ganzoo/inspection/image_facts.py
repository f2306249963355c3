"""What is known of an image file once it was read: its header, its values, a glance at it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.data.decode import ORIENTATIONS, decode, list_left_out
from ganzoo.components.data.headers import turned_size
from ganzoo.components.data.image_files import open_source
from ganzoo.inspection.glance import Floats, Glance, as_levels, glance
from ganzoo.interfaces.reader import Header, Raw, Values
from ganzoo.interfaces.variable import Variable

# Images are looked at when their shorter side has so many pixels, or up to twice as many, and the
# longer one at most LONGEST.
SIDE, LONGEST = 128, 1024
# Texture is measured in so many rows and columns in the middle, at full size.
MIDDLE = (256, 512)
# Images of more pixels are read one at a time, so that many threads take no more memory.
LARGE = 2**23
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image file.

    size: (height, width), upright.
    kind, bands, dtype, scale: as in the `Header`.
    low, high: its lowest and highest value, as stored.
    turned: whether its EXIF orientation turns or mirrors it.
    pages, left_out: as in the `HeaderSummary`.
    digest: of size and values, equal for equal pixels.
    glances: at the image, or at its left and right half.
    """

    path: Path
    size: tuple[int, int]
    kind: str
    bands: int
    dtype: str
    scale: tuple[float, float] | None
    low: float
    high: float
    turned: bool
    pages: int
    left_out: tuple[str, ...]
    digest: bytes
    glances: tuple[Glance, ...]


def read_facts(path: Path, halves: bool = False) -> ImageFacts:
    """The facts of an image file, whatever its values are. A large JPEG is decoded reduced.

    halves: it holds two images side by side.

    Raises:
        DataError: it cannot be read.
    """
    return read_reduced(path, halves, lambda header, raw: _facts(path, header, raw, halves))


def read_small(path: Path) -> NDArray[np.uint8]:
    """An image file as pixels (H, W, 3), reduced if it is large, whatever its values are.

    Raises:
        DataError: it cannot be read.
    """
    return read_reduced(path, False, _small)


Result = TypeVar("Result")


def read_reduced(
    path: Path, halves: bool, use: Callable[[Header, Raw], Result], side: int = SIDE
) -> Result:
    """What `use` makes of an image file's header and values.

    A large JPEG is decoded reduced, as far as its shorter side keeps `side` pixels.

    Raises:
        DataError: it cannot be read, or `use` fails.
    """
    with open_source(path) as source:
        height, width = source.header.size
        if source.reduce is not None:
            source.reduce((side, 2 * side) if halves else (side, side))
        with _one_at_a_time if height * width > LARGE else nullcontext():
            return use(source.header, source.read(0))


def _small(header: Header, raw: Raw) -> NDArray[np.uint8]:
    low, high = find_ends(raw)
    return as_levels(cut_levels(header, raw, own_variable(header, low, high), reduce_values))


def _facts(path: Path, header: Header, raw: Raw, halves: bool) -> ImageFacts:
    low, high = find_ends(raw)
    turned = header.orientation if raw.orientation == 1 else raw.orientation
    header = replace(header, orientation=turned)
    variable = own_variable(header, low, high)
    return ImageFacts(
        path,
        turned_size(header),
        header.kind,
        header.bands,
        header.dtype,
        header.scale,
        low,
        high,
        turned in ORIENTATIONS,
        header.pages,
        list_left_out(header, Variable()),
        _digest(header, raw),
        _glances(header, raw, variable, halves),
    )


def find_ends(raw: Raw) -> tuple[float, float]:
    """The lowest and the highest value."""
    low, high = float(raw.values.min()), float(raw.values.max())
    if not np.isfinite([low, high]).all():
        raise ValueError("it holds NaN or infinite values")
    return low, high


def own_variable(header: Header, low: float, high: float) -> Variable:
    """One as which the file can be read: of its own bands, and of its own range where it must."""
    scale = header.scale
    known = scale is not None and scale[0] <= low and high <= scale[1]
    own = None if known else (low, high if high > low else low + 1)
    return Variable(header.bands if header.kind == "bands" else 3, range=own)


def _digest(header: Header, raw: Raw) -> bytes:
    hashed = hashlib.blake2b(digest_size=16)
    hashed.update(f"{header.size} {header.dtype} {header.orientation}".encode())
    for values in raw[:2]:
        if values is not None:
            hashed.update(np.ascontiguousarray(values).data)
    return hashed.digest()


def _glances(header: Header, raw: Raw, variable: Variable, halves: bool) -> tuple[Glance, ...]:
    cuts = (reduce_values, cut_middle)
    whole, middle = (cut_levels(header, raw, variable, cut) for cut in cuts)
    return tuple(map(glance, split_sides(whole, halves), split_sides(middle, halves)))


def cut_levels(
    header: Header, raw: Raw, variable: Variable, cut: Callable[[Values], Values]
) -> Floats:
    """Levels (H, W, 3), 0 ... 255, of what `cut` makes of the values, upright."""
    opacity = None if raw.opacity is None else cut(raw.opacity)
    turned = Raw(cut(raw.values), opacity, raw.orientation)
    return _as_rgb(decode(header, turned, variable).permute(1, 2, 0).float().numpy())


def _as_rgb(levels: Floats) -> Floats:
    """Levels (H, W, bands) as (H, W, 3): the first three, or the first as gray."""
    return levels[..., :3] if levels.shape[-1] >= 3 else levels[..., :1].repeat(3, -1)


def split_sides(levels: Floats, halves: bool) -> list[Floats]:
    """An image (H, W, 3) alone, or its left and its right half."""
    half = levels.shape[1] // 2
    return [levels[:, :half], levels[:, half : 2 * half]] if halves and half else [levels]


def cut_middle(values: Values) -> Values:
    """The middle of an image (H, W ...), of at most MIDDLE x 2 MIDDLE pixels."""
    top, left = (max(0, (s - m) // 2) for s, m in zip(values.shape, MIDDLE, strict=False))
    return values[top : top + MIDDLE[0], left : left + MIDDLE[1]]


def reduce_values(values: Values, side: int = SIDE, longest: int = LONGEST) -> Values:
    """Values (H, W) or (H, W, bands), averaged over boxes; of the same type if they are levels.

    side: what the shorter side has at least, if it has it now. longest: the most of the other one.
    """
    height, width = values.shape[:2]
    common = max(1, min(height, width) // side)
    down, across = (max(common, -(-edge // longest)) for edge in (height, width))
    if down == across == 1:
        return values
    if values.dtype == np.uint8 and values.shape[2:] in ((), (1,), (3,)):
        picture = Image.fromarray(values.squeeze(-1) if values.shape[2:] == (1,) else values)
        reduced = np.array(picture.reduce((across, down)))
        return reduced.reshape(*reduced.shape[:2], *values.shape[2:])
    rows, columns = height // down, width // across
    whole = values[: rows * down, : columns * across]
    boxes = whole.reshape(rows, down, columns, across, *values.shape[2:])
    means: Values = boxes.mean((1, 3), dtype=np.float32 if values.itemsize <= 2 else np.float64)
    return means.round().astype(np.uint8) if values.dtype == np.uint8 else means
