"""The convolutional generator and critic: published sizes, labels, slopes."""

from __future__ import annotations

import copy

import pytest
import torch

from ganzoo.components.losses.penalties import Gradient
from ganzoo.components.networks.convolutional import (
    ConvolutionalDiscriminator,
    ConvolutionalGenerator,
)
from ganzoo.interfaces import DiscriminatorOutput

SMALL = {"size": 16, "width": 4}


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def critic(**settings):
    torch.manual_seed(0)
    return ConvolutionalDiscriminator(2, **{**SMALL, "norm": "none", **settings})


def images(number=3):
    return torch.rand(number, 2, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_parameters_are_those_of_torchs_tutorial():
    """Its networks (64 px, width 64, vectors of 100) have 3,576,704 and 2,765,568, without biases.

    Here those layers have one that no norm follows: 3 channels of the image; 64, and the logit.
    """
    assert count(ConvolutionalGenerator()) == 3_576_704 + 3
    assert count(ConvolutionalDiscriminator()) == 2_765_568 + 64 + 1


@pytest.mark.parametrize("size", [8, 16, 32, 128])
@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "group", "none"])
def test_any_power_of_two(size, norm):
    generator = ConvolutionalGenerator(5, 1, size, 2, norm)
    made = generator(torch.randn(2, 5))
    assert made.shape == (2, 1, size, size)
    assert made.abs().max() <= 1
    network = ConvolutionalDiscriminator(1, size, 2, norm)
    logits = network(made)
    assert logits.shape == (2, 1)
    logits.sum().backward()
    assert all(p.grad is not None for net in (generator, network) for p in net.parameters())
    features = network.features(made)
    assert [f.shape[-1] for f in features] == [size // 2**i for i in range(1, len(features) + 1)]
    assert features[-1].shape[-1] == 4


def test_samples_see_each_other_only_by_batch_norm_and_power_iteration():
    assert not ConvolutionalGenerator(**SMALL).per_sample
    assert ConvolutionalGenerator(**SMALL, norm="layer").per_sample
    assert critic().per_sample
    assert not critic(norm="batch").per_sample
    assert not critic(spectral_norm=True).per_sample


def test_a_class_changes_the_image_and_only_its_own_weights_learn():
    torch.manual_seed(0)
    generator = ConvolutionalGenerator(5, 1, **SMALL, norm="none", classes=4)
    z, labels = torch.randn(1, 5).repeat(2, 1), torch.tensor([1, 3])
    made = generator(z, labels)
    assert not torch.allclose(made[0], made[1])
    assert torch.equal(generator(z, torch.tensor([1, 1]))[1], made[0])
    made.square().sum().backward()
    learning = generator.model[0].weight.grad[5:].abs().flatten(1).sum(1) > 0
    assert learning.tolist() == [False, True, False, True]


def test_classes_stand_beside_every_pixel():
    """D(y, c) is a critic of more channels, of which that of the class is 1 and the others 0."""
    network, labels = critic(classes=3), torch.tensor([2, 0, 2])
    wider = ConvolutionalDiscriminator(5, **SMALL, norm="none")
    wider.load_state_dict(network.state_dict())
    planes = torch.zeros(3, 3, 16, 16)
    for sample, label in enumerate(labels):
        planes[sample, label] = 1
    with torch.no_grad():
        torch.testing.assert_close(network(images(), labels), wider(images(), planes))
    seen = network.features(images(), labels), wider.features(images(), planes)
    for one, two in zip(*seen, strict=True):
        torch.testing.assert_close(one, two)


def test_a_critic_joins_images_before_labels():
    network, labels, whole = critic(classes=3), torch.tensor([2, 0, 2]), images()
    assert torch.equal(network(whole[:, :1], whole[:, 1:], labels), network(whole, labels))


def test_a_gradient_penalty_needs_no_slope_of_labels():
    """It equals one by hand, sample by sample, on the mixtures of the same chance."""
    network, labels = critic(classes=3).double(), torch.tensor([2, 0, 1])
    real, fake = images().double(), -images().double().flip(0)
    torch.manual_seed(3)
    sides = [DiscriminatorOutput((side, labels), [network(side, labels)]) for side in (real, fake)]
    found = Gradient()(lambda *arguments: [network(*arguments)], *sides)
    torch.manual_seed(3)
    slopes = []
    for share, y, g, label in zip(torch.rand(3), real, fake, labels, strict=True):
        mixed = (share * y + (1 - share) * g)[None].requires_grad_()
        (slope,) = torch.autograd.grad(network(mixed, label[None]).sum(), mixed)
        slopes.append((slope.norm() - 1) ** 2)
    torch.testing.assert_close(found, torch.stack(slopes).mean(), rtol=1e-6, atol=0)
    found.backward()
    assert network.model[0].weight.grad.isfinite().all()


def test_the_spread_of_a_batch_is_judged():
    """Equal samples: the added channel is 0; others: the mean deviation, by hand."""
    network, plain = critic(minibatch_std=True), critic()
    with torch.no_grad():
        weight = network.model[-1].weight
        plain.load_state_dict({**network.state_dict(), "model.5.weight": weight[:, :-1]})
        same = images()[:1].repeat(3, 1, 1, 1)
        torch.testing.assert_close(network(same), plain(same), atol=1e-4, rtol=0)
        seen = plain.features(images())[-1]
        spread = ((seen - seen.mean(0)).square().mean(0) + 1e-8).sqrt().mean()
        expected = plain(images()) + spread * weight[:, -1].sum()
        torch.testing.assert_close(network(images()), expected)
    assert not network.per_sample


def test_a_projection_is_the_inner_product_with_the_vector_of_the_class():
    """Eq. 3 of arXiv:1802.05637, sample by sample, beside the logit of a critic without classes."""
    network, plain = (
        critic(classes=3, projection=True, minibatch_std=True),
        critic(minibatch_std=True),
    )
    plain.load_state_dict({k: v for k, v in network.state_dict().items() if "class_" not in k})
    labels = torch.tensor([2, 0, 2])
    with torch.no_grad():
        seen = plain.features(images())[-1]
        vectors = network.class_vectors.weight[labels]
        expected = plain(images()) + (seen * vectors).sum((1, 2, 3))[:, None]
        torch.testing.assert_close(network(images(), labels), expected)
        for one, two in zip(
            network.features(images(), labels), plain.features(images()), strict=True
        ):
            torch.testing.assert_close(one, two)


def test_spectral_norm_bounds_every_layer():
    network = critic(spectral_norm=True, classes=3)
    for _ in range(200):
        network(images(), torch.tensor([0, 1, 2]))
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(layers) == 3
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
        assert float(largest.detach()) == pytest.approx(1, rel=1e-2)
    twin = critic(spectral_norm=True, classes=3)
    twin.load_state_dict(copy.deepcopy(network.state_dict()))
    labels = torch.tensor([0, 1, 2])
    assert torch.equal(network.eval()(images(), labels), twin.eval()(images(), labels))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ConvolutionalGenerator(5, **SMALL)(torch.randn(2, 6)), "in_channels = 5"),
        (lambda: ConvolutionalGenerator(5, **SMALL)(torch.randn(2, 5, 4, 4)), "vectors"),
        (lambda: ConvolutionalGenerator(5, **SMALL, classes=2)(torch.randn(2, 5)), r"G\(z, c\)"),
        (lambda: critic()(images(), torch.tensor([0, 1, 0])), "set classes"),
        (lambda: critic(classes=3)(images()), r"needs a label: D\(y, c\)"),
        (lambda: critic()(torch.rand(1, 2, 16, 20)), "16 x 20 px do not fit size = 16"),
        (lambda: ConvolutionalGenerator(size=48), "power of two"),
        (lambda: ConvolutionalGenerator(size=4), "power of two, 8 or more"),
        (lambda: ConvolutionalDiscriminator(width=0), "width 0"),
        (lambda: ConvolutionalDiscriminator(classes=0), "classes is 0"),
        (lambda: critic(projection=True), "set classes"),
        (lambda: critic(projection=True, classes=3)(images()), r"needs a label: D\(y, c\)"),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
