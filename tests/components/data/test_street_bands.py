"""Streets in five bands."""

from __future__ import annotations

import numpy as np
import torch

from ganzoo.components.data.street_bands import StreetBands
from ganzoo.components.data.street_scene import SKY, VEGETATION
from ganzoo.components.data.streets import Streets

SETTINGS = {"size": 32, "count": 4, "held_out": 3}


def test_test_samples_are_exact_pairs_of_photo_and_bands() -> None:
    data = StreetBands(**SETTINGS)  # type: ignore[arg-type]
    sample, street = data.test_sample(1), Streets(**SETTINGS).test_sample(1)  # type: ignore[arg-type]
    assert sample["x"].shape == (3, 32, 32)
    assert sample["y"].shape == (data.variables["y"].channels, 32, 32)
    assert torch.equal(sample["x"], street["x"]), "the photo is that of streets"
    assert torch.equal(sample["y"][:3], sample["x"])


def test_infrared_follows_class_and_brightness() -> None:
    scene = np.zeros((1, 3, 4), np.uint8)
    scene[..., 3] = SKY, VEGETATION, VEGETATION
    scene[0, 2, :3] = 255
    bands = StreetBands(**SETTINGS).to_target(scene)  # type: ignore[arg-type]
    # Near infrared is reflectance * (0.5 + 0.5 brightness), thermal 0.8 warmth + 0.2 brightness.
    assert bands[0, :, 3].tolist() == [
        round(0.05 * 0.5 * 255),
        round(0.95 * 0.5 * 255),
        round(0.95 * 255),
    ]
    assert bands[0, :, 4].tolist() == [round(0.04 * 255), round(0.28 * 255), round(0.48 * 255)]


def test_training_shows_x_and_y_of_different_scenes() -> None:
    data = StreetBands(**SETTINGS, flip=False)  # type: ignore[arg-type]
    sample = data.train_sample(0, np.random.default_rng(0))
    assert sample["y"].shape == (5, 32, 32)
    assert not torch.equal(sample["x"], sample["y"][:3])
