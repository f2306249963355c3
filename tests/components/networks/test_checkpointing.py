"""A ResNet that computes its blocks twice to save memory learns the very same."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import ganzoo
from ganzoo.builder.experiment import check_recipe
from ganzoo.components.networks.resnet import ResidualBlock, ResNet

SETTINGS = [
    {},
    {"dropout": 0.5},
    {"norm": "group", "padding": "zero", "upsampling": "resize"},
    {"norm": "none", "padding": "replicate", "downsamplings": 0},
]


def pair(**settings: object) -> tuple[ResNet, ResNet]:
    """Two networks of one weight, without and with checkpointing."""
    torch.manual_seed(0)
    plain = ResNet(width=4, blocks=3, **settings)
    thrifty = ResNet(width=4, blocks=3, checkpointing=True, **settings)
    thrifty.load_state_dict(plain.state_dict())
    return plain, thrifty


def learn(network: ResNet, seed: int = 1) -> tuple[Tensor, list[Tensor], Tensor]:
    """Two calls and a backward pass, then chance: what a generators' step does."""
    torch.manual_seed(seed)
    x = torch.randn(2, 3, 18, 13, requires_grad=True)
    loss = (network(network(x)) - torch.rand(2, 3, 18, 13)).square().mean()
    loss.backward()
    assert x.grad is not None
    return loss, [x.grad, *[p.grad for p in network.parameters()]], torch.rand(3)


@pytest.mark.parametrize("settings", SETTINGS)
def test_losses_and_gradients_are_bit_equal(settings):
    (loss, gradients, chance), (again, others, later) = (learn(n) for n in pair(**settings))
    assert torch.equal(loss, again)
    assert all(map(torch.equal, gradients, others))
    assert torch.equal(chance, later), "the second pass leaves no trace in the random state"
    assert all(gradient.abs().sum() > 0 for gradient in gradients[:3])


def test_dropout_does_drop():
    _, network = pair(dropout=0.5)
    assert not torch.equal(learn(network, 1)[0], learn(network, 2)[0])


def count_calls(network: nn.Module) -> list[nn.Module]:
    calls: list[nn.Module] = []
    for block in network.modules():
        if isinstance(block, ResidualBlock):
            block.register_forward_pre_hook(lambda module, _: calls.append(module))
    return calls


def test_blocks_run_twice_where_gradients_are_wanted_and_once_where_not():
    plain, thrifty = pair()
    for network, expected in ((plain, 3), (thrifty, 6)):
        calls = count_calls(network)
        network(torch.randn(1, 3, 16, 16)).mean().backward()
        assert len(calls) == expected
    calls = count_calls(thrifty)  # a second hook on each
    with torch.no_grad():
        thrifty(torch.randn(1, 3, 16, 16))
    assert len(calls) == 3


def test_nothing_is_checkpointed_without_gradients(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("checkpointed")

    plain, thrifty = pair()
    monkeypatch.setattr("ganzoo.components.networks.resnet.checkpoint", refuse)
    x = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(thrifty(x), plain(x))
    with torch.inference_mode():
        assert torch.equal(thrifty(x), plain(x))
    with pytest.raises(AssertionError, match="checkpointed"):
        thrifty(x)


def test_the_inside_of_a_block_is_not_kept():
    """Bytes that the operations of the blocks save for the backward pass."""
    kept = {}
    for name, network in zip(("plain", "thrifty"), pair(dropout=0.5), strict=True):
        sizes: dict[int, int] = {}

        def note(tensor: Tensor, sizes: dict[int, int] = sizes) -> Tensor:
            storage = tensor.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            blocks = [m for m in network.modules() if isinstance(m, ResidualBlock)]
            trunk = torch.randn(1, 16, 16, 16, requires_grad=True)
            body = nn.Sequential(*blocks)
            network.model = body
            network._body(trunk).mean()
        kept[name] = sum(sizes.values())
    assert kept["thrifty"] < 0.2 * kept["plain"]


def test_weights_have_the_same_names():
    plain, thrifty = (network.state_dict() for network in pair())
    assert list(plain) == list(thrifty)


def test_shapes_without_numbers():
    with torch.device("meta"):
        network = ResNet(width=4, blocks=2, dropout=0.5, checkpointing=True)
        network(torch.empty(1, 3, 16, 16)).mean().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_a_recipe_may_ask_for_it():
    checked = check_recipe("cyclegan", ["networks.G.checkpointing=true"])
    blueprint, trial = checked.blueprint, checked.trial
    without = check_recipe("cyclegan").trial
    assert blueprint.networks["G"].settings["checkpointing"] is True
    assert trial.idle == without.idle
    assert trial.flops > without.flops, "the second pass is work"


def test_batch_norm_is_refused():
    assert ResNet(width=2, blocks=1, norm="batch")
    with pytest.raises(ValueError, match="statistics twice"):
        ResNet(width=2, blocks=1, norm="batch", checkpointing=True)


def test_a_trained_step_is_the_same(tmp_path):
    """Through the trainer: merged calls, seeded chance, an optimizer."""
    from ganzoo.training.train import train

    weights = []
    for thrifty in ("false", "true"):
        tiny = {
            "networks.G": {"type": "resnet", "width": 4, "blocks": 2, "dropout": 0.5},
            "networks.F": {"type": "resnet", "width": 4, "blocks": 2},
            "networks.D_X": {"type": "patchgan", "width": 4, "layers": 1},
            "networks.D_Y": {"type": "patchgan", "width": 4, "layers": 1},
            "data": {"type": "streets", "size": 16, "count": 2, "held_out": 1},
            "train": {"length": "2 steps", "device": "cpu"},
            "metrics": {},
        }
        for generator in "GF":
            tiny[f"networks.{generator}"]["checkpointing"] = thrifty == "true"
        experiment = ganzoo.build_recipe("cyclegan", tiny)
        train(experiment, tmp_path / thrifty)
        weights.append(experiment.networks["G"].state_dict())
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
