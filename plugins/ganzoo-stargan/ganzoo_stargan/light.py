"""Street photos in several kinds of light: domains that differ in look, not in what they show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
import torch
from ganzoo.components.data.picture_cache import PictureCache, Pixels
from ganzoo.components.data.streets import HELD_OUT, KEYS, PHOTOS, Streets
from ganzoo.components.data.transforms import as_size
from ganzoo.interfaces import Data, Sample, Variable
from ganzoo.interfaces.content_key import number_keys
from ganzoo.interfaces.levels import from_pixels
from torch import Tensor

from ganzoo_stargan.grading import GRADES, grade

Kind = Literal["day", "dusk", "night", "fog"]


class Light(Data):
    """Street photos x and their light c: by day, at dusk, at night, in fog.

    The scenes are those of the core's `streets`, each in one light only. In training, y is another
    scene in another light d; held-out x and y show one scene, so that G(x, d) may be compared with
    y. Scenes are drawn when first asked for and cached, as those of `streets` are.

    domains: the kinds of light, `day`, `dusk`, `night` or `fog`; labels count them from 0.
    size: a scene's side in pixels, or [height, width].
    count: how many scenes there are for training; the domains take turns.
    held_out: how many pairs are kept for testing; the ways from one domain to another take turns.
    flip: mirror half of the training samples.

    Raises:
        ValueError: a setting that makes no sense.
    """

    paired = True

    def __init__(
        self,
        domains: tuple[Kind, ...] = ("day", "dusk", "night", "fog"),
        size: int | list[int] = 64,
        count: int = 1000,
        held_out: int = 120,
        flip: bool = True,
    ) -> None:
        _check(domains, count)
        streets = Streets(size=size, count=count, held_out=held_out)
        self.domains = tuple(domains)
        self.count, self.held_out, self.flip = count, held_out, flip
        image = streets.variables["x"]
        label = Variable(classes=len(domains), labels=self.domains)
        self.variables = {"x": image, "c": label, "y": image, "d": label}
        draw = partial(draw_graded, streets.scenes, self.domains)
        self.pictures = PictureCache(None, (*as_size(size), 3), draw)

    def __len__(self) -> int:
        return self.count

    def train_sample(self, index: int, rng: np.random.Generator) -> Sample:
        """x and y (3, height, width) in [-1, 1] of different scenes, their c and d () differ."""
        domains = len(self.domains)
        c = index % domains
        d = (c + int(rng.integers(1, domains))) % domains
        turns = -(-(self.count - d) // domains)
        other = d + domains * int(rng.integers(turns))
        mirror_x, mirror_y = (self.flip and rng.random() < 0.5 for _ in range(2))
        x, y = self._image(PHOTOS + index, c, mirror_x), self._image(PHOTOS + other, d, mirror_y)
        return {"x": x, "c": torch.tensor(c), "y": y, "d": torch.tensor(d)}

    def test_count(self) -> int:
        """The number of held-out pairs."""
        return self.held_out

    def test_sample(self, index: int) -> Sample:
        """x and y (3, height, width) in [-1, 1] of one scene in the domains c and d ()."""
        c, d = way(index, len(self.domains))
        x, y = (self._image(HELD_OUT + index, domain, False) for domain in (c, d))
        return {"x": x, "c": torch.tensor(c), "y": y, "d": torch.tensor(d)}

    def test_keys(self) -> dict[str, list[bytes]]:
        """The seeds of the scenes, in whatever light."""
        return dict.fromkeys("xy", number_keys(KEYS, range(self.held_out)))

    def _image(self, scene: int, domain: int, mirrored: bool) -> Tensor:
        picture = self.pictures.get(scene * len(self.domains) + domain)
        view = picture[:, ::-1] if mirrored else picture
        return from_pixels(view)


def draw_graded(scenes: PictureCache, domains: Sequence[str], number: int) -> Pixels:
    """Picture (height, width, 3) `number`: scenes count up, and each has all domains in turn."""
    scene, domain = divmod(number, len(domains))
    drawn = scenes.get(scene)
    return grade(drawn[..., :3], drawn[..., 3], GRADES[domains[domain]])


def way(index: int, domains: int) -> tuple[int, int]:
    """From which domain to which other one a held-out pair leads: 0 to 1, 1 to 2, ... in turn."""
    c = index % domains
    return c, (c + 1 + index // domains % (domains - 1)) % domains


def _check(domains: Sequence[str], count: int) -> None:
    if len(domains) < 2 or len(set(domains)) < len(domains):
        raise ValueError("domains must name two kinds of light or more, and none twice")
    if count < len(domains):
        raise ValueError(f"count is {count}: each of the {len(domains)} domains needs a scene")
