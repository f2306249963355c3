"""DnCNN against its paper's figures."""

from __future__ import annotations

import pytest
import torch

from ganzoo_denoise.dncnn import DnCNN


def test_parameters_of_the_published_network():
    # Gray, 17 layers: 64 filters of 3 x 3 x 1, 15 of 3 x 3 x 64 with a scale and a shift each,
    # 1 of 3 x 3 x 64: 556,032 weights; and biases where no batch norm follows, 64 + 1.
    network = DnCNN(in_channels=1, out_channels=1)
    assert sum(p.numel() for p in network.parameters()) == 556_032 + 65


def test_17_layers_see_35_pixels():
    torch.manual_seed(0)
    network = DnCNN(in_channels=1, out_channels=1, width=2, norm="none").double()
    for parameter in network.parameters():  # positive, so that no ReLU hides a pixel
        torch.nn.init.constant_(parameter, 0.1)
    image = torch.ones(1, 1, 41, 41, dtype=torch.float64, requires_grad=True)
    network(image)[0, 0, 20, 20].backward()
    assert image.grad is not None
    rows, columns = (image.grad[0, 0] != 0).nonzero(as_tuple=True)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 37, 3, 37)


def test_it_subtracts_what_it_predicts():
    torch.manual_seed(0)
    network, x = DnCNN(width=4, layers=3), torch.rand(2, 3, 9, 7) * 2 - 1
    network.eval()
    assert torch.equal(network(x), x - network.residual(x))
    torch.nn.init.zeros_(network.model[-1].weight)
    torch.nn.init.constant_(network.model[-1].bias, 5.0)
    torch.testing.assert_close(network(x), x - 5)  # not clamped


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_it_starts_near_the_identity_with_a_signal_in_every_layer(norm):
    torch.manual_seed(0)
    network, x = DnCNN(norm=norm), torch.randn(1, 3, 32, 32)
    assert (network(x) - x).square().mean().sqrt() < 0.7
    inside = network.model[:-1](x)
    assert 0.3 < inside.square().mean().sqrt() < 3


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_forward_backward_and_what_per_sample_promises(norm):
    torch.manual_seed(0)
    network = DnCNN(width=4, layers=4, norm=norm).double()
    images = torch.rand(3, 3, 11, 13, dtype=torch.float64)
    together = network(images)
    assert together.shape == images.shape
    together.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    alone = torch.cat([network(image[None]) for image in images])
    assert network.per_sample == torch.allclose(together, alone)
    assert network.per_sample == (norm != "batch")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_channels": 1}, "must be equal"),
        ({"in_channels": 0, "out_channels": 0}, "in_channels is 0"),
        ({"width": 0}, "width is 0"),
        ({"layers": 1}, "at least 2"),
        ({"norm": "weight"}, "no norm 'weight'"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        DnCNN(**settings)
