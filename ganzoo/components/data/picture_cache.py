"""Pictures that take long to draw, kept in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.components.cache_folder import cache_folder
from ganzoo.components.data.image_opening import opened_picture
from ganzoo.files.writing import write_with

Pixels = NDArray[np.uint8]

# Bytes of pictures that one process keeps in memory.
MEMORY = 2**28


class PictureCache:
    """Pictures by number, each drawn once.

    name: the subfolder of the cache; it must change whenever `draw` would give something else.
        None keeps pictures in memory only: those that are drawn as fast as they are read.
    shape: of every picture; (H, W, 4) where it is saved, as PNG, losslessly.
    draw: makes picture `number`; picklable, so that a loader's workers can be given the cache.

    What is broken on disk is drawn again; a disk that cannot be written is done without.
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
            with opened_picture(path, ["PNG"]) as image:
                if (image.height, image.width, len(image.getbands())) != self.shape:
                    return None
                return np.array(image)
        except Exception:  # a broken PNG raises a dozen kinds, and any is mended by drawing anew
            return None


def _store(pixels: Pixels, path: Path) -> None:
    try:
        write_with(path, lambda file: Image.fromarray(pixels).save(file, "PNG"), durable=False)
    except OSError:
        return
