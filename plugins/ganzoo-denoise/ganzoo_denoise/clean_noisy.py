"""Noisy images and clean ones of other scenes: what unpaired denoising learns from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ganzoo.components.data.file_keys import image_keys
from ganzoo.components.data.headers import header_warnings
from ganzoo.components.data.image_files import read_image, shown
from ganzoo.components.data.image_listing import format_left_out, survey
from ganzoo.components.data.inspecting import digest, format_faults, read_headers
from ganzoo.components.data.pages import ImagePage
from ganzoo.components.data.transforms import Framing, View, as_size
from ganzoo.errors import DataError
from ganzoo.interfaces import Data, Sample, Variable
from torch import Tensor

from ganzoo_denoise.noise import Noise, check_level, degrade
from ganzoo_denoise.split import Split, split_files


class CleanNoisy(Data):
    """x is noisy, y is clean, and in training they never show the same scene.

    With `clean` alone, noise is added to an independent half of its images, anew for every sample;
    which half is told by the files' names and `seed`. With `noisy` too, both folders are used as
    they are. An epoch walks through the longer domain once; the other's image is drawn at random.
    Held out are the images of `test`, else a share of each folder. Held-out pairs are exact: one
    centre crop, clean and with noise that belongs to (seed, index). Only `noisy` without `test` has
    no pairs.

    clean: the folder of clean images, searched with its subfolders.
    noisy: a folder of noisy images, if there are real ones.
    test: a folder of clean images to hold out; noise is added to them.
    noise: what is added, after cropping: gaussian, poisson, speckle or salt_pepper.
    level: how much. gaussian: sigma as a fraction of the range, 25 / 255 = 0.098 (default 0.1);
        poisson: the photons of a white pixel (30); speckle: sigma as a fraction of the pixel's own
        value (0.2); salt_pepper: the fraction of pixels that are lost (0.05).
    size: a sample's side in pixels, or [height, width].
    resize: what images are resized to before the crop, a side or [height, width]. Left out, crops
        are cut from images as they are: resizing changes real noise.
    flip: mirror half of the training samples.
    channels: 3 for RGB, 1 for gray.
    held_out: the share of images to hold out where `test` is not given.
    seed: chooses the halves, the held-out images and their noise.

    Raises:
        ValueError: a setting that makes no sense.
    """

    places: ClassVar[tuple[str, ...]] = ("clean", "noisy", "test")

    def __init__(
        self,
        clean: str = "",
        noisy: str = "",
        test: str = "",
        noise: Noise = "gaussian",
        level: float | None = None,
        size: int | list[int] = 64,
        resize: int | list[int] | None = None,
        flip: bool = True,
        channels: int = 3,
        held_out: float = 0.1,
        seed: int = 0,
    ) -> None:
        if channels not in (1, 3):
            raise ValueError(f"channels must be 1 (gray) or 3 (RGB), not {channels}")
        if not 0 < held_out < 1:
            raise ValueError(f"held_out is {held_out:g}: it must lie between 0 and 1")
        if seed < 0:
            raise ValueError(f"seed is {seed}: it must not be negative")
        self.clean, self.noisy, self.test = clean, noisy, test
        self.noise, self.level = noise, check_level(noise, level)
        self.size, self.flip, self.channels = as_size(size), flip, channels
        self.framing = None if resize is None else Framing(size, resize, flip)
        self.held_out, self.seed = held_out, seed
        view = Variable(channels, self.size, scale="native" if resize is None else "cover")
        self.variables = {"x": view, "y": view}
        self.paired = bool(test) or not noisy
        self.separate_items = not self.paired
        self._files = Split([], [], [], [])

    def prepare(self) -> None:
        """Find the images and share them out.

        Raises:
            DataError: a folder is missing or empty, has too few images, or shares one with another.
        """
        self._files = split_files(self.clean, self.noisy, self.test, self.held_out, self.seed)

    def inspect(self) -> list[str]:
        """Read all headers.

        Raises:
            DataError: files that cannot be read.
        """
        split = self._files
        sides = {"x": (split.noisy, split.test_noisy), "y": (split.clean, split.test_clean)}
        files = [
            (path, self.variables[name])
            for name, lists in sides.items()
            for paths in lists
            for path in paths
        ]
        headers, wrong = read_headers(files)
        if wrong:
            raise DataError(format_faults(list(wrong.values()), len(wrong) + len(headers)))
        return header_warnings(headers)

    def summary(self) -> str:
        """How many images each domain has, and what lies beside them."""
        split = self._files
        kinds = "noisy" if self.noisy else "to be made noisy"
        counts = f"{len(split.noisy)} images {kinds} + {len(split.clean)} clean"
        left_out = format_left_out(survey(folder) for folder in self._folders().values())
        described = (counts, f"{self.test_count()} held out", left_out)
        return ", ".join(text for text in described if text)

    def fingerprint(self) -> dict[str, Any]:
        """Of each folder that is used the number of images, and a hash of their names and sizes."""
        folders = self._folders().items()
        return {setting: digest(folder, survey(folder).images) for setting, folder in folders}

    def _folders(self) -> dict[str, Path]:
        named = {"clean": self.clean, "noisy": self.noisy, "test": self.test}
        return {setting: Path(name).expanduser() for setting, name in named.items() if name}

    def __len__(self) -> int:
        return max(len(self._files.noisy), len(self._files.clean))

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (channels, height, width) in [-1, 1], each with its own scene, crop and flip.

        Raises:
            DataError: an image cannot be read, or is smaller than a sample.
        """
        noisy, clean = self._files.noisy, self._files.clean
        walk_x = len(noisy) >= len(clean)
        index_x = index if walk_x else int(rng.integers(len(noisy)))
        index_y = int(rng.integers(len(clean))) if walk_x else index
        x = self._augmented(noisy[index_x], rng)
        y = self._augmented(clean[index_y], rng)
        return {"x": x if self.noisy else self._spoiled(x, rng), "y": y}

    def test_count(self) -> int:
        """The number of held-out images; without pairs, of the longer domain."""
        return max(len(self._files.test_noisy), len(self._files.test_clean))

    def test_counts(self) -> dict[str, int]:
        """How many images of each domain are shown; in pairs every clean one has a noisy one."""
        counts = {"x": len(self._files.test_noisy), "y": len(self._files.test_clean)}
        return dict.fromkeys(counts, counts["y"]) if self.paired else counts

    def test_sample(self, index: int) -> Sample:
        """x and y (channels, height, width) in [-1, 1], cut around the centre.

        Raises:
            DataError: an image cannot be read, or is smaller than a sample.
        """
        noisy, clean = self._files.test_noisy, self._files.test_clean
        y = self._centred(clean[index % len(clean)])
        if self.paired:
            return {"x": self._spoiled(y, np.random.default_rng([self.seed, index])), "y": y}
        return {"x": self._centred(noisy[index % len(noisy)]), "y": y}

    def test_keys(self) -> dict[str, list[bytes]]:
        """Hashes of the files; in pairs both images are made from the clean one's."""
        clean = image_keys([*map(ImagePage, self._files.test_clean)])
        noisy = clean if self.paired else image_keys([*map(ImagePage, self._files.test_noisy)])
        return {"x": noisy, "y": clean}

    def _spoiled(self, clean: Tensor, rng: np.random.Generator) -> Tensor:
        return degrade(clean, self.noise, self.level, rng)

    def _augmented(self, path: Path, rng: np.random.Generator) -> Tensor:
        image = self._read(path)
        if self.framing is not None:
            return self.framing.random_view(image, rng).of(image)
        top, left = (int(rng.integers(slack + 1)) for slack in self._slack(image))
        return self._cut(image, top, left, self.flip and bool(rng.random() < 0.5))

    def _centred(self, path: Path) -> Tensor:
        image = self._read(path)
        if self.framing is not None:
            return self.framing.centre_view(image).of(image)
        top, left = (slack // 2 for slack in self._slack(image))
        return self._cut(image, top, left, False)

    def _cut(self, image: Tensor, top: int, left: int, mirrored: bool) -> Tensor:
        """A window of `size`, without resizing."""
        height, width = image.shape[-2:]
        view = View((0, 0, height, width), (height, width), (top, left, *self.size), mirrored)
        return view.of(image)

    def _slack(self, image: Tensor) -> tuple[int, int]:
        return image.shape[-2] - self.size[0], image.shape[-1] - self.size[1]

    def _read(self, path: Path) -> Tensor:
        image = read_image(path, self.variables["y"])
        if self.framing is None and min(self._slack(image)) < 0:
            raise DataError(
                f"data.size: {shown(path)} has {image.shape[-1]} x {image.shape[-2]} px, less than "
                f"the {self.size[1]} x {self.size[0]} of a sample; lower data.size, or set "
                "data.resize to enlarge it"
            )
        return image
