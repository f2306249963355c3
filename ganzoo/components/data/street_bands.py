"""Drawn streets as a camera of five bands would see them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ganzoo.components.data.picture_cache import Pixels
from ganzoo.components.data.streets import Streets

# Of each class (`CLASSES`): how much near infrared it reflects, and how warm it is, both 0 ... 1.
# Leaves reflect most of the near infrared, and glass none; asphalt and cars in the sun are warm.
NEAR_INFRARED = np.array([0.05, 0.35, 0.95, 0.4, 0.2, 0.3, 0.1], np.float32)
WARMTH = np.array([0.05, 0.5, 0.35, 0.65, 0.75, 0.9, 0.45], np.float32)
# How much of the warmth depends on how bright a place is.
SUN = 0.2


class StreetBands(Streets):
    """Drawn street photos x, and streets y in red, green, blue, near infrared and thermal infrared.

    x and y for training come from different scenes; held-out samples are exact pairs. Nothing of a
    photo tells its two infrared bands but what it shows: they follow from the class of each pixel
    and its brightness.

    size: a scene's side in pixels, or [height, width].
    count: how many scenes each domain has for training.
    held_out: how many pairs are kept for testing.
    flip: mirror half of the training samples.
    paired: train on pairs, x and y of the same scene, for recipes that need them.

    Raises:
        ValueError: a setting that makes no sense.
    """

    bands: ClassVar[int] = 5

    def draw_target(self, seed: int) -> Pixels:
        """The bands (height, width, 5) of that seed's scene."""
        return self.to_target(self.scenes.get(seed))

    def to_target(self, scene: Pixels) -> Pixels:
        """The bands (height, width, 5) of a scene, which is its photo and then its labels."""
        photo, labels = scene[..., :3], scene[..., 3]
        brightness = photo.mean(-1, dtype=np.float32) / 255
        infrared = NEAR_INFRARED[labels] * (0.5 + 0.5 * brightness)
        warmth = WARMTH[labels] * (1 - SUN) + SUN * brightness
        further = np.stack([infrared, warmth], -1) * 255
        return np.concatenate([photo, further.round().astype(np.uint8)], -1)
