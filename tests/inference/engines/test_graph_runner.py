"""Graphs are made once for each kind of call, compared with torch, and found again in the cache."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from ganzoo.components.cache_folder import cache_folder
from ganzoo.errors import GanzooError
from ganzoo.inference.engines import graph_runner
from ganzoo.inference.engines.graph_cache import OnnxGraph, fingerprint, load_graph, store_graph
from ganzoo.inference.engines.graph_runner import GRAPH_SIZES, GraphRunner

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


class Doubling:
    """A session that doubles its input; the content of its graph says what it adds."""

    def __init__(self, graph):
        self.adds = float(graph.content)

    def run(self, inputs, threads):
        return [2 * inputs[0] + self.adds]


class Double(nn.Module):
    def forward(self, x):
        return 2 * x


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def made(monkeypatch):
    """The calls that graphs were made for; these are open, and add nothing."""

    class Made(list):
        sizes_open, content = True, b"0"

    calls = Made()

    def to_onnx(network, head, arguments, multiple):
        calls.append(tuple(arguments[0].shape))
        return calls.content, calls.sizes_open

    monkeypatch.setattr(graph_runner, "to_onnx", to_onnx)
    return calls


def runner():
    return GraphRunner(Double(), Doubling, Doubling)


def image(side):
    return torch.full((1, 3, side, side), 0.5)


def test_one_open_graph_serves_every_size_and_is_found_again(made):
    here = runner()
    for side in (4, 5, 6):
        assert torch.equal(here.run("", [image(side)], 0), image(side) * 2)
    assert torch.equal(runner().run("", [image(7)], 0), image(7) * 2)
    assert made == [(1, 3, 4, 4)]
    here.run("", [torch.ones(1, 1, 4, 4)], 0)
    assert made[1:] == [(1, 1, 4, 4)], "another number of channels is another graph"


def test_graphs_of_one_size_are_few(made):
    made.sizes_open = False
    here = runner()
    sides = range(4, 4 + GRAPH_SIZES)
    for side in (*sides, *sides):
        assert torch.equal(here.run("", [image(side)], 0), image(side) * 2)
    assert [shape[-1] for shape in made] == [*sides]
    assert here.run("", [image(99)], 0) is None
    assert here.fixed_sizes == GRAPH_SIZES
    assert runner().run("", [image(99)], 0) is not None
    assert [shape[-1] for shape in made] == [*sides, 99]


def test_a_graph_that_computes_something_else_is_refused_and_not_stored(made):
    made.content = b"0.01"
    for _ in range(2):
        with pytest.raises(GanzooError, match=r"values that are 0.01 from torch's"):
            runner().run("", [image(4)], 0)
    assert len(made) == 2


def test_a_graph_of_other_weights_settings_or_code_is_another():
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
    one = fingerprint(network)
    assert fingerprint(copy.deepcopy(network)) == one
    others = [copy.deepcopy(network) for _ in range(3)]
    others[0][0].weight.data[0, 0, 0, 0] += 1
    others[1][0].padding = (1, 1)
    others[2][1] = nn.Tanh()
    assert len({one, *map(fingerprint, others)}) == 4


def test_a_damaged_graph_is_none():
    graph = OnnxGraph(b"abc", True, True)
    assert load_graph("key") is None
    store_graph("key", graph)
    assert load_graph("key") == graph
    (file,) = cache_folder().rglob("*.onnx")
    for content in (b"", file.read_bytes()[:-1], file.read_bytes()[:-1] + b"x"):
        file.write_bytes(content)
        assert load_graph("key") is None


def test_a_runner_is_shared_by_copies_of_its_network():
    here = runner()
    assert copy.deepcopy(here) is here


def test_a_graph_is_compared_on_noise_since_norms_of_black_images_give_rounding(made):
    seen = []

    class Seeing(Double):
        def forward(self, x):
            seen.append(x)
            return super().forward(x)

    black = torch.full((1, 3, 8, 8), -1.0)
    value = GraphRunner(Seeing(), Doubling, Doubling).run("", [black], 0)
    assert torch.equal(value, torch.full((1, 3, 8, 8), -2.0))
    assert seen[0].std() > 0.3
    assert seen[0].abs().max() <= 1
