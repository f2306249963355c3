"""Images in [-1, 1] and levels of 0 ... 255."""

from __future__ import annotations

from functools import wraps

import numpy as np
import pytest
import torch

from ganzoo.interfaces.levels import (
    find_level_reader,
    from_levels,
    from_pixels,
    returns_levels,
    to_exact_levels,
    to_levels,
    to_pixels,
    to_shown,
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


class Source:
    @returns_levels
    def train_sample(self, index: int, rng: object = None) -> dict[str, torch.Tensor]:
        levels = torch.tensor([0, 255], dtype=torch.uint8)
        return {"x": levels, "depth": torch.tensor([0.5]), "c": torch.tensor(index)}


class Doubled(Source):
    def train_sample(self, index: int, rng: object = None) -> dict[str, torch.Tensor]:
        return {"x": 2 * super().train_sample(index, rng)["x"]}


def test_levels_are_for_those_who_ask_for_them() -> None:
    source = Source()
    sample = source.train_sample(7, rng=None)
    assert sample["x"].tolist() == [-1.0, 1.0]
    assert (sample["depth"].item(), sample["c"].item()) == (0.5, 7)
    read = find_level_reader(source.train_sample)
    assert read is not None
    assert read(source, 7)["x"].tolist() == [0, 255]
    assert read(source, 7)["x"].dtype == torch.uint8


def test_a_method_without_the_decorator_has_no_levels() -> None:
    """An override, or what a test puts in the method's place, is not passed by."""
    assert find_level_reader(Doubled().train_sample) is None
    assert Doubled().train_sample(1)["x"].tolist() == [-2.0, 2.0]
    assert find_level_reader(lambda index, rng: {}) is None


def test_a_function_around_the_method_is_not_passed_by() -> None:
    """`wraps` copies the attributes of what it wraps."""

    class Negative(Source):
        @wraps(Source.train_sample)
        def train_sample(self, index: int, rng: object = None) -> dict[str, torch.Tensor]:
            return {"x": -Source.train_sample(self, index, rng)["x"]}

    assert find_level_reader(Negative().train_sample) is None
    assert Negative().train_sample(1)["x"].tolist() == [1.0, -1.0]


def test_levels_are_not_changed_in_place() -> None:
    levels = torch.tensor([0.0, 255.0])
    assert from_levels(levels).tolist() == [-1.0, 1.0]
    assert levels.tolist() == [0.0, 255.0]


def test_what_is_shown_of_channels_and_volumes() -> None:
    planes = from_levels(torch.tensor([10, 20, 30, 40], dtype=torch.uint8))
    image = planes[:, None, None].expand(4, 2, 3)
    assert to_shown(image[:1]).tolist() == [[10] * 3] * 2
    assert to_shown(image[:2]).tolist() == [[[10, 20, 0]] * 3] * 2
    assert to_shown(image[:3]).tolist() == [[[10, 20, 30]] * 3] * 2
    assert to_shown(image).tolist() == to_shown(image[:3]).tolist()
    volume = torch.stack([image * 0, image * 0, image, image * 0], 1)
    assert to_shown(volume).tolist() == to_shown(image).tolist()
