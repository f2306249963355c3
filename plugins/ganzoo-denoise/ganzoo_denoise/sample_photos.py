"""scikit-image's sample photos: real ones to learn denoising from, without a download."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from ganzoo.data.images import read_image, shown, to_range
from ganzoo.data.transforms import Size, as_size, crop
from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample, Variable
from torch import Tensor

from ganzoo_denoise.noise import Noise, check_level, degrade
from ganzoo_denoise.split import halves, shuffled

# What scikit-image 0.26 has in its wheel and is a photo; of its stereo pair, one.
COLOUR = {
    "astronaut": "astronaut.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "hubble": "hubble_deep_field.jpg",
    "ihc": "ihc.png",
    "motorcycle": "motorcycle_left.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}
HELD_OUT = ["chelsea", "coffee"]
MISSING = "data: scikit-image, whose photos these are, is missing: pip install scikit-image"


class SamplePhotos(Data):
    """x is noisy, y is clean: crops of scikit-image's colour photos, x's never from a photo of y's.

    Half of the photos that are not held out become noisy, anew for every sample; the other half
    stay clean; `seed` says which. Held out are whole photos, cut into tiles, as exact pairs: a tile
    and the same with noise that belongs to (seed, index).

    noise: what is added, after cropping: gaussian, poisson, speckle or salt_pepper.
    level: how much, as in denoise.clean_noisy. gaussian: sigma as a fraction of the range (0.1);
        poisson: the photons of a white pixel (30); speckle: sigma as a fraction of the pixel's own
        value (0.2); salt_pepper: the fraction of pixels that are lost (0.05).
    size: the side of a crop for training in pixels, or [height, width].
    count: crops in an epoch.
    flip: mirror half of the training samples.
    held_out: the photos nothing is trained on; of astronaut, chelsea, coffee, hubble, ihc,
        motorcycle, retina and rocket.
    tile: the side of a held-out sample in pixels, or [height, width].
    seed: chooses the halves and the held-out noise.

    Raises:
        ValueError: a setting that makes no sense.
    """

    paired = True

    def __init__(
        self,
        noise: Noise = "gaussian",
        level: float | None = None,
        size: int | list[int] = 48,
        count: int = 1000,
        flip: bool = True,
        held_out: list[str] = HELD_OUT,  # noqa: B006 (never changed)
        tile: int | list[int] = 192,
        seed: int = 0,
    ) -> None:
        _check(count, held_out, seed)
        self.noise, self.level = noise, check_level(noise, level)
        self.size, self.tile = as_size(size), as_size(tile, "tile")
        self.count, self.flip = count, flip
        self.held_out, self.seed = list(held_out), seed
        self.variables = {name: Variable(3, self.size) for name in ("x", "y")}
        self.noisy: list[Path] = []
        self.clean: list[Path] = []
        self.tiles: list[tuple[Path, int, int]] = []

    def prepare(self) -> None:
        """Find the photos, and share them out.

        Raises:
            DataError: scikit-image or one of its photos is missing, or smaller than a sample.
        """
        folder = _folder()
        files = {name: folder / file for name, file in COLOUR.items()}
        kept = {name: path for name, path in files.items() if name not in self.held_out}
        self.kept = list(kept.values())
        self.tiles = [tile for name in self.held_out for tile in _tiles(files[name], self.tile)]

    def __len__(self) -> int:
        return self.count

    def train_sample(self, index: int, random: np.random.Generator) -> Sample:
        """x and y (3, height, width) in [-1, 1]: a crop of a noisy photo, and one of a clean one.

        Photos take turns; the place of a crop is drawn, and each place is as likely.
        """
        x = self._crop(index % len(self.kept), 0, random)
        y = self._crop(int(random.integers(len(self.kept))), 1, random)
        return {"x": degrade(x, self.noise, self.level, random), "y": y}

    def test_count(self) -> int:
        """The number of tiles of the held-out photos."""
        return len(self.tiles)

    def test_sample(self, index: int) -> Sample:
        """x and y (3, *tile) in [-1, 1], one tile."""
        path, top, left = self.tiles[index]
        y = to_range(crop(_read(path), (top, left, *self.tile))).contiguous()
        random = np.random.default_rng([self.seed, index])
        return {"x": degrade(y, self.noise, self.level, random), "y": y}

    def _crop(self, i, half, random: np.random.Generator) -> Tensor:
        path = self.kept[i]
        photo = _read(path)
        W = photo.shape[-1] // 2
        photo = photo[..., :W] if (half + i + self.seed) % 2 else photo[..., W:]
        slack = _slack(photo, self.size, path, "size")
        top, left = (int(random.integers(space + 1)) for space in slack)
        seen = crop(photo, (top, left, *self.size))
        mirrored = self.flip and random.random() < 0.5
        return to_range(seen.flip(-1) if mirrored else seen).contiguous()


@lru_cache(maxsize=len(COLOUR))
def _read(path: Path) -> Tensor:
    """A photo (3, H, W), uint8; kept, as a sample shows a small part of it. 12 MB are all of them."""
    return read_image(path).to(torch.uint8)


def _folder() -> Path:
    """Where scikit-image has its photos."""
    try:
        import skimage.data
    except ImportError as error:
        raise DataError(MISSING) from error
    return Path(skimage.data.__file__).parent


def _tiles(path: Path, tile: Size) -> list[tuple[Path, int, int]]:
    """Tiles side by side, as many as fit, in the middle of a photo: path, top, left."""
    photo = _read(path)
    _slack(photo, tile, path, "tile")
    rows, columns = (_starts(length, side) for length, side in zip(photo.shape[1:], tile))
    return [(path, top, left) for top in rows for left in columns]


def _starts(length: int, side: int) -> list[int]:
    first = length % side // 2
    return [first + i * side for i in range(length // side)]


def _slack(photo: Tensor, size: Size, path: Path, setting: str) -> list[int]:
    slack = [length - side for length, side in zip(photo.shape[1:], size, strict=True)]
    if min(slack) < 0:
        height, width = photo.shape[1:]
        raise DataError(
            f"data.{setting}: {shown(path)} has {width} x {height} px, less than {size[1]} x "
            f"{size[0]}: lower data.{setting}"
        )
    return slack


def _check(count: int, held_out: list[str], seed: int) -> None:
    if count < 1:
        raise ValueError(f"count is {count}: it must be at least 1")
    if seed < 0:
        raise ValueError(f"seed is {seed}: it must not be negative")
    for name in held_out:
        if name not in COLOUR:
            raise ValueError(f"held_out: there is no photo '{name}'; there is {', '.join(COLOUR)}")
    if not 1 <= len(set(held_out)) == len(held_out) <= len(COLOUR) - 2:
        raise ValueError(
            f"held_out must name 1 to {len(COLOUR) - 2} photos, each once: two are the least to "
            "train on, one for x and one for y"
        )
