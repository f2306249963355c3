"""Folders of tiny images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Folder = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """`folder("photos", 5, 40)`: 5 images of 40 px; image i is flat, of the gray level 100 + i."""

    def make(name: str, count: int, side: int = 24, first: int = 100) -> str:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            pixels = np.full((side, side + 2, 3), first + i, np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{i:02d}.png")
        return str(tmp_path / name)

    return make
