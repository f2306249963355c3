from __future__ import annotations

import pytest
import torch
from torch import nn

from ganzoo.engine.expressions import evaluate, plan
from ganzoo.expression import parse


class Double(nn.Module):
    """Counts its calls and the images in them."""

    def __init__(self, per_sample=True):
        super().__init__()
        self.per_sample = per_sample
        self.batches = []

    def forward(self, *images):
        self.batches.append(len(images[0]))
        return 2 * sum(images)


class Pyramid(Double):
    def forward(self, image):
        return [super().forward(image), image[:, :, ::2, ::2]]


def run(wires, networks, **values):
    levels = plan(map(parse, wires), values)
    return evaluate(levels, values, networks)


def image(value, size=4, count=1):
    return torch.full((count, 1, size, size), float(value))


def test_every_expression_is_evaluated_once():
    networks = {"G": Double(), "F": Double()}
    found = run(["F(G(x))", "G(x)", "F(G(x))"], networks, x=image(1))
    assert found["F(G(x))"].mean() == 4
    assert networks["G"].batches == [1]
    assert networks["F"].batches == [1]


def test_calls_on_one_level_are_merged_and_split_again():
    networks = {"G": Double()}
    found = run(["G(x)", "G(y)"], networks, x=image(1, count=2), y=image(5, count=3))
    assert networks["G"].batches == [5]
    assert found["G(x)"].shape[0] == 2
    assert (found["G(x)"].mean(), found["G(y)"].mean()) == (2, 10)


def test_a_network_that_does_not_allow_it_is_called_singly():
    networks = {"G": Double(per_sample=False)}
    run(["G(x)", "G(y)"], networks, x=image(1), y=image(5))
    assert networks["G"].batches == [1, 1]


def test_unequal_shapes_are_not_merged():
    networks = {"G": Double()}
    run(["G(x)", "G(y)"], networks, x=image(1), y=image(5, size=8))
    assert networks["G"].batches == [1, 1]


def test_lists_are_merged_and_split_entry_by_entry():
    networks = {"D": Pyramid()}
    found = run(["D(x)", "D(y)"], networks, x=image(1), y=image(5))
    assert networks["D"].batches == [2]
    assert [part.shape[-1] for part in found["D(y)"]] == [4, 2]
    assert [part.mean().item() for part in found["D(y)"]] == [10, 5]


def test_what_is_given_is_not_evaluated():
    networks = {"G": Double(), "F": Double()}
    found = run(["F(G(x))"], networks, x=image(1), **{"G(x)": image(7)})
    assert found["F(G(x))"].mean() == 14
    assert networks["G"].batches == []


def test_merging_changes_no_gradient():
    torch.manual_seed(0)
    convolution = nn.Conv2d(1, 1, 3, dtype=torch.float64)
    values = {"x": torch.randn(1, 1, 8, 8).double(), "y": torch.randn(2, 1, 8, 8).double()}
    gradients = []
    for per_sample in (True, False):
        convolution.per_sample = per_sample
        convolution.zero_grad()
        found = run(["G(x)", "G(y)"], {"G": convolution}, **values)
        (found["G(x)"].square().sum() + found["G(y)"].abs().sum()).backward()
        gradients.append(convolution.weight.grad.clone())
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-12, atol=0)


def test_levels_follow_the_deepest_argument():
    levels = plan([parse("D(x, F(G(x)))"), parse("G(y)")], ())
    assert [[str(call) for call in level] for level in levels] == [
        ["G(x)", "G(y)"],
        ["F(G(x))"],
        ["D(x, F(G(x)))"],
    ]


def test_an_unknown_value_is_a_programming_error():
    with pytest.raises(KeyError):
        run(["G(x)"], {"G": Double()}, y=image(1))
