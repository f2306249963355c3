"""PatchNCE by hand, by torch's cross entropy on logits put together place by place, and where
its gradients go."""

from __future__ import annotations

import math

import pytest
import torch
from ganzoo import testing
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from ganzoo_cut.patch_nce import PatchNCE
from ganzoo_cut.projection import Projection


def vectors(*shape: int, seed: int = 0, grad: bool = False) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    made = normalize(torch.randn(shape, generator=rng, dtype=torch.float64), dim=-1)
    return made.requires_grad_(grad)


@pytest.mark.parametrize(("temperature", "wanted"), [(1.0, 0.3132616875), (0.5, 0.1269280110)])
def test_two_places_by_hand(temperature, wanted):
    """Equal to the own key and at a right angle to the other: log(1 + exp(-1 / temperature))."""
    two = torch.eye(2, dtype=torch.float64)[None]
    assert PatchNCE(temperature)(two, two).item() == pytest.approx(wanted, rel=1e-9)
    # Each taken for the other costs one more over the temperature: log(1 + exp(1 / temperature)).
    swapped = PatchNCE(temperature)(two, two.flip(1)).item()
    assert swapped == pytest.approx(wanted + 1 / temperature, rel=1e-9)


def test_three_places_by_hand():
    """Every query is like the three keys by 0.6, 0.8 and 0: logits 6, 8, 0 at a tenth."""
    query = torch.tensor([[[0.6, 0.8, 0.0]]], dtype=torch.float64).expand(1, 3, 3)
    keys = torch.eye(3, dtype=torch.float64)[None]
    rows = [6.0, 8.0, 0.0]
    total = math.log(sum(map(math.exp, rows)))
    assert PatchNCE(0.1)(query, keys).item() == pytest.approx(total - sum(rows) / 3, rel=1e-9)


def test_places_that_are_all_alike_cost_the_log_of_their_number():
    same = vectors(1, 1, 5).expand(2, 7, 5)
    assert PatchNCE()(same, same).item() == pytest.approx(math.log(7), rel=1e-9)


def test_a_single_place_costs_nothing():
    assert PatchNCE()(vectors(2, 1, 5), vectors(2, 1, 5, seed=1)).item() == 0


def test_it_is_cross_entropy_on_the_positive_and_the_negatives_put_in_a_row():
    """One place at a time: the likeness with its own key first, then those with all others."""
    query, key, losses = vectors(2, 6, 4), vectors(2, 6, 4, seed=1), []
    for n in range(2):
        for p in range(6):
            others = [key[n, o] for o in range(6) if o != p]
            row = torch.stack([query[n, p] @ k for k in (key[n, p], *others)]) / 0.07
            losses.append(cross_entropy(row[None], torch.tensor([0])))
    torch.testing.assert_close(PatchNCE()(query, key), torch.stack(losses).mean())


def test_negatives_come_from_the_same_image():
    query, key = vectors(2, 6, 4), vectors(2, 6, 4, seed=1)
    alone = [PatchNCE()(query[n : n + 1], key[n : n + 1]) for n in range(2)]
    torch.testing.assert_close(PatchNCE()(query, key), torch.stack(alone).mean())


def test_layers_count_alike_however_many_places_they_have():
    layers = [(vectors(1, p, 4), vectors(1, p, 4, seed=1)) for p in (3, 9)]
    together = PatchNCE()([q for q, _ in layers], [k for _, k in layers])
    torch.testing.assert_close(together, torch.stack([PatchNCE()(*pair) for pair in layers]).mean())


def test_the_gradient_reaches_the_query_and_not_the_key():
    query, key = vectors(1, 6, 4, grad=True), vectors(1, 6, 4, seed=1, grad=True)
    PatchNCE()(query, key).backward()
    assert query.grad is not None
    assert query.grad.abs().sum() > 0
    assert key.grad is None


def test_the_mlp_learns_through_the_query_alone():
    torch.manual_seed(0)
    head = Projection([3], width=5, patches=6)
    noise, x, fake = torch.rand(1, 1, 4, 4), torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 4)
    gradients = []
    for keep in (False, True):
        head.zero_grad()
        key = head(x, noise)
        PatchNCE()(head(fake, noise), key if keep else [k.detach() for k in key]).backward()
        gradients.append([p.grad.clone() for p in head.parameters() if p.grad is not None])
    assert len(gradients[0]) == 4
    assert all(g.abs().sum() > 0 for g in gradients[0][:1])
    assert all(map(torch.equal, *gradients))


def test_what_ganzoo_asks_of_a_loss():
    testing.check_loss("cut.patch_nce", vectors(2, 5, 3, grad=True), vectors(2, 5, 3, seed=1))


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="temperature is 0"):
        PatchNCE(0.0)
    with pytest.raises(ValueError, match=r"\[\(1, 3, 4\)\] and \[\(1, 2, 4\)\]"):
        PatchNCE()(vectors(1, 3, 4), vectors(1, 2, 4))
    with pytest.raises(ValueError, match="differ in shape"):
        PatchNCE()([vectors(1, 3, 4)], [vectors(1, 3, 4)] * 2)
