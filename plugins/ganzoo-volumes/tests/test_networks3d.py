"""Networks of volumes: sizes, receptive fields, and what they refuse."""

from __future__ import annotations

import pytest
import torch

from ganzoo_volumes.patchgan3d import PatchGAN3d
from ganzoo_volumes.resnet3d import ResNet3d


def seeded(network: type[torch.nn.Module], **settings: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return network(**settings)


@pytest.mark.parametrize("sides", [(16, 16, 16), (1, 2, 3), (5, 9, 14)])
def test_the_generator_keeps_every_size(sides):
    network = seeded(ResNet3d, width=2, blocks=1, out_channels=3, downsamplings=2)
    volume = torch.randn(1, 1, *sides)
    translated = network(volume)
    assert translated.shape == (1, 3, *sides)
    assert translated.abs().max() <= 1


def test_slices_depend_on_their_neighbours_in_depth():
    """Without norms, whose statistics are of all: a convolution of 3 reaches one slice."""
    network = seeded(ResNet3d, width=2, blocks=0, downsamplings=0)
    network.model[1] = torch.nn.Identity()
    volume = torch.randn(1, 1, 9, 6, 6)
    changed = volume.clone()
    changed[:, :, 4] += 1
    differs = (network(volume) != network(changed)).flatten(3).any(3).flatten().tolist()
    assert differs == [2 <= depth <= 6 for depth in range(9)]


@pytest.mark.parametrize(("layers", "field"), [(1, 10), (2, 22)])
def test_the_blocks_of_the_discriminator(layers, field):
    network = seeded(PatchGAN3d, width=1, layers=layers).double()
    for place, module in enumerate(network.model):
        if isinstance(module, torch.nn.GroupNorm):
            network.model[place] = torch.nn.Identity()
    volume = torch.randn(1, 1, 40, 40, 40, dtype=torch.float64, requires_grad=True)
    logits = network(volume)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle, middle].backward()
    reached = volume.grad[0, 0].nonzero()
    assert (reached.max(0).values - reached.min(0).values + 1).tolist() == [field] * 3


def test_what_is_refused():
    with pytest.raises(ValueError, match="volumes of 4 x 16 x 16 are too small"):
        PatchGAN3d(layers=2)(torch.zeros(1, 1, 4, 16, 16))
    with pytest.raises(ValueError, match="kernel is 4: it must be an odd number"):
        ResNet3d(kernel=4)
    with pytest.raises(ValueError, match="width is 0"):
        PatchGAN3d(width=0)
