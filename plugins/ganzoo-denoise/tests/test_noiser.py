"""What the noiser can express: each kind of noise, by weights set by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganzoo_denoise.noiser import Noiser


def noiser(**settings) -> Noiser:
    torch.manual_seed(0)
    return Noiser(**{"width": 4, "impulses": 0.0, **settings}).double()


def pair(channels: int = 3, side: int = 100) -> tuple[Tensor, Tensor]:
    """Images of mid-range values, which no noise takes out of [-1, 1], and latents."""
    rng = torch.Generator().manual_seed(0)
    y = torch.rand(2, 3, side, side, generator=rng, dtype=torch.float64) * 0.6 - 0.3
    return y, torch.randn(2, channels, side, side, generator=rng, dtype=torch.float64)


def set_strength(network: Noiser, slope: float, constant: float) -> None:
    """s(y) = slope y + constant in every channel: y + 2 > 0 passes both leaky rectifiers."""
    first, _, second, _, last = network.strength
    for layer in (first, second, last):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
        for channel in range(3):
            layer.weight.data[channel, channel] = 1
    nn.init.constant_(first.bias, 2.0)
    last.weight.data *= slope
    nn.init.constant_(last.bias, constant - 2 * slope)


def test_gaussian_noise_exactly():
    network, (y, z) = noiser(), pair()
    set_strength(network, 0.0, 50 / 255)
    torch.testing.assert_close(network.noise(y, z), 50 / 255 * z)
    torch.testing.assert_close(network(y, z), (y + 50 / 255 * z).clamp(-1, 1))


def test_speckle_exactly():
    network, (y, z) = noiser(clamp=False), pair()
    set_strength(network, 0.2, 0.2)  # of [0, 1] it is 0.2 c n, so of [-1, 1] 0.2 (y + 1) n
    torch.testing.assert_close(network(y, z), y + 0.2 * (y + 1) * z)


def test_poisson_nearly():
    """sqrt(c / 30) is not piecewise linear, but a few pieces come near it."""
    network = noiser(width=16)
    y = torch.linspace(-0.9, 1, 400, dtype=torch.float64).view(1, 1, 1, 400).repeat(1, 3, 1, 1)
    true = 2 * ((y + 1) / 2 / 30).sqrt()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(200):
        loss = (network.strength(y) - true).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert ((network.strength(y) - true).abs() / true).mean() < 0.03


def test_one_latent_for_all_channels_and_a_grain():
    network, (y, z) = noiser(latent_channels=1), pair(channels=1)
    set_strength(network, 0.0, 0.1)
    nn.init.zeros_(network.mixing.weight)
    network.mixing.weight.data[:, :, 1, 0] = 0.6
    network.mixing.weight.data[:, :, 1, 1] = 0.8
    noise = network.noise(y, z)
    assert torch.equal(noise[:, :1].expand_as(noise), noise)
    torch.testing.assert_close(
        noise[..., 1:], 0.1 * (0.8 * z[..., 1:] + 0.6 * z[..., :-1]).expand(-1, 3, -1, -1)
    )


def test_salt_and_pepper():
    network, (y, z) = noiser(impulses=0.1), pair()
    set_strength(network, 0.0, 0.0)
    nn.init.constant_(network.impulses.height, 1e9)
    noisy = network(y, z)
    lost = noisy.abs() == 1
    torch.testing.assert_close(noisy[~lost], y[~lost])
    assert torch.equal(lost[:, :1].expand_as(lost), lost)  # whole pixels
    # 20,000 pixels: the standard error of a share of 0.05 is 0.0015.
    assert (noisy == 1).double().mean().item() == pytest.approx(0.05, abs=0.006)
    assert (noisy == -1).double().mean().item() == pytest.approx(0.05, abs=0.006)


def test_impulses_by_hand():
    impulses = noiser(latent_channels=4, impulses=0.3173105).impulses  # of N(0, 1) beyond +-1
    assert impulses.threshold.item() * 10 == pytest.approx(1, abs=1e-6)
    z = torch.tensor([1.0, 2.0, 3.0, 0.0], dtype=torch.float64).view(1, 4, 1, 1)  # v = 6 / 2
    assert impulses(z).flatten().tolist() == pytest.approx([8.0] * 3, abs=1e-5)  # 4 (3 - 1)
    assert impulses(-z).flatten().tolist() == pytest.approx([-8.0] * 3, abs=1e-5)
    assert not impulses(z / 4).any()


def test_it_starts_with_about_sigma():
    network, (y, z) = noiser(sigma=0.1), pair()
    assert network.noise(y, z).std().item() == pytest.approx(0.1, rel=0.3)


def test_noise_is_symmetric_before_the_clamp():
    network, (y, z) = noiser(impulses=0.1, width=16), pair()
    torch.testing.assert_close(network.noise(y, -z), -network.noise(y, z))


def test_the_clamp_is_a_files():
    network, (_, z) = noiser(sigma=1.0), pair()
    noisy = network(torch.ones(2, 3, 100, 100, dtype=torch.float64), z)
    assert noisy.min() >= -1
    assert noisy.max() == 1
    assert noiser(sigma=1.0, clamp=False)(torch.ones_like(z), z).max() > 2


def test_gradients_reach_every_parameter():
    network, (y, z) = noiser(impulses=0.005), pair()
    network(y, z).square().sum().backward()
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
        assert parameter.grad.abs().max() > 0


def test_no_sample_sees_another():
    network, (y, z) = noiser(), pair()
    assert network.per_sample
    torch.testing.assert_close(network(y, z)[1:], network(y[1:], z[1:]))


def test_latents_that_do_not_fit():
    y, z = pair()
    for wrong in (z[:, :2], z[..., :50], z[:1]):
        with pytest.raises(ValueError, match=r"must be \(2, 3, 100, 100\)"):
            noiser()(y, wrong)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_channels": 1}, "must be equal"),
        ({"latent_channels": 0}, "latent_channels is 0"),
        ({"width": 0}, "width is 0"),
        ({"kernel": 2}, "odd"),
        ({"sigma": 0.0}, "sigma is 0"),
        ({"sigma": float("nan")}, "sigma is nan"),
        ({"impulses": 1.0}, "impulses is 1"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Noiser(**settings)
