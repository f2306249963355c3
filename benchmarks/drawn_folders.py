"""Folders of drawn images: two kinds that a network tells apart, the same ones on every machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Size = tuple[int, int]
"""Width and height."""


def draw_folder(
    folder: Path, count: int, sizes: list[Size], mode: str, suffix: str, cells: int
) -> None:
    """Draw images into a new folder.

    sizes: of the images, in turn. mode: Pillow's, "RGB" or "L". suffix: "png" or "jpg".
    cells: how many fields of one colour are in a row: the kind of the images.
    """
    folder.mkdir(parents=True)
    for index in range(count):
        rng = np.random.default_rng([cells, index])
        image = Image.fromarray(_draw(rng, sizes[index % len(sizes)], cells)).convert(mode)
        image.save(folder / f"{index:05}.{suffix}", **({} if suffix == "png" else {"quality": 90}))


def _draw(rng: np.random.Generator, size: Size, cells: int) -> NDArray[np.uint8]:
    """Smooth fields of colour with edges and a little noise (H, W, 3)."""
    fields = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
    smooth = np.asarray(fields.resize(size, Image.Resampling.BICUBIC), dtype=float)
    sharp = np.asarray(fields.resize(size, Image.Resampling.NEAREST), dtype=float)
    share = rng.uniform(0.2, 0.8)
    noise = rng.normal(0, 8, smooth.shape)
    drawn = share * smooth + (1 - share) * sharp + noise
    return drawn.round().clip(0, 255).astype(np.uint8)
