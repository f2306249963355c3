"""Photos to read: drawn street scenes with a sensor's noise, as JPEG files of camera quality."""

from __future__ import annotations

from pathlib import Path

WIDTH, HEIGHT, QUALITY = 600, 400, 90


def write_photos(folder: Path, count: int, first: int = 0) -> None:
    """Write that many different photos of 600 x 400 px, about 45 KB each, into a new folder.

    first: the seed of the first.
    """
    from PIL import Image

    from ganzoo.components.data.street_photo import street_scene

    folder.mkdir(parents=True)
    for number in range(count):
        photo, _ = street_scene(first + number, HEIGHT, WIDTH)
        Image.fromarray(photo).save(folder / f"{number:04}.jpg", quality=QUALITY)
