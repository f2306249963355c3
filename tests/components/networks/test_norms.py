from __future__ import annotations

import pytest
import torch
from torch import nn

from ganzoo.components.networks.norms import is_per_sample, make_norm, needs_bias

FORMATS = [torch.contiguous_format, torch.channels_last]


def normalise(x: torch.Tensor) -> torch.Tensor:
    """Instance norm from its definition."""
    mean = x.mean((2, 3), keepdim=True)
    variance = (x - mean).square().mean((2, 3), keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("of_input", FORMATS)
@pytest.mark.parametrize("of_gradient", FORMATS)
def test_instance_norm_has_the_right_gradient_in_every_memory_format(batch, of_input, of_gradient):
    rng = torch.Generator().manual_seed(0)
    values = torch.randn(batch, 6, 8, 10, generator=rng)
    incoming = torch.randn(batch, 6, 8, 10, generator=rng)
    exact = values.double().requires_grad_()
    normalise(exact).backward(incoming.double())
    x = values.to(memory_format=of_input).requires_grad_()
    y = make_norm("instance", 6)(x)
    y.backward(incoming.to(memory_format=of_gradient))
    torch.testing.assert_close(y.double(), normalise(exact), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.grad.double(), exact.grad, atol=1e-5, rtol=0)


def test_instance_norm_leaves_nothing_in_a_checkpoint():
    assert not make_norm("instance", 6).state_dict()


@pytest.mark.parametrize(("channels", "groups"), [(64, 32), (48, 16), (20, 4), (3, 1)])
def test_group_norm_takes_the_groups_that_divide_the_channels(channels, groups):
    norm = make_norm("group", channels)
    assert norm.num_groups == groups
    assert norm(torch.zeros(1, channels, 2, 2)).shape == (1, channels, 2, 2)


def test_only_batch_norm_replaces_the_bias():
    norms = ("instance", "batch", "group", "layer", "none")
    assert [needs_bias(norm) for norm in norms] == [1, 0, 1, 1, 1]


def test_unknown_norm():
    with pytest.raises(ValueError, match="no norm 'weight'"):
        make_norm("weight", 4)


@pytest.mark.parametrize(
    ("module", "expected"),
    [(nn.BatchNorm2d(2), False), (nn.Dropout(0.5), False), (nn.GroupNorm(1, 2), True)],
)
def test_per_sample(module, expected):
    assert is_per_sample(nn.Sequential(nn.Conv2d(2, 2, 1), module)) is expected


def test_layer_norm_takes_a_whole_sample_together():
    """From its definition; batches of another sample change nothing."""
    x = torch.randn(3, 6, 4, 5, generator=torch.Generator().manual_seed(0)) * 3 + 1
    mean = x.mean((1, 2, 3), keepdim=True)
    variance = (x - mean).square().mean((1, 2, 3), keepdim=True)
    found = make_norm("layer", 6)(x)
    torch.testing.assert_close(found, (x - mean) / (variance + 1e-5).sqrt(), atol=1e-5, rtol=0)
    assert is_per_sample(make_norm("layer", 6))
