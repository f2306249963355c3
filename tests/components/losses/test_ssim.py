"""SSIM by hand, window by window, and against scikit-image's definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ganzoo.components.losses.structure import SSIM

C1, C2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2  # of a range of 2


def images(channels: int, seed: int, height: int = 17, width: int = 20) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(2, channels, height, width, generator=rng, dtype=torch.float64) * 2 - 1


def constant(value: float) -> Tensor:
    return torch.full((1, 3, 11, 11), value, dtype=torch.float64)


@pytest.mark.parametrize(("a", "b"), [(-1.0, 1.0), (0.0, 0.5), (0.05, -0.05), (-1, -1)])
def test_flat_images_differ_in_luminance_alone(a, b):
    # Black is 0, white is 2: gray 0.05 and -0.05 are nearly the same, not opposites.
    u, v = a + 1, b + 1
    expected = 1 - (2 * u * v + C1) / (u * u + v * v + C1)
    found = SSIM()(constant(a), constant(b)).item()
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert expected < 0.01 or abs(a - b) >= 0.5


def window(sigma: float, radius: int) -> np.ndarray:
    """A Gaussian of weight 1."""
    weights = [math.exp(-(i**2) / (2 * sigma**2)) for i in range(-radius, radius + 1)]
    square = np.outer(weights, weights)
    return square / square.sum()


def of_windows(x: np.ndarray, y: np.ndarray, sigma: float, radius: int) -> float:
    """The mean SSIM of one channel, values from 0 to 2: a loop over windows."""
    size, weights, found = 2 * radius + 1, window(sigma, radius), []
    for i in range(x.shape[0] - size + 1):
        for j in range(x.shape[1] - size + 1):
            u, v = (image[i : i + size, j : j + size] for image in (x, y))
            mu, nu = (weights * u).sum(), (weights * v).sum()
            var_u, var_v = ((weights * (w - m) ** 2).sum() for w, m in ((u, mu), (v, nu)))
            covariance = (weights * (u - mu) * (v - nu)).sum()
            luminance = (2 * mu * nu + C1) / (mu**2 + nu**2 + C1)
            found.append(luminance * (2 * covariance + C2) / (var_u + var_v + C2))
    return float(np.mean(found))


@pytest.mark.parametrize(("sigma", "radius"), [(1.5, 5), (0.5, 2)])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_it_is_the_mean_over_windows_and_channels(sigma, radius, channels):
    x, y = images(channels, 0), images(channels, 1)
    y = 0.7 * x + 0.3 * y
    pairs = zip((x + 1).flatten(0, 1).numpy(), (y + 1).flatten(0, 1).numpy(), strict=True)
    expected = 1 - np.mean([of_windows(u, v, sigma, radius) for u, v in pairs])
    assert SSIM(sigma)(x, y).item() == pytest.approx(expected, rel=1e-9)
    assert 0.05 < expected < 0.9


def test_scikit_image_agrees():
    metrics = pytest.importorskip("skimage.metrics")
    x, y = images(3, 0), images(3, 1)
    expected = [
        metrics.structural_similarity(
            u.numpy(), v.numpy(), channel_axis=0, data_range=2.0,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        )
        for u, v in zip(x + 1, y + 1, strict=True)
    ]  # fmt: skip
    assert SSIM()(x, y).item() == pytest.approx(1 - np.mean(expected), rel=1e-9)


def test_equal_images_cost_nothing_and_noise_costs_more_and_more():
    x, noise = images(3, 0), images(3, 1)
    costs = [SSIM()(x, (1 - share) * x + share * noise).item() for share in (0, 0.2, 0.5, 1)]
    assert costs == sorted(costs)
    assert costs[0] == pytest.approx(0, abs=1e-12)
    assert SSIM()(x, -x).item() > 1, "contrasts the wrong way round"
    assert SSIM()(x, noise).item() == pytest.approx(SSIM()(noise, x).item(), rel=1e-12)


def test_images_smaller_than_a_window_are_refused():
    assert SSIM()(images(3, 0, 11, 11), images(3, 1, 11, 11)).isfinite()
    with pytest.raises(ValueError, match=r"sigma = 1.5 .* 11 x 11 px or more, not 2 x 3 x 10 x 20"):
        SSIM()(images(3, 0, 10), images(3, 1, 10))
    with pytest.raises(ValueError, match="15 x 15 px"):
        SSIM(sigma=2)(images(3, 0, 14), images(3, 1, 14))
    with pytest.raises(ValueError, match="sigma is 0"):
        SSIM(sigma=0)


def test_shapes_without_numbers():
    x = torch.empty(1, 3, 16, 16, device="meta", requires_grad=True)
    SSIM()(x, torch.empty_like(x)).backward()
    assert x.grad.shape == x.shape


@pytest.mark.parametrize("sigma", [1.5, 0.5])
def test_of_volumes_it_is_scikit_image_s(sigma):
    """Its mean is over windows that lie inside, and its radius 3.5 sigma, as here."""
    module = pytest.importorskip("skimage.metrics")
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 2, (2, 12, 13, 14))
    expected = module.structural_similarity(
        x, y, gaussian_weights=True, sigma=sigma, use_sample_covariance=False, data_range=2.0
    )
    volumes = (torch.from_numpy(values)[None, None] - 1 for values in (x, y))
    assert 1 - SSIM(sigma)(*volumes).item() == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ValueError, match="11 x 11 x 11 px or more, not 1 x 1 x 10 x 16 x 16"):
        SSIM()(*[torch.zeros(1, 1, 10, 16, 16)] * 2)
