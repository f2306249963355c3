"""Images in [-1, 1] and levels of 0 ... 255."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo.interfaces.levels import (
    from_levels,
    from_pixels,
    to_exact_levels,
    to_levels,
    to_pixels,
)


def test_from_levels_is_exact() -> None:
    """ToTensor and Normalize(0.5, 0.5) on every level."""
    levels = torch.arange(256, dtype=torch.uint8)
    expected = (levels.float().div(255) - 0.5) / 0.5
    result = from_levels(levels)
    assert result.dtype == torch.float32
    assert result[0] == -1
    assert result[255] == 1
    torch.testing.assert_close(result, expected, rtol=0, atol=6e-8)
    assert torch.equal(result, from_levels(levels.float()))


def test_every_level_survives() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_levels(from_levels(levels)), levels)
    assert torch.equal(to_levels(from_levels(levels).double()), levels)


def test_rounding_and_what_is_out_of_range() -> None:
    values = torch.tensor([-1.5, -1.0, 0.0, 1.0, 7.0, torch.nan, torch.inf, -torch.inf])
    # 127.5 rounds to the even number.
    assert to_levels(values).tolist() == [0, 0, 128, 255, 255, 0, 255, 0]
    assert to_exact_levels(values[:5]).tolist() == [-63.75, 0.0, 127.5, 255.0, 1020.0]


def test_pixels_are_channels_last() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    image = from_pixels(pixels)
    assert image.shape == (3, 2, 4)
    assert image[1, 1, 2].item() == pytest.approx(190 / 127.5 - 1)
    assert np.array_equal(to_pixels(image), pixels)
    assert np.array_equal(to_pixels(image[:1]), pixels[..., 0])
    assert np.array_equal(from_pixels(pixels[:, ::-1]), image.flip(-1))
