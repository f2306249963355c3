"""Means and variances of the noise, against what its formulas say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo_denoise.noise import (
    KINDS,
    check_level,
    degrade,
    gaussian,
    poisson,
    salt_pepper,
    speckle,
)

SHAPE = (3, 300, 300)  # 270,000 draws: the standard error of a variance is 0.3 % of it


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("spoil", "level", "clean", "variance"),
    [
        (gaussian, 0.1, 0.5, 0.01),
        (gaussian, 0.1, 0.0, 0.01),
        (poisson, 30.0, 0.5, 0.5 / 30),
        (poisson, 30.0, 0.1, 0.1 / 30),
        (poisson, 1000.0, 0.1, 0.0001),
        (speckle, 0.2, 0.5, 0.01),
        (speckle, 0.2, 0.25, 0.0025),
    ],
)
def test_mean_and_variance(spoil, level, clean, variance):
    spoiled = spoil(np.full(SHAPE, clean), level, chance())
    assert spoiled.mean() == pytest.approx(clean, abs=5 * (variance / spoiled.size) ** 0.5)
    assert spoiled.var() == pytest.approx(variance, rel=0.02)


def test_poisson_counts_photons_and_leaves_black_alone():
    counts = poisson(np.full(SHAPE, 0.3), 8.0, chance()) * 8
    np.testing.assert_array_equal(counts, counts.round())
    assert not poisson(np.zeros(SHAPE), 8.0, chance()).any()
    assert not speckle(np.zeros(SHAPE), 0.5, chance()).any()


def test_salt_and_pepper_lose_whole_pixels_half_of_them_white():
    spoiled = salt_pepper(np.full(SHAPE, 0.5), 0.1, chance())
    assert (spoiled == spoiled[:1]).all()
    assert (spoiled == 0).mean() == pytest.approx(0.05, rel=0.05)
    assert (spoiled == 1).mean() == pytest.approx(0.05, rel=0.05)
    assert (spoiled == 0.5).sum() + (spoiled == 0).sum() + (spoiled == 1).sum() == spoiled.size


@pytest.mark.parametrize("noise", KINDS)
def test_degrade_in_the_range_of_images(noise):
    clean = torch.linspace(-1, 1, 75 * 100).view(1, 75, 100).repeat(3, 1, 1)
    level = check_level(noise, None)
    noisy = degrade(clean, noise, level, chance(1))
    assert noisy.dtype == torch.float32
    assert noisy.shape == clean.shape
    assert noisy.min() >= -1
    assert noisy.max() <= 1
    assert torch.equal(noisy, degrade(clean, noise, level, chance(1)))
    assert not torch.equal(noisy, degrade(clean, noise, level, chance(2)))


def test_level_is_a_share_of_the_whole_range():
    # sigma = 25 / 255 of 0 ... 1 is 50 / 255 of -1 ... 1; mid-gray is 5 sigma from either end.
    noisy = degrade(torch.zeros(SHAPE), "gaussian", 25 / 255, chance())
    assert noisy.std().item() == pytest.approx(50 / 255, rel=0.01)


@pytest.mark.parametrize(
    ("noise", "level", "message"),
    [
        ("gaussian", 25.0, "sigma as a fraction of the range .25 / 255 = 0.098., above 0"),
        ("speckle", 0.0, "pixel's own value"),
        ("poisson", -1.0, "photons"),
        ("salt_pepper", 1.5, "at most 1"),
        ("gaussian", float("nan"), "level is nan"),
        ("poisson", 1e20, "at most 1e\\+06"),
    ],
)
def test_a_wrong_level_says_what_a_level_is(noise, level, message):
    with pytest.raises(ValueError, match=message):
        check_level(noise, level)
