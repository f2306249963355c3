"""The head H: which places it takes, and what it makes of them."""

from __future__ import annotations

import pytest
import torch
from ganzoo import testing

from ganzoo_cut.projection import Projection, places, take


def test_places_are_where_the_noise_is_highest():
    noise = torch.arange(16.0).reshape(1, 1, 4, 4)
    noise[0, 0, 1, 2] = 99
    assert places(noise, (4, 4), 3).tolist() == [[6, 15, 14]]
    # A map of half the side sees every other row and column: 0, 2, 8, 10.
    assert places(noise, (2, 2), 2).tolist() == [[3, 2]]


def test_each_image_has_places_of_its_own_and_none_twice():
    chosen = places(torch.rand(3, 1, 8, 8), (8, 8), 20)
    assert chosen.shape == (3, 20)
    assert all(len(set(row)) == 20 for row in chosen.tolist())
    assert len({tuple(row) for row in chosen.tolist()}) == 3
    assert (
        places(torch.rand(3, 1, 8, 8), (4, 4), 20).sort().values.tolist() == [list(range(16))] * 3
    )


def test_every_place_is_chosen_as_often():
    torch.manual_seed(0)
    chosen = places(torch.randn(4000, 1, 8, 8), (4, 4), 4)
    often = torch.bincount(chosen.flatten(), minlength=16) / 4000
    assert often.min() > 0.25 - 0.03  # four standard deviations
    assert often.max() < 0.25 + 0.03


def test_the_vectors_at_those_places():
    feature = torch.arange(24.0).reshape(1, 2, 3, 4)
    assert take(feature, torch.tensor([[5, 0]])).tolist() == [[[5.0, 17.0], [0.0, 12.0]]]


def test_an_mlp_by_hand():
    """relu(2 a) = 6 and relu(-a) = 0; then (6, 8) is (0.6, 0.8)."""
    head = Projection([1], width=2, patches=1)
    first, _, second = head.mlps[0]
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[2.0], [-1.0]]))
        second.weight.copy_(torch.tensor([[1.0, 5.0], [4 / 3, 5.0]]))
        first.bias.zero_()
        second.bias.zero_()
    (vector,) = head(torch.full((1, 1, 2, 2), 3.0), torch.rand(1, 1, 2, 2))
    torch.testing.assert_close(vector, torch.tensor([[[0.6, 0.8]]]))


def test_query_and_key_are_of_the_same_places():
    torch.manual_seed(0)
    head, noise = Projection([2, 3], width=4, patches=5), torch.rand(2, 1, 8, 8)
    maps = [torch.rand(2, 2, 8, 8), torch.rand(2, 3, 4, 4)]
    found = head(maps, noise)
    assert [tuple(vectors.shape) for vectors in found] == [(2, 5, 4), (2, 5, 4)]
    for vectors in found:
        torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(2, 5))
    for mlp, feature, vectors in zip(head.mlps, maps, found, strict=True):
        index = places(noise, tuple(feature.shape[-2:]), 5)
        at = [[feature[n, :, i // feature.shape[-1], i % feature.shape[-1]] for i in row]
              for n, row in enumerate(index.tolist())]  # fmt: skip
        wanted = mlp(torch.stack([torch.stack(row) for row in at]))
        torch.testing.assert_close(vectors, wanted / wanted.norm(dim=-1, keepdim=True))
    assert all(map(torch.equal, head(maps, noise), found))


def test_no_gradient_explodes_where_a_feature_is_zero():
    head = Projection([1], width=4, patches=4)
    torch.nn.init.zeros_(head.mlps[0][0].bias)
    torch.nn.init.zeros_(head.mlps[0][2].bias)
    nothing = torch.zeros(1, 1, 2, 2, requires_grad=True)
    head(nothing, torch.rand(1, 1, 2, 2))[0].sum().backward()
    assert nothing.grad.isfinite().all()


def test_what_ganzoo_asks_of_a_network():
    maps = [torch.rand(2, 2, 8, 8), torch.rand(2, 3, 4, 4)]
    noise = torch.rand(2, 1, 8, 8)
    testing.check_network("cut.projection", maps, noise, channels=[2, 3], width=4, patches=5)


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="channels is empty"):
        Projection([])
    with pytest.raises(ValueError, match="at least 1"):
        Projection([3], patches=0)
    with pytest.raises(ValueError, match=r"set channels = \[3, 2\]"):
        Projection([3])([torch.rand(1, 3, 4, 4), torch.rand(1, 2, 4, 4)], torch.rand(1, 1, 4, 4))
