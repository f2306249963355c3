"""Colours, blur and noise: what they do to values, in [-1, 1] and in levels."""

from __future__ import annotations

import pytest
import torch

from ganzoo.components.augmentations.photometric import RandomBlur, RandomColorJitter, RandomNoise
from ganzoo.interfaces import Variable

RGB = Variable(3, (16, 16))


def change(augmentation, image, seed=0):
    torch.manual_seed(seed)
    return augmentation.augment({"x": image}, {"x": RGB})["x"]


def both(image):
    """An image in [-1, 1], and its levels."""
    return [image, ((image + 1) * 127.5).round().to(torch.uint8)]


def as_unit(image):
    return image.float() / 255 if image.dtype == torch.uint8 else (image + 1) / 2


@pytest.mark.parametrize("kind", [0, 1], ids=["floats", "levels"])
def test_brightness_is_a_factor_from_black(kind):
    """Black stays black, all else is multiplied by one number of 0.8 to 1.2."""
    image = both(torch.full((3, 4, 4), -0.2))[kind]
    image[:, 0] = image.new_zeros(()) if kind else -1.0
    factors = []
    for seed in range(30):
        made = change(RandomColorJitter(0.2, 0, 0, 0), image, seed)
        assert made.dtype == image.dtype
        assert (as_unit(made)[:, 0] == 0).all()
        ratio = as_unit(made)[:, 1:] / as_unit(image)[:, 1:]
        torch.testing.assert_close(ratio, ratio[0, 0, 0].expand_as(ratio), atol=0.006, rtol=0)
        factors.append(float(ratio.mean()))
    assert 0.79 < min(factors) < 0.87
    assert 1.13 < max(factors) < 1.21


def test_nothing_to_change_changes_nothing():
    image = torch.rand(3, 8, 8) * 2 - 1
    torch.testing.assert_close(change(RandomColorJitter(0, 0, 0, 0), image), image)
    assert torch.equal(change(RandomColorJitter(probability=0), image), image)


def test_gray_stays_gray_and_saturation_makes_it():
    gray = torch.rand(1, 8, 8).expand(3, 8, 8) * 2 - 1
    made = change(RandomColorJitter(0.3, 0.3, 0.9, 0.4), gray)
    assert (made - made[:1]).abs().max() < 0.02
    colours = torch.rand(3, 8, 8) * 2 - 1
    spreads = [change(RandomColorJitter(0, 0, 1, 0), colours, s).std(0).mean() for s in range(20)]
    assert min(spreads) < 0.3 * colours.std(0).mean()


def test_colours_are_those_of_gray_and_rgb():
    with pytest.raises(ValueError, match="'x' is of 5 channels"):
        RandomColorJitter().check({"x": Variable(5, (8, 8))})
    with pytest.raises(ValueError, match="'x' is a volume"):
        RandomColorJitter().check({"x": Variable(1, (8, 8), depth=8)})
    RandomColorJitter().check({"x": Variable(1, (8, 8)), "y": RGB})


def test_a_blurred_point_has_the_variance_of_the_gaussian():
    point = torch.full((1, 41, 41), -1.0)
    point[0, 20, 20] = 1.0
    spread = as_unit(change(RandomBlur(2.5), point))[0]
    places = torch.arange(41.0) - 20
    assert float(spread.sum()) == pytest.approx(1, abs=1e-4)
    for marginal in (spread.sum(0), spread.sum(1)):
        assert float((marginal * places**2).sum()) == pytest.approx(2.5**2, rel=0.03)


def test_blur_draws_its_width_and_keeps_a_plain_image():
    plain = torch.full((4, 3, 16, 16), 0.3)  # a volume of 4 channels
    torch.testing.assert_close(change(RandomBlur(), plain), plain)
    point = torch.full((1, 16, 16), -1.0)
    point[0, 8, 8] = 1.0
    assert len({float(change(RandomBlur(), point, seed)[0, 8, 8]) for seed in range(5)}) == 5


def test_a_blur_wider_than_the_image_is_refused():
    with pytest.raises(ValueError, match="reaches 30 px far, and 'x' has only 16 px"):
        RandomBlur(10.0).check({"x": RGB})
    RandomBlur(5.0).check({"x": RGB})
    assert change(RandomBlur(5.0), torch.rand(3, 16, 16)).shape == (3, 16, 16)


@pytest.mark.parametrize("kind", [0, 1], ids=["floats", "levels"])
def test_noise_has_its_deviation_in_shares_of_the_range(kind):
    image = both(torch.zeros(3, 64, 64))[kind]
    noise = as_unit(change(RandomNoise(0.1), image)) - as_unit(image)
    assert float(noise.std()) == pytest.approx(0.1, rel=0.03)
    assert abs(float(noise.mean())) < 0.004
    assert not torch.equal(noise[0], noise[1])
    white = both(torch.ones(3, 8, 8))[kind]
    assert as_unit(change(RandomNoise(0.5), white)).max() == 1


def test_without_torchvision_it_says_what_to_install(monkeypatch):
    import ganzoo.components.augmentations.by_torchvision as base

    monkeypatch.setattr(base, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'ganzoo-core\[augment\]'"):
        RandomNoise()
