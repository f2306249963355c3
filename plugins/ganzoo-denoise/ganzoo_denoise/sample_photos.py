"""scikit-image's sample photos: real ones to learn denoising from, without a download."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.transforms import Size, as_size, crop
from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.levels import from_levels
from torch import Tensor

from ganzoo_denoise.noise import Noise, check_level, degrade

Photo = Literal["astronaut", "chelsea", "coffee", "hubble", "ihc", "motorcycle", "retina", "rocket"]
# The colour photos in the wheel of scikit-image 0.26; of its stereo pair, the left one.
FILES: dict[str, str] = {
    "astronaut": "astronaut.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "hubble": "hubble_deep_field.jpg",
    "ihc": "ihc.png",
    "motorcycle": "motorcycle_left.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}
MISSING = "data: these photos are scikit-image's, which is missing: pip install scikit-image"


class SamplePhotos(Data):
    """Noisy crops x and clean crops y of scikit-image's colour photos; no pixel is in both.

    Of each photo one half, left or right by turns, becomes noisy, anew for every sample, and the
    other stays clean. So both domains show the same kinds of things, as unpaired learning takes for
    granted, and none of the same things. Held out are whole photos, in tiles, as exact pairs: a
    tile, and a copy with noise that belongs to (seed, index).

    noise: what is added, after cropping: gaussian, poisson, speckle or salt_pepper.
    level: how much. gaussian: sigma as a fraction of the range, 25 / 255 = 0.098 (default 0.1);
        poisson: the photons of a white pixel (30); speckle: sigma as a fraction of the pixel's own
        value (0.2); salt_pepper: the fraction of pixels that are lost (0.05).
    size: a crop's side in pixels, or [height, width].
    count: crops of each domain in an epoch.
    flip: mirror half of the crops.
    held_out: the photos that are not trained on, of astronaut, chelsea, coffee, hubble, ihc,
        motorcycle, retina, rocket.
    tile: the side of a held-out sample, or [height, width].
    seed: says which half is noisy, and makes the held-out noise.

    Raises:
        ValueError: a setting that makes no sense.
    """

    paired = True

    own: ClassVar[str] = "denoise.clean_noisy"

    def __init__(
        self,
        noise: Noise = "gaussian",
        level: float | None = None,
        size: int | list[int] = 48,
        count: int = 1000,
        flip: bool = True,
        held_out: tuple[Photo, ...] = ("chelsea", "coffee"),
        tile: int | list[int] = 192,
        seed: int = 0,
    ) -> None:
        _check(count, held_out, seed)
        self.noise, self.level = noise, check_level(noise, level)
        self.size, self.tile = as_size(size), as_size(tile, "tile")
        self.count, self.flip = count, flip
        self.held_out, self.seed = list(held_out), seed
        self.variables = {name: Variable(3, self.size, scale="native") for name in ("x", "y")}
        self._noisy: list[Tensor] = []
        self._clean: list[Tensor] = []
        self._tiles: list[Tensor] = []

    def prepare(self) -> None:
        """Read the photos and cut them.

        Raises:
            DataError: scikit-image or a photo is missing, or a photo is smaller than a sample.
        """
        photos = {name: _read(_folder() / file) for name, file in FILES.items()}
        training = [photo for name, photo in photos.items() if name not in self.held_out]
        cut = [_halves(photo, (self.seed + i) % 2) for i, photo in enumerate(training)]
        self._noisy, self._clean = ([pair[side] for pair in cut] for side in (0, 1))
        _refuse_smaller(self._noisy + self._clean, self.size, "size")
        tested = [photos[name] for name in self.held_out]
        _refuse_smaller(tested, self.tile, "tile")
        self._tiles = [tile for photo in tested for tile in tiles(photo, self.tile)]

    def __len__(self) -> int:
        return self.count

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (3, height, width) in [-1, 1]: the photos take turns in x and are drawn in y."""
        x = self._crop(self._noisy[index % len(self._noisy)], rng)
        y = self._crop(self._clean[int(rng.integers(len(self._clean)))], rng)
        return {"x": degrade(x, self.noise, self.level, rng), "y": y}

    def test_count(self) -> int:
        """The number of held-out tiles."""
        return len(self._tiles)

    def test_sample(self, index: int) -> Sample:
        """x and y (3, *tile) in [-1, 1]."""
        y = from_levels(self._tiles[index])
        rng = np.random.default_rng([self.seed, index])
        return {"x": degrade(y, self.noise, self.level, rng), "y": y}

    def _crop(self, photo: Tensor, rng: np.random.Generator) -> Tensor:
        slack = zip(photo.shape[1:], self.size, strict=True)
        top, left = (int(rng.integers(length - side + 1)) for length, side in slack)
        view = crop(photo, (top, left, *self.size))
        mirrored = self.flip and rng.random() < 0.5
        return from_levels(view.flip(-1) if mirrored else view).contiguous()


def tiles(photo: Tensor, size: Size) -> list[Tensor]:
    """As many tiles side by side as fit into a photo (3, H, W), around its middle, row by row."""
    rows, columns = (_starts(*sides) for sides in zip(photo.shape[1:], size, strict=True))
    return [crop(photo, (top, left, *size)).contiguous() for top in rows for left in columns]


def _starts(length: int, side: int) -> list[int]:
    return [length % side // 2 + i * side for i in range(length // side)]


def _halves(photo: Tensor, first: int) -> tuple[Tensor, Tensor]:
    """The left and the right half; with first = 1, the other way round."""
    middle = photo.shape[-1] // 2
    sides = photo[..., :middle], photo[..., middle:]
    return sides[first], sides[1 - first]


@lru_cache(maxsize=len(FILES))
def _read(path: Path) -> Tensor:
    """A photo (3, H, W), uint8; do not change it."""
    return read_image(path).to(torch.uint8)


def _folder() -> Path:
    try:
        import skimage
    except ImportError as error:
        raise DataError(MISSING) from error
    return Path(skimage.__file__).parent / "data"


def _refuse_smaller(photos: Sequence[Tensor], size: Size, setting: str) -> None:
    least = [min(photo.shape[axis] for photo in photos) for axis in (1, 2)]
    if least[0] < size[0] or least[1] < size[1]:
        raise DataError(
            f"data.{setting}: {size[0]} x {size[1]} px do not fit into these photos, where at most "
            f"{least[0]} x {least[1]} px do; lower data.{setting}"
        )


def _check(count: int, held_out: Sequence[str], seed: int) -> None:
    if count < 1:
        raise ValueError(f"count is {count}: it must be at least 1")
    if seed < 0:
        raise ValueError(f"seed is {seed}: it must not be negative")
    if not 0 < len(set(held_out)) == len(held_out) < len(FILES):
        raise ValueError(
            f"held_out must name 1 to {len(FILES) - 1} photos, each once, not {list(held_out)}"
        )
