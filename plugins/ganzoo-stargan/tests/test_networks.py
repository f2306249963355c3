"""The two networks and the label, by hand and against the paper's tables."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from ganzoo_stargan.domain import Domain
from ganzoo_stargan.domain_discriminator import DomainDiscriminator
from ganzoo_stargan.domain_resnet import DomainResNet


def images(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.manual_seed(0)) * 2 - 1


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_generator_is_the_papers_but_for_the_norms():
    # arXiv:1711.09020, table 4, with 5 domains. Each convolution has a bias here, and no norm has
    # a scale and a shift.
    convolutions = [
        (8, 64, 7), (64, 128, 4), (128, 256, 4),
        *[(256, 256, 3)] * 12,
        (256, 128, 4), (128, 64, 4), (64, 3, 7),
    ]  # fmt: skip
    expected = sum(a * b * k * k + b for a, b, k in convolutions)
    network = DomainResNet(classes=5)
    assert count(network) == expected == 8_426_819
    found = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert [(m.in_channels, m.out_channels, m.kernel_size[0]) for m in found] == convolutions


def test_the_critic_is_the_papers():
    # Table 5: 128 px, six layers from 64 to 2048 channels, 2 x 2 patches, 5 domains.
    with torch.device("meta"):
        critic = DomainDiscriminator(size=128, classes=5, layers=6)
    widths = [3, 64, 128, 256, 512, 1024, 2048]
    shared = sum(a * b * 16 + b for a, b in pairwise(widths))
    assert count(critic) == shared + 2048 * 9 + 5 * 2048 * 4 == 44_762_048
    x = torch.empty(7, 3, 128, 128, device="meta")
    assert critic.real(x).shape == (7, 1, 2, 2)
    assert critic.domain(x).shape == (7, 5)


def test_the_label_stands_beside_every_pixel():
    network = DomainResNet(classes=3, width=1, blocks=0)
    seen = network._beside(images(2, 3, 2, 5), torch.tensor([2, 0]))
    assert torch.equal(seen[:, :3], images(2, 3, 2, 5))
    assert seen[:, 3:].flatten(2).unique(dim=2).squeeze(2).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_the_label_reaches_every_pixel_from_the_first_day():
    """Were there an instance norm behind the first convolution, the two would be equal."""
    torch.manual_seed(0)
    network = DomainResNet(classes=2, width=8, blocks=2)
    x = images(1, 3, 32, 32)
    apart = network(x, torch.tensor([0])) - network(x, torch.tensor([1]))
    assert (apart.abs().amax(1) > 1e-4).float().mean() > 0.99
    network.model[1] = nn.Sequential(network.model[1], nn.GroupNorm(8, 8, affine=False))
    apart = network(x, torch.tensor([0])) - network(x, torch.tensor([1]))
    assert apart.abs().max() < 1e-4


@pytest.mark.parametrize("downsamplings", [0, 1, 3])
@pytest.mark.parametrize("size", [(32, 32), (37, 50), (3, 90)])
def test_any_size_in_and_the_same_size_out(size, downsamplings):
    network = DomainResNet(width=4, blocks=1, downsamplings=downsamplings)
    made = network(images(2, 3, *size), torch.tensor([0, 3]))
    assert made.shape == (2, 3, *size)
    assert made.abs().max() <= 1


def test_the_heads_share_the_layers_before_them():
    critic = DomainDiscriminator(size=16, classes=2, width=2, layers=2)
    (real,) = torch.autograd.grad(critic.real(images(1, 3, 16, 16)).sum(), critic.shared[0][0].bias)
    nn.init.zeros_(critic.shared[0][0].weight)
    nn.init.constant_(critic.shared[0][0].bias, -1.0)
    first = critic.shared[0](images(1, 3, 16, 16))
    assert real.shape == (2,)
    torch.testing.assert_close(first, torch.full((1, 2, 8, 8), -0.01))
    nn.init.zeros_(critic.shared[1][0].weight)
    nn.init.constant_(critic.shared[1][0].bias, 2.0)
    nn.init.ones_(critic.to_real.weight)
    nn.init.constant_(critic.to_domain.weight, 0.5)
    # 4 channels of 2: of 3 x 3 pixels inside the 4 x 4, 6 at an edge, 4 in a corner; of all 16.
    patches = critic.real(images(1, 3, 16, 16))[0, 0]
    assert patches[0].tolist() == [4 * 2 * 4, 4 * 2 * 6, 4 * 2 * 6, 4 * 2 * 4]
    assert patches[1, 1].item() == 4 * 2 * 9
    assert critic.domain(images(1, 3, 16, 16)).tolist() == [[4 * 2 * 16 * 0.5] * 2]


def test_the_domain():
    labels = Domain(label=2)(images(3, 3, 4, 4))
    assert labels.tolist() == [2, 2, 2]
    assert labels.dtype == torch.int64


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Domain(label=-1), "label is -1"),
        (lambda: DomainResNet(classes=0), "classes is 0"),
        (lambda: DomainResNet(blocks=-1), "must not be negative"),
        (lambda: DomainResNet(kernel=4), "kernel is 4: it must be an odd number"),
        (lambda: DomainDiscriminator(layers=0), "layers 0"),
        (
            lambda: DomainDiscriminator(size=48, layers=5),
            "size is 48: 5 layers take a multiple of 32 px",
        ),
        (lambda: DomainDiscriminator()(images(1, 3, 64, 64)), r"call a head, as D\.real\(x\)"),
        (
            lambda: DomainDiscriminator().real(images(1, 3, 32, 64)),
            "32 x 64 px do not fit size = 64",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
