"""The heads of critics and generators: what their layers compute, and its gradients."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu

from ganzoo.components.losses.features import FeatureMatching
from ganzoo.components.networks.patchgan import PatchGAN
from ganzoo.components.networks.pixel import PixelDiscriminator
from ganzoo.components.networks.resnet import ResNet
from ganzoo.interfaces import Discriminator

CRITICS = [
    (lambda norm: PatchGAN(4, 6, layers=2, norm=norm), [(6, 12, 8), (12, 6, 4), (24, 5, 3)]),
    (lambda norm: PixelDiscriminator(4, 6, norm), [(6, 24, 16), (12, 24, 16)]),
]
critics = pytest.mark.parametrize(("build", "shapes"), CRITICS, ids=["patchgan", "pixel"])


def layers_of(critic: Discriminator) -> nn.Sequential:
    return critic.model if isinstance(critic, PatchGAN) else critic.net


def by_hand(critic: Discriminator, x: Tensor) -> list[Tensor]:
    """The same without a module and without anything in place."""
    found = []
    convolutions = [m for m in critic.modules() if isinstance(m, nn.Conv2d)]
    for i, c in enumerate(convolutions[:-1]):
        x = conv2d(x, c.weight, c.bias, c.stride, c.padding)
        if i > 0:
            mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), False, keepdim=True)
            x = (x - mean) / (variance + 1e-5).sqrt()
        x = leaky_relu(x, 0.2)
        found.append(x)
    return found


@critics
def test_features_are_what_later_layers_see(build, shapes):
    torch.manual_seed(0)
    critic, x = build("instance").double(), torch.randn(2, 4, 24, 16, dtype=torch.float64)
    features, expected = critic.features(x), by_hand(critic, x)
    assert [tuple(f.shape[1:]) for f in features] == shapes
    for found, wanted in zip(features, expected, strict=True):
        torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(layers_of(critic)[-1](features[-1]), critic(x))


@critics
@pytest.mark.parametrize("norm", ["instance", "batch", "group", "none"])
def test_every_feature_has_the_right_gradient(build, shapes, norm):
    """Against the same critic whose LeakyReLU do not overwrite what they are given."""
    torch.manual_seed(0)
    critic = build(norm).double()
    plain = copy.deepcopy(critic)
    for layer in plain.modules():
        if isinstance(layer, nn.LeakyReLU):
            layer.inplace = False
    x, y = torch.randn(2, 2, 4, 24, 16, dtype=torch.float64)
    for network in (critic, plain):
        FeatureMatching()(network.features(x), network.features(y)).backward()
    weights = list(zip(critic.named_parameters(), plain.parameters(), strict=True))
    for (name, ours), theirs in weights[: -sum(1 for _ in layers_of(critic)[-1].parameters())]:
        assert ours.grad.abs().sum() > 0 or name.endswith("bias")
        torch.testing.assert_close(ours.grad, theirs.grad)


@critics
def test_a_head_joins_its_arguments_as_the_logits_do(build, shapes):
    critic = build("instance")
    x, y = torch.randn(2, 1, 2, 24, 16).unbind()
    together = critic.features(torch.cat([x, y], 1))
    assert all(map(torch.equal, critic.features(x, y), together))
    assert critic.features.is_head


@critics
def test_logits_do_not_notice_the_head(build, shapes):
    torch.manual_seed(0)
    critic, x = build("instance"), torch.randn(1, 4, 24, 16)
    before = critic(x)
    features = critic.features(x)
    kept = [feature.clone() for feature in features]
    assert torch.equal(critic(x), before)
    assert all(map(torch.equal, features, kept))


def test_too_small_images_have_no_features():
    with pytest.raises(ValueError, match=r"23 x 64 px .* needs 24 px"):
        PatchGAN(width=4).features(torch.zeros(1, 3, 23, 64))


def unwired(network: ResNet) -> ResNet:
    """The same network whose ReLU do not overwrite what they are given."""
    plain = copy.deepcopy(network)
    for layer in plain.modules():
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    return plain


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_a_generators_features_are_what_its_layers_give(norm):
    torch.manual_seed(0)
    network = ResNet(width=4, blocks=2, norm=norm, layers=[0, 5, 2, 8, 11, 12]).double()
    plain, x = unwired(network), torch.randn(2, 3, 24, 16, dtype=torch.float64)
    features = network.features(x)
    assert [tuple(f.shape[1:]) for f in features] == [
        (3, 24, 16), (8, 12, 8), (4, 24, 16), (16, 6, 4), (16, 6, 4), (16, 6, 4)
    ]  # fmt: skip
    for count, found in zip(network.layers, features, strict=True):
        wanted = x
        for layer in list(plain.model)[:count]:
            wanted = layer(wanted)
        assert torch.equal(found, wanted)
    for one, found in ((network, features), (plain, plain.features(x))):
        torch.stack([f.square().mean() for f in found]).sum().backward()
        assert one.model[12].weight.grad is None
    for ours, theirs in zip(network.parameters(), plain.parameters(), strict=True):
        assert (ours.grad is None) == (theirs.grad is None)
        if ours.grad is not None:
            torch.testing.assert_close(ours.grad, theirs.grad)


def test_layers_change_no_weights_name_and_no_image():
    made = []
    for layers in ([], [0, 5, 11]):
        torch.manual_seed(0)
        made.append(ResNet(width=4, blocks=1, layers=layers))
    x = torch.rand(1, 3, 16, 16)
    assert made[0].state_dict().keys() == made[1].state_dict().keys()
    assert torch.equal(*(network(x) for network in made))


def test_layers_that_are_not_there():
    with pytest.raises(ValueError, match="there are 0 to 21, and no 22"):
        ResNet(blocks=2, layers=[22])
    with pytest.raises(ValueError, match="layers is empty"):
        ResNet(width=4, blocks=1).features(torch.zeros(1, 3, 16, 16))
