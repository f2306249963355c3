"""A generator that changes colours can change nothing else."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from ganzoo.components.inits import KaimingInit
from ganzoo.components.networks.recolour import Recolour
from ganzoo.inference.tiling.reach import find_reach
from ganzoo.inference.tiling.tile_plan import plan_tiles
from ganzoo.inference.tiling.tiled_output import compute_tiled


def recolour(changes=False, **settings):
    torch.manual_seed(0)
    network = Recolour(**settings)
    KaimingInit()(network)
    if changes:
        KaimingInit().fill(network.model[-2].convolution.weight)
    return network


def images(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_it_starts_as_a_copy(channels):
    x = images(2, channels, 7, 10)
    assert torch.equal(recolour(in_channels=channels, out_channels=channels)(x), x)


def test_pixels_of_one_colour_keep_one_colour():
    palette = images(4, 3)
    chosen = torch.randint(4, (31, 37), generator=torch.Generator().manual_seed(2))
    out = recolour(changes=True)(palette[chosen].permute(2, 0, 1)[None])[0]
    for colour in range(4):
        pixels = out[:, chosen == colour]
        assert (pixels.amax(1) - pixels.amin(1)).max() < 1e-6  # vector code rounds as it likes
    assert len((out.flatten(1).T * 1e4).round().unique(dim=0)) == 4
    assert out.abs().max() <= 1


def test_where_a_pixel_stands_plays_no_part():
    x = images(1, 3, 12, 12)
    network = recolour(changes=True)
    turned = network(x.flip(3).mT).mT.flip(3)
    torch.testing.assert_close(turned, network(x), rtol=0, atol=1e-5)


def test_the_image_as_a_whole_plays_a_part():
    x = images(1, 3, 8, 8)
    brighter = x.clone()
    brighter[..., 1:, :] = 1
    network = recolour(changes=True)
    assert (network(x)[..., 0, :] - network(brighter)[..., 0, :]).abs().max() > 0.01


def test_one_layer_by_hand():
    network = recolour(layers=1, in_channels=1, out_channels=1)
    with torch.no_grad():
        network.model[0].convolution.weight.copy_(torch.tensor([2.0, 1.0]).view(1, 2, 1, 1))
        network.model[0].convolution.bias.fill_(-0.25)
    x = torch.tensor([[[[0.25, 0.75]]]])  # mean 0.5, deviation 0.25: normalised, -1 and 1
    expected = x + torch.tensor([0.5 - 1 - 0.25, 1.5 + 1 - 0.25]).tanh()
    torch.testing.assert_close(network(x), expected.clamp(-1, 1), rtol=0, atol=1e-3)


def test_it_learns_a_curve_of_colours():
    network = recolour()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    x = images(4, 3, 16, 16)
    wanted = (0.5 * x + 0.3).square() - 0.2
    before = functional.l1_loss(network(x), wanted).item()
    for _ in range(60):
        optimizer.zero_grad()
        loss = functional.l1_loss(network(x), wanted)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.25 * before


def test_in_tiles_the_image_as_a_whole_is_the_same():
    smooth = functional.interpolate(images(1, 3, 12, 12), size=(512, 512), mode="bilinear")
    smooth[..., 100, 60] = smooth[..., 400, 500]
    network = recolour(changes=True).requires_grad_(False)
    reach = find_reach(network, 3, network.multiple)
    assert (reach.pixels, reach.grid, reach.norms) == (0, 1, 3)
    plan = plan_tiles((512, 512), 256 * 256, reach, "a test")
    assert len(plan.places.rows) > 1
    tiled, whole = compute_tiled(network, smooth[0], plan), network(smooth)[0]
    torch.testing.assert_close(tiled[:, 100, 60], tiled[:, 400, 500], rtol=0, atol=1e-6)
    assert (tiled - whole).abs().mean() < 0.1 * (whole - smooth[0]).abs().mean()


def test_settings_that_make_no_sense():
    with pytest.raises(ValueError, match="in_channels is 3 and out_channels 1: they must be equal"):
        Recolour(3, 1)
    with pytest.raises(ValueError, match="width is 0 and layers 3: each must be at least 1"):
        Recolour(width=0)
