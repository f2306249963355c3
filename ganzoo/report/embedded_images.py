"""Pictures inside the page, as JPEG: a few are chosen, and each is encoded once in a process."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ganzoo.report.html import Html, el

MOST = 20
BUDGET = 2_400_000  # bytes of all sample grids together, before base64
LARGE = 1 << 20  # pixels; a larger picture is encoded at a lower quality
Grid = tuple[int, Path]


def choose(grids: Sequence[Grid], most: int = MOST) -> list[Grid]:
    """Choose at most `most` grids: the first, the newest, and between them each 2nd, 4th, 8th ...

    A grid that was left out stays out while the run grows, so that none is encoded twice.
    """
    stride = 1
    while -(-len(grids) // stride) + 1 > most and stride < len(grids):
        stride *= 2
    chosen = list(grids[::stride])
    return chosen if not grids or chosen[-1] == grids[-1] else [*chosen, grids[-1]]


def affordable(grids: Sequence[Grid]) -> list[Grid]:
    """Choose grids, spread over time, that fit into BUDGET if all are as large as the newest.

    Grids that cannot be read are left out.
    """
    newest = next((grid for grid in reversed(grids) if can_show(grid[1])), None)
    if newest is None:
        return []
    size = len(encoded(newest[1])[0])
    known = grids[: grids.index(newest) + 1]
    chosen = choose(known, max(2, min(MOST, BUDGET // max(1, size))))
    return [grid for grid in chosen if can_show(grid[1])]


def can_show(path: Path) -> bool:
    """Whether a picture can be read; its encoding is cached."""
    try:
        encoded(path)
    except Exception:
        return False
    return True


def image(path: Path, alt: str, **attributes: object) -> Html:
    """A picture as part of the page."""
    content, (width, height) = encoded(path)
    text = base64.b64encode(content).decode()
    source = f"data:image/jpeg;base64,{text}"
    return el("img", src=source, alt=alt, width=width, height=height, **attributes)


def encoded(path: Path) -> tuple[bytes, tuple[int, int]]:
    """A picture as JPEG, and its size.

    Raises:
        OSError: it cannot be read.
        Exception: whatever Pillow raises for a broken file, of a dozen kinds.
    """
    stat = path.stat()
    return _encode(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _encode(path: Path, _changed: int, _size: int) -> tuple[bytes, tuple[int, int]]:
    from ganzoo.components.data.image_opening import open_image

    with open_image(path, ["PNG"]) as picture:  # the format that ganzoo writes, and no other
        shown, out = picture.convert("RGB"), io.BytesIO()
        # WebP would be a third smaller, but encoding takes ten times as long and delays training.
        quality = 82 if shown.width * shown.height <= LARGE else 72
        shown.save(out, format="JPEG", quality=quality)
    return out.getvalue(), shown.size
