"""Compiled players on CUDA: one graph each, whose memory the next step overwrites.

There is no GPU here: a module stands for CUDA graphs that gives what the player gives, and fills it
with NaN when the next step begins, as torch would overwrite it.
"""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from accelerate.state import AcceleratorState
from torch import Tensor, nn
from torch._dynamo.utils import counters

from ganzoo import build_recipe
from ganzoo.engine import state
from ganzoo.engine import trainer as trainer_module
from ganzoo.engine.callbacks import Attached, Callbacks
from ganzoo.engine.cuda import begin_step, compile_player, place_network
from ganzoo.engine.device import make_accelerator
from ganzoo.engine.player import Player
from ganzoo.engine.view import TrainingView
from ganzoo.interfaces import Callback

STEPS = 5


class Overwriting:
    """Stands for the memory of CUDA graphs."""

    def __init__(self):
        self.given, self.steps = [], 0

    def begin_step(self, device=None, compiled=True):
        for tensor in self.given:
            if tensor.is_floating_point():
                tensor.data.fill_(torch.nan)
        self.given, self.steps = [], self.steps + 1
        return nullcontext()

    def compile_player(self, player, device):
        """As `nn.Module.compile` does: set what a call of the module runs."""

        def run(*given, **named):
            result = player._call_impl(*given, **named)
            self.given += [t for t in torch.utils._pytree.tree_leaves(result) if torch.is_tensor(t)]
            return result

        player._compiled_call_impl = run


class Keeper(Callback):
    """Keeps losses and logits of every step, not copies of them."""

    needs_logits = True

    def __init__(self):
        self.losses, self.logits = [], []

    def on_step(self, training):
        self.losses.append(training.losses)
        self.logits.append(training.logits)


@pytest.fixture
def train(recipes, tiny):
    def run(name="cyclegan", **overrides):
        experiment = build_recipe(recipes / f"{name}.toml", tiny(**overrides))
        trainer = experiment.trainer(make_accelerator(cpu=True))
        keeper, batches = Keeper(), trainer.batches()
        trainer.callbacks = Callbacks([Attached(keeper)], lambda name: TrainingView(trainer, name))
        trainer.game.keeps_logits = True
        for _ in range(STEPS):
            trainer.train_step(next(batches))
            trainer.callbacks.call("on_step")
        return trainer, keeper

    return run


def weights(trainer):
    return {
        f"{name}.{key}": tensor
        for name, network in trainer.networks.items()
        for key, tensor in network.state_dict().items()
    }


def leaves(value):
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for each in value.values() for tensor in leaves(each)]
    if isinstance(value, (list, tuple)):
        return [tensor for each in value for tensor in leaves(each)]
    return leaves([value.real, value.fake])


def test_nothing_that_lasts_is_in_the_memory_of_a_graph(train, monkeypatch):
    """Fakes, histories, sums of losses, and what callbacks keep, are as without graphs."""
    settings = {"losses__adversarial_Y__buffer__size": 2, "train__accumulate": 2}
    plain, kept_plain = train(**settings)
    memory = Overwriting()
    monkeypatch.setattr(trainer_module, "compile_player", memory.compile_player)
    monkeypatch.setattr(trainer_module, "begin_step", memory.begin_step)
    graphs, kept = train(**settings, train__compile=True)
    assert memory.steps == STEPS
    assert memory.given  # the players did run through it
    memory.begin_step()
    torch.testing.assert_close(weights(graphs), weights(plain), rtol=0, atol=0)
    for attribute in ("losses", "logits"):
        here, there = (leaves(getattr(each, attribute)) for each in (kept, kept_plain))
        assert len(here) == len(there) > STEPS
        torch.testing.assert_close(here, there, rtol=0, atol=0)
    read = graphs.meter.read()
    assert read == plain.meter.read()
    assert read["nonfinite"] == 0
    for player, alike in zip(graphs.game.players, plain.game.players, strict=True):
        for side, other in zip(player.sides, alike.sides, strict=True):
            if side.buffer:
                torch.testing.assert_close(side.buffer.state(), other.buffer.state())


def test_the_stand_in_overwrites(train, monkeypatch):
    """A step that is begun once too often, before the discriminators move, spoils their fakes."""
    memory = Overwriting()
    ran = memory.compile_player

    def compile_player(player, device):
        ran(player, device)
        call = player._compiled_call_impl
        player._compiled_call_impl = lambda *given: (memory.begin_step(), call(*given))[1]

    monkeypatch.setattr(trainer_module, "compile_player", compile_player)
    monkeypatch.setattr(trainer_module, "begin_step", memory.begin_step)
    spoilt, _ = train("cyclegan_no_history", train__compile=True)
    assert spoilt.meter.read()["nonfinite"] > 0


def test_graphs_are_for_cuda_alone(monkeypatch):
    calls = []
    monkeypatch.setattr(nn.Module, "compile", lambda self, **how: calls.append(how))
    monkeypatch.setattr(torch.compiler, "cudagraph_mark_step_begin", lambda: calls.append("step"))
    for kind in ("cpu", "mps", "cuda"):
        compile_player(nn.Identity(), torch.device(kind))
        for compiled in (True, False):
            with begin_step(torch.device(kind), compiled):
                pass
    assert calls == [{}, {}, {"mode": "reduce-overhead"}, "step"]


@pytest.fixture
def any_precision():
    """Accelerate keeps the first precision of a process."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.usefixtures("any_precision")
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_player_is_one_graph_and_compiled_once(recipes, tiny, monkeypatch, precision):
    """A graph that breaks would be several on a GPU; what is compiled again is recorded again."""
    graphs = []
    backend = lambda graph, inputs: graphs.append(graph) or graph.forward  # noqa: E731
    compile_ = nn.Module.compile
    monkeypatch.setattr(Player, "compile", lambda self, **how: compile_(self, backend=backend))
    torch._dynamo.reset()
    counters.clear()
    settings = tiny(train__compile=True, train__precision=precision)
    experiment = build_recipe(recipes / "cyclegan.toml", settings)
    trainer = experiment.trainer(make_accelerator(cpu=True, precision=precision))
    batches = trainer.batches()
    for _ in range(3):
        trainer.train_step(next(batches))
    assert len(graphs) == len(trainer.game.players) == 2
    assert not counters["graph_break"]


CUDA = torch.device("cuda")


@pytest.fixture
def placed_as_on_cuda(monkeypatch):
    """Weights stay on the CPU, in the layout that they would have on a GPU."""
    to = nn.Module.to
    monkeypatch.setattr(
        nn.Module, "to", lambda self, *given, **how: to(self, **how) if how else self
    )
    return lambda network, device, dtype, channels_last: place_network(
        network, CUDA, dtype, channels_last
    )


def strides(network):
    return {name: p.stride() for name, p in network.named_parameters()}


def test_channels_last_is_for_convolutions_on_cuda(recipes, tiny, placed_as_on_cuda):
    network = build_recipe(recipes / "cyclegan.toml", tiny()).networks["G"]
    before, values = strides(network), {n: p.clone() for n, p in network.named_parameters()}
    for other in ("cpu", "mps"):
        place_network(network, torch.device(other), torch.float32, channels_last=True)
    place_network(network, CUDA, torch.float32, channels_last=False)
    assert strides(network) == before
    place_network(network, CUDA, torch.float32, channels_last=True)
    for name, parameter in network.named_parameters():
        assert parameter.is_contiguous(memory_format=torch.channels_last) or parameter.dim() != 4
        assert torch.equal(parameter, values[name])
    assert strides(network) != before


def test_moments_are_resumed_in_the_layout_of_their_weights(
    recipes, tiny, monkeypatch, tmp_path, placed_as_on_cuda
):
    """A file keeps no layout, and a fused optimizer takes none that differs from the weights'."""
    monkeypatch.setattr(trainer_module, "place_network", placed_as_on_cuda)

    def make():
        settings = tiny(train__channels_last=True, train__length="4 steps")
        experiment = build_recipe(recipes / "cyclegan.toml", settings)
        return experiment.trainer(make_accelerator(cpu=True))

    through = make()
    batches = through.batches()
    for _ in range(2):
        through.train_step(next(batches))
    state.save(through, tmp_path)
    resumed = make()
    state.restore(resumed, tmp_path)
    for player_optimizer in resumed.player_optimizers:
        for assigned in player_optimizer.optimizers:
            for parameter, moments in assigned.optimizer.state.items():
                assert moments["exp_avg"].stride() == parameter.stride()
    for trainer in (through, resumed):
        trainer.train_step(next(trainer.batches()))
    torch.testing.assert_close(weights(resumed), weights(through), rtol=0, atol=0)
