"""Noise measured in a picture is the noise that was added, whatever the picture shows."""

from __future__ import annotations

import numpy as np
import pytest

from ganzoo.planning.close_up import measure_noise


@pytest.mark.parametrize("sigma", [5.0, 25.0])
def test_added_noise_is_measured(sigma):
    """On a slope, with an edge and texture; to a quarter, as the calmest places have less."""
    rows, columns = np.mgrid[:240, :240].astype(np.float32)
    picture = rows * 0.3 + 100 * (columns > 120)
    picture[:80] += 40 * np.sin(columns[:80] * 2)
    noise = np.random.default_rng(0).normal(0, sigma, picture.shape)
    assert measure_noise(picture + noise) == pytest.approx(sigma, rel=0.25)
    assert measure_noise(picture) < 0.1


def test_a_picture_of_a_few_pixels_has_none():
    assert measure_noise(np.ones((4, 300), np.float32)) == 0
