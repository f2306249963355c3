"""An image in tiles is the whole image: exactly where it can be, and by estimated statistics."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.unet import UNet
from ganzoo.inference.tiling.norm_calls import OwnNorms
from ganzoo.inference.tiling.reach import Reach, find_reach
from ganzoo.inference.tiling.statistics import choose_patches
from ganzoo.inference.tiling.tile_places import place_tiles
from ganzoo.inference.tiling.tile_plan import TilePlan, plan_tiles
from ganzoo.inference.tiling.tiled_output import compute_bands, from_image, gather_statistics
from ganzoo.interfaces.levels import from_levels


@pytest.fixture(autouse=True)
def no_gradient():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def noise(height, width, channels=3):
    smooth = nn.functional.interpolate(
        torch.rand(1, channels, 5, 7), (height, width), mode="bilinear"
    )
    return ((0.7 * smooth[0] + 0.3 * torch.rand(channels, height, width)) * 255).byte()


def source_of(levels):
    return from_image(from_levels(levels))


def tiled(network, image, pixels, statistics=()):
    reach = find_reach(network, 3, getattr(network, "multiple", 0))
    plan = plan_tiles(image.shape[-2:], pixels, reach, "")
    bands = list(compute_bands(network, source_of(image), plan, list(statistics), lambda _: None))
    assert [band.top for band in bands] == [
        sum(b.values.shape[1] for b in bands[:i]) for i in range(len(bands))
    ]
    return plan, torch.cat([band.values for band in bands], 1)


@pytest.mark.parametrize("size", [(160, 200), (161, 203), (158, 94)])
def test_tiles_of_a_network_without_norms_are_exact(size):
    network = ResNet(width=4, blocks=1, kernel=5, norm="none").eval()
    image = noise(*size)
    plan, result = tiled(network, image, 90 * 90)
    assert (len(plan.places.rows) > 1 and len(plan.places.columns) > 1) or size[1] < 100
    whole = network(from_levels(image)[None])[0]
    assert result.shape == whole.shape
    assert torch.allclose(result, whole, atol=2e-6)


def test_less_overlap_than_the_reach_is_seen():
    network = ResNet(width=4, blocks=1, kernel=5, norm="none").eval()
    image = noise(160, 200)
    reach = find_reach(network, 3, 4)
    plan = plan_tiles((160, 200), 90 * 90, Reach(reach.pixels // 2, 4, 0), "")
    bands = compute_bands(network, source_of(image), plan, [], lambda _: None)
    result = torch.cat([band.values for band in bands], 1)
    assert not torch.allclose(result, network(from_levels(image)[None])[0], atol=2e-6)


def test_a_wire_of_two_networks_is_exact_with_the_statistics_of_the_whole():
    first, second = (ResNet(width=4, blocks=1, kernel=3).eval() for _ in range(2))
    network = nn.Sequential(first, second)
    network.multiple = 4
    image = noise(200, 240)
    with OwnNorms() as own:
        whole = network(from_levels(image)[None])[0]
    _, result = tiled(network, image, 150 * 150, own.statistics)
    assert torch.allclose(result, whole, atol=1e-4)


def test_what_sees_too_far_is_blended(monkeypatch):
    monkeypatch.setattr("ganzoo.inference.tiling.tile_plan.FARTHEST", 16)
    network = UNet(width=4, layers=4, dropout=0.0, norm="none").eval()
    image = noise(160, 192)
    plan, result = tiled(network, image, 80 * 80)
    assert plan.places.blend == 16
    assert "blended" in plan.sentence
    whole = network(from_levels(image)[None])[0]
    assert result.shape == whole.shape
    assert (result - whole).abs().mean() < 0.05 * whole.std()


def test_a_constant_stays_constant_where_tiles_are_blended(monkeypatch):
    monkeypatch.setattr("ganzoo.inference.tiling.tile_plan.FARTHEST", 8)
    image = torch.full((3, 90, 110), 200, dtype=torch.uint8)
    plan = plan_tiles((90, 110), 50 * 50, Reach(None, 2, 0), "")
    bands = compute_bands(lambda x: x, source_of(image), plan, [], lambda _: None)
    result = torch.cat([band.values for band in bands], 1)
    assert torch.allclose(result, from_levels(image), atol=1e-6)


def test_later_bands_are_those_of_the_whole_run(monkeypatch):
    monkeypatch.setattr("ganzoo.inference.tiling.tile_plan.FARTHEST", 8)
    image = noise(120, 110)
    plan = plan_tiles((120, 110), 40 * 60, Reach(None, 2, 0), "")
    every = [*compute_bands(lambda x: x * x, source_of(image), plan, [], lambda _: None)]
    assert len(every) > 3
    for first in range(len(every)):
        later = [*compute_bands(lambda x: x * x, source_of(image), plan, [], lambda _: None, first)]
        assert [band.top for band in later] == [band.top for band in every[first:]]
        assert all(
            torch.equal(a.values, b.values) for a, b in zip(later, every[first:], strict=True)
        )


def test_pixels_that_are_done_add_up_to_the_image():
    image, told = noise(120, 110), []
    plan = plan_tiles((120, 110), 40 * 60, Reach(3, 2, 0), "")
    list(compute_bands(lambda x: x, source_of(image), plan, [], told.append))
    assert math.isclose(sum(told), 120 * 110, rel_tol=1e-5)


@pytest.mark.parametrize("norm", ["instance", "group", "layer"])
def test_statistics_of_patches_that_cover_the_image_are_the_images(norm, monkeypatch):
    # Convolutions of one pixel: a patch's features do not depend on what lies around it.
    monkeypatch.setattr("ganzoo.inference.tiling.statistics.CELL", 32)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 1),
        {
            "instance": nn.InstanceNorm2d(8),
            "group": nn.GroupNorm(2, 8),
            "layer": nn.GroupNorm(1, 8),
        }[norm],
        nn.ReLU(),
        nn.Conv2d(8, 8, 1),
        nn.GroupNorm(8, 8, affine=False),
        nn.Conv2d(8, 3, 1),
    )
    image = noise(96, 160)
    plan = TilePlan((96, 160), place_tiles((96, 160), 10**6, 1, 0, 0), Reach(0, 1, 2), 15, 4, "")
    assert len(choose_patches((96, 160), 15, 1, 16)[1]) == 15
    found = gather_statistics(network, source_of(image), plan, lambda _: None)
    with OwnNorms() as own:
        network(from_levels(image)[None])
    assert len(found) == len(own.statistics) == 2
    for estimate, exact in zip(found, own.statistics, strict=True):
        assert torch.allclose(estimate.mean, exact.mean, atol=1e-5)
        assert torch.allclose(estimate.variance, exact.variance, rtol=1e-4)


def test_the_small_image_makes_up_for_patches_that_are_not_like_the_rest(monkeypatch):
    # Values rise from left to right: the line through the patches, whichever, leads to the mean.
    monkeypatch.setattr("ganzoo.inference.tiling.statistics.CELL", 16)
    network = nn.GroupNorm(3, 3, affine=False)
    image = torch.linspace(0, 255, 512).expand(3, 128, 512).contiguous()
    plan = TilePlan((128, 512), place_tiles((128, 512), 10**6, 1, 0, 0), Reach(0, 1, 1), 8, 4, "")
    [found] = gather_statistics(network, source_of(image), plan, lambda _: None)
    assert found.mean.abs().max() < 0.02
    assert abs(float(found.variance[0]) - 1 / 3) < 0.02


def test_a_very_wide_image_is_planned_at_once():
    places = place_tiles((600, 2**24), 10**6, 4, 64, 0)
    assert places is not None
    assert math.prod(places.largest) <= 10**6
    assert places.columns[-1].last == 2**24
    assert place_tiles((600, 800), 0, 4, 64, 0) is None
