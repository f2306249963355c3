"""Coupled networks: what two heads share, what each has alone, and sizes."""

from __future__ import annotations

import pytest
import torch

from ganzoo import build_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.components.networks.coupled import CoupledDiscriminator, CoupledGenerator
from ganzoo.errors import RecipeError


def moved_by(network, output):
    """The parameters that an output's gradient reaches, by the part of the network."""
    network.zero_grad()
    output.square().mean().backward()
    return {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}


def test_generators_share_their_first_layers():
    generator = CoupledGenerator(in_channels=6, size=16, width=4, shared=1)
    z = torch.randn(3, 6)
    assert moved_by(generator, generator.x(z)) == {"shared", "to_x"}
    assert moved_by(generator, generator.y(z)) == {"shared", "to_y"}
    content = generator.shared(z[:, :, None, None])
    assert content.shape == (3, 8, 4, 4)
    generator.eval()
    content = generator.shared(z[:, :, None, None])
    assert torch.equal(generator.x(z), generator.to_x(content))
    assert torch.equal(generator.y(z), generator.to_y(content))
    assert not torch.equal(generator.x(z), generator.y(z))


def test_critics_share_their_last_layers():
    critic = CoupledDiscriminator(size=16, width=4, shared=1)
    images = torch.rand(3, 3, 16, 16)
    assert moved_by(critic, critic.x(images)) == {"shared", "from_x"}
    assert moved_by(critic, critic.y(images)) == {"shared", "from_y"}
    assert torch.equal(critic.x(images), critic.shared(critic.from_x(images)))
    assert not torch.equal(critic.x(images), critic.y(images))


@pytest.mark.parametrize("size", [8, 16, 64, 128])
def test_sizes_are_powers_of_two(size):
    layers = size.bit_length() - 2
    for shared in {1, layers - 1}:
        generator = CoupledGenerator(5, 1, size, width=2, shared=shared)
        critic = CoupledDiscriminator(1, size, width=2, shared=shared)
        images = generator.x(torch.randn(2, 5))
        assert images.shape == (2, 1, size, size)
        assert images.abs().max() <= 1
        assert critic.y(images).shape == (2, 1, 1, 1)
        assert len(generator.shared) == len(critic.shared) == shared
        assert len(generator.to_x) == len(critic.from_x) == layers - shared


def test_parameters_by_hand():
    """16 px, width 4, shared 1: 1 -> 4 px of 8 channels, then for each domain 4 -> 8 -> 16 px."""
    generator = CoupledGenerator(in_channels=6, size=16, width=4, shared=1)
    shared = 6 * 8 * 16 + 2 * 8  # and the batch norm's scale and shift
    domain = 8 * 4 * 16 + 2 * 4 + 4 * 3 * 16 + 3
    assert sum(p.numel() for p in generator.parameters()) == shared + 2 * domain
    critic = CoupledDiscriminator(size=16, width=4, shared=1)
    domain = 3 * 4 * 16 + 4 + 4 * 8 * 16 + 8
    assert sum(p.numel() for p in critic.parameters()) == 2 * domain + 8 * 16 + 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 48}, "power of two"),
        ({"size": 4}, "power of two"),
        ({"shared": 0}, "share 1 to 4"),
        ({"shared": 5}, "share 1 to 4"),
        ({"width": 0}, "at least 1"),
        ({"in_channels": 0}, "at least 1"),
    ],
)
@pytest.mark.parametrize("network", [CoupledGenerator, CoupledDiscriminator])
def test_odd_settings_are_refused(network, settings, words):
    with pytest.raises(ValueError, match=words):
        network(**settings)


def test_wrong_inputs_are_refused_in_words():
    with pytest.raises(ValueError, match="latents N x 128, not 2 x 100"):
        CoupledGenerator(width=2).x(torch.randn(2, 100))
    with pytest.raises(ValueError, match="too small"):
        CoupledDiscriminator(width=2).x(torch.rand(1, 3, 32, 64))


def test_only_heads_can_be_called(recipes):
    for path, wire in (("fake", "D(G.x(z))"), ("fake", "D.x(G(z))")):
        with pytest.raises(RecipeError, match="call a head"):
            check_recipe(recipes / "cogan.toml", {f"losses.adversarial_X.{path}": wire})


def test_one_critic_and_one_generator_play_both_terms(recipes):
    experiment = build_recipe(
        recipes / "cogan.toml", {"networks.G.width": 2, "networks.D.width": 2}
    )
    assert [list(player.networks) for player in experiment.players] == [["G"], ["D"]]
    assert not any(experiment.trial.idle.values())
