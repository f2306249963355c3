"""Generators and critics against published figures, and on images of any size."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganzoo.components.networks.operations import Concat, Detach, Flip
from ganzoo.components.networks.patchgan import PatchGAN
from ganzoo.components.networks.pixel import PixelDiscriminator
from ganzoo.components.networks.resnet import ResNet
from ganzoo.components.networks.same_size import same_size
from ganzoo.components.networks.unet import UNet

PARITY = [
    (ResNet, {}, 11_378_179, (3, 256, 256)),
    (ResNet, {"blocks": 6}, 7_837_699, (3, 256, 256)),
    (UNet, {}, 54_413_955, (3, 256, 256)),
    (UNet, {"norm": "instance"}, 54_409_603, (3, 256, 256)),
    (UNet, {"layers": 7}, 41_828_995, (3, 256, 256)),
    (PatchGAN, {}, 2_764_737, (1, 30, 30)),
    (PatchGAN, {"layers": 3}, 2_764_737, (1, 30, 30)),
    (PatchGAN, {"in_channels": 6, "norm": "batch"}, 2_768_705, (1, 30, 30)),
    (
        PatchGAN,
        {"in_channels": 6, "receptive_field": 16, "norm": "batch"},
        139_585,
        (1, 126, 126),
    ),
    (
        PatchGAN,
        {"in_channels": 6, "receptive_field": 286, "norm": "batch"},
        11_159_361,
        (1, 6, 6),
    ),
    (PixelDiscriminator, {"in_channels": 6, "norm": "batch"}, 9_024, (1, 256, 256)),
]
SMALL = [
    (ResNet, {"width": 2, "blocks": 1}),
    (ResNet, {"width": 2, "blocks": 1, "upsampling": "resize"}),
    (ResNet, {"width": 2, "blocks": 1, "downsamplings": 0}),
    (ResNet, {"width": 2, "blocks": 1, "downsamplings": 0, "kernel": 9}),
    (ResNet, {"width": 2, "blocks": 1, "kernel": 3}),
    (UNet, {"width": 2, "layers": 5}),
    (UNet, {"width": 2, "layers": 5, "norm": "instance"}),
    (UNet, {"width": 2, "layers": 3, "norm": "group"}),
]


@pytest.mark.parametrize(("network", "settings", "parameters", "output"), PARITY)
def test_parity_with_the_reference(network, settings, parameters, output):
    with torch.device("meta"):
        built = network(**settings)
        images = torch.empty(1, built.in_channels, 256, 256)
    assert sum(parameter.numel() for parameter in built.parameters()) == parameters
    assert built(images).shape == (1, *output)


@pytest.mark.parametrize("padding", ["reflect", "replicate", "zero"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("norm", ["instance", "batch", "group", "layer", "none"])
def test_every_resnet_learns(padding, upsampling, norm):
    learns(ResNet(1, 2, 4, 1, 2, upsampling, padding, norm, 0.5), (2, 1, 12, 8), (2, 2, 12, 8))


@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_the_outer_convolutions_of_a_resnet_are_as_large_as_asked(kernel):
    sides = [m.kernel_size for m in ResNet(kernel=kernel).modules() if isinstance(m, nn.Conv2d)]
    assert (sides[0], sides[-1]) == ((kernel, kernel), (kernel, kernel))
    assert set(sides[1:-1]) == {(3, 3)}
    with pytest.raises(ValueError, match="kernel is 4: it must be an odd number"):
        ResNet(kernel=4)


@pytest.mark.parametrize("norm", ["instance", "batch", "group", "layer", "none"])
@pytest.mark.parametrize("layers", [3, 4, 6])
def test_every_unet_learns(norm, layers):
    learns(UNet(1, 2, 4, layers, norm), (2, 1, 64, 128), (2, 2, 64, 128))


@pytest.mark.parametrize("norm", ["instance", "batch", "group", "layer", "none"])
def test_every_critic_learns(norm):
    learns(PatchGAN(4, 4, layers=2, norm=norm), (2, 4, 12, 20), (2, 1, 1, 3))
    learns(PixelDiscriminator(4, 4, norm), (2, 4, 5, 7), (2, 1, 5, 7))


def learns(network: nn.Module, given: tuple[int, ...], expected: tuple[int, ...]) -> None:
    output = network(torch.randn(given))
    assert output.shape == expected
    output.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    assert any(p.grad.abs().sum() > 0 for p in network.parameters())


@pytest.mark.parametrize(("network", "settings"), SMALL)
@pytest.mark.parametrize("size", [(250, 250), (37, 50), (5, 3), (1, 1)])
def test_generators_keep_any_size(network, settings, size):
    with torch.no_grad():
        images = network(**settings)(torch.randn(1, 3, *size))
    assert images.shape == (1, 3, *size)
    assert torch.isfinite(images).all()
    assert images.abs().max() <= 1


def test_a_256_px_unet_keeps_256_x_320():
    with torch.device("meta"):
        assert UNet()(torch.empty(1, 3, 256, 320)).shape == (1, 3, 256, 320)


def test_images_are_mirrored_evenly_and_cropped_back():
    seen = []

    def body(x: torch.Tensor) -> torch.Tensor:
        seen.append(x)
        return x

    image = torch.tensor([[[[1.0, 2.0, 3.0, 4.0, 5.0]]]]).repeat(1, 1, 4, 1)
    assert torch.equal(same_size(body, image, 4, 4), image)
    assert seen.pop()[0, 0, 0].tolist() == [2, 1, 2, 3, 4, 5, 4, 3]
    assert torch.equal(same_size(body, image[..., :1], 4, 4), image[..., :1])
    assert seen.pop()[0, 0, 0].tolist() == [1, 1, 1, 1]


def test_volumes_are_mirrored_in_depth_as_well():
    volume = torch.arange(5.0)[:, None, None].expand(5, 4, 8)[None, None]
    seen = []
    assert torch.equal(same_size(lambda x: seen.append(x) or x, volume, 4, 4), volume)
    assert seen[0].shape == (1, 1, 8, 4, 8)
    assert seen[0][0, 0, :, 0, 0].tolist() == [1, 0, 1, 2, 3, 4, 3, 2]


def test_multiples_take_no_extra_work():
    image = torch.randn(1, 3, 8, 12)
    assert same_size(lambda x: x, image, 4, 8) is image


@pytest.mark.parametrize(("field", "layers"), [(16, 1), (34, 2), (70, 3), (142, 4), (286, 5)])
def test_the_receptive_field_is_what_the_gradient_of_one_logit_reaches(field, layers):
    side = field + 2 ** (layers + 3)
    image = torch.zeros(1, 1, side, side, requires_grad=True)
    critic = PatchGAN(1, 1, receptive_field=field, norm="none")
    assert sum(isinstance(m, nn.Conv2d) and m.stride == (2, 2) for m in critic.modules()) == layers
    for parameter in critic.parameters():
        nn.init.constant_(parameter, 0.1)  # so that no path cancels another
    logits = critic(image)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    rows = image.grad[0, 0].abs().sum(1).nonzero()
    assert rows.max() - rows.min() + 1 == field


def test_critics_concatenate_their_arguments():
    critic = PatchGAN(6, 4, layers=1)
    x, y = torch.randn(2, 1, 3, 16, 16).unbind()
    assert torch.equal(critic(x, y), critic(torch.cat([x, y], 1)))


def test_a_critic_refuses_images_without_a_single_patch():
    critic = PatchGAN(width=4)
    assert critic(torch.zeros(1, 3, 24, 24)).shape == (1, 1, 1, 1)
    with pytest.raises(ValueError, match=r"23 x 64 px .* needs 24 px"):
        critic(torch.zeros(1, 3, 23, 64))


@pytest.mark.parametrize(
    ("network", "settings", "expected"),
    [
        (ResNet, {"width": 4}, True),
        (ResNet, {"width": 4, "norm": "batch"}, False),
        (ResNet, {"width": 4, "dropout": 0.5}, False),
        (UNet, {"width": 4}, False),
        (UNet, {"width": 4, "norm": "instance"}, False),
        (UNet, {"width": 4, "norm": "instance", "dropout": 0.0}, True),
        (PatchGAN, {"width": 4}, True),
        (PatchGAN, {"width": 4, "norm": "batch"}, False),
        (PixelDiscriminator, {}, True),
        (PixelDiscriminator, {"norm": "batch"}, False),
    ],
)
def test_per_sample_is_claimed_and_true(network, settings, expected):
    torch.manual_seed(0)
    built = network(**settings)
    assert built.per_sample is expected
    x = torch.randn(2, 3, 64, 64) if network is not UNet else torch.randn(2, 3, 256, 256)
    with torch.no_grad():
        together, alone = built(x), torch.cat([built(x[:1]), built(x[1:])])
    assert torch.allclose(together, alone, atol=1e-5) is expected


@pytest.mark.parametrize(("layers", "count"), [(3, 1), (5, 1), (6, 1), (7, 2), (8, 3)])
def test_unet_drops_next_to_the_innermost_block(layers, count):
    network = UNet(width=1, layers=layers)
    assert sum(isinstance(module, nn.Dropout) for module in network.modules()) == count


@pytest.mark.parametrize(
    ("network", "settings", "words"),
    [
        (ResNet, {"width": 0}, "width"),
        (ResNet, {"blocks": -1}, "blocks"),
        (ResNet, {"dropout": 1.0}, "dropout"),
        (ResNet, {"padding": "wrap"}, "padding 'wrap'"),
        (ResNet, {"upsampling": "shuffle"}, "upsampling 'shuffle'"),
        (UNet, {"width": 0}, "width"),
        (UNet, {"layers": 2}, "layers"),
        (UNet, {"dropout": -0.1}, "dropout"),
        (PatchGAN, {"width": 0}, "width"),
        (PatchGAN, {"layers": 0}, "layers"),
        (PatchGAN, {"receptive_field": 71}, "16, 34, 70"),
        (PatchGAN, {"receptive_field": 70, "layers": 3}, "not both"),
        (PixelDiscriminator, {"width": 0}, "width"),
    ],
)
def test_wrong_settings(network, settings, words):
    with pytest.raises(ValueError, match=words):
        network(**settings)


def test_operations():
    x = torch.arange(6.0).reshape(1, 1, 2, 3).requires_grad_()
    assert torch.equal(Detach()(x), x)
    assert not Detach()(x).requires_grad
    assert Flip()(x).tolist() == [[[[2, 1, 0], [5, 4, 3]]]]
    assert Concat()(x, x + 1)[0, :, 0, 0].tolist() == [0, 1]
    assert all(operation.per_sample for operation in (Detach, Concat, Flip))
