"""A cache, in memory and on disk, of pictures that take long to draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.cache_folder import cache_folder
from ganzoo.components.data.image_opening import open_image
from ganzoo.files.writing import write_with

Pixels = NDArray[np.uint8]

# Bytes of pictures that one process keeps in memory.
MEMORY = 2**28


class PictureCache:
    """Pictures by number, each drawn once.

    name: the subfolder of the cache; it must change whenever `draw` would draw another picture.
        None keeps pictures in memory only; that is for those that are drawn as fast as read.
    shape: of every picture; (H, W, 4) where it is saved, as PNG, losslessly.
    draw: draws the picture of a number; picklable, as workers of a loader get a copy of the cache.

    A broken file is drawn again. If the disk cannot be written, pictures are kept in memory only.
    """

    def __init__(
        self, name: str | None, shape: tuple[int, ...], draw: Callable[[int], Pixels]
    ) -> None:
        folder = cache_folder()
        self.folder = folder / name if folder and name else None
        self.shape = shape
        self.draw = draw
        self._memory: dict[int, Pixels] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_memory": {}}

    def get(self, number: int) -> Pixels:
        """Picture `number`, uint8 of `shape`; do not change it."""
        if number in self._memory:
            return self._memory[number]
        path = self.folder / f"{number:08d}.png" if self.folder else None
        pixels = self._load(path) if path else None
        if pixels is None:
            pixels = self.draw(number)
            if path:
                _store(pixels, path)
        if (len(self._memory) + 1) * pixels.nbytes <= MEMORY:
            self._memory[number] = pixels
        return pixels

    def _load(self, path: Path) -> Pixels | None:
        try:
            with open_image(path, ["PNG"]) as image:
                if (image.height, image.width, len(image.getbands())) != self.shape:
                    return None
                return np.array(image)
        except Exception:  # broken PNGs raise many kinds; the picture is drawn again
            return None


def _store(pixels: Pixels, path: Path) -> None:
    try:
        write_with(path, lambda file: Image.fromarray(pixels).save(file, "PNG"), durable=False)
    except OSError:
        return
