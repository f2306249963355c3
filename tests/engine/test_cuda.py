"""What a step does on a GPU, told without one.

On the meta device nothing has a value. So whatever would wait for a GPU there, because it reads a
value back, fails; and a copy from the CPU to the device is one from the CPU to meta.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch._dynamo.utils import counters
from torch.utils._python_dispatch import TorchDispatchMode

from ganzoo.builder.experiment import Experiment, check_recipe
from ganzoo.engine import feed
from ganzoo.engine import step as game
from ganzoo.engine import trainer as trainer_module
from ganzoo.engine.callbacks import Attached, Callbacks
from ganzoo.engine.cuda import allow_tf32, begin_step, compile_player, send
from ganzoo.engine.device import make_accelerator
from ganzoo.engine.step import SHARED, stream_of
from ganzoo.engine.view import TrainingView
from ganzoo.training.alarms.batches import BatchComparison

ROOT = Path(__file__).parents[2]
RECIPES = sorted([*ROOT.glob("recipes/*.toml"), *ROOT.glob("plugins/*/ganzoo_*/recipes/*.toml")])
CUDA, META = torch.device("cuda"), torch.device("meta")


class Copies(TorchDispatchMode):
    """Lists the operators that copy from one device to another."""

    def __init__(self):
        super().__init__()
        self.operators = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if function.overloadpacket in (torch.ops.aten._to_copy, torch.ops.aten.copy_):
            source = args[1] if function.overloadpacket is torch.ops.aten.copy_ else args[0]
            if source.device != result.device:
                self.operators.append(f"{function} of {tuple(source.shape)}")
        return result


class NoImages:
    """Stands for a recipe's data, of which no image is read."""

    def __init__(self, variables):
        self.variables = variables

    def __len__(self):
        return 8

    def prepare(self):
        pass

    def measured(self):
        return {}


@pytest.fixture
def on_meta(monkeypatch):
    """Makes the trainer of a recipe, on the meta device."""
    monkeypatch.setattr(Accelerator, "device", property(lambda self: META))
    monkeypatch.setattr(trainer_module, "remember", lambda *given: None)  # it reads weights

    def make(recipe, **overrides):
        checked = check_recipe(recipe, {k.replace("__", "."): v for k, v in overrides.items()})
        checked.assembly.freeze(checked.trial.idle)
        checked.trial.mark(checked.assembly)
        blueprint = checked.blueprint
        experiment = Experiment(blueprint.recipe, blueprint, checked.assembly, checked.trial)
        data = NoImages(blueprint.dataset.variables)
        monkeypatch.setattr(Experiment, "data", property(lambda self: data))
        return experiment.trainer(make_accelerator(cpu=True))

    return make


def a_sample(trainer):
    """A micro-batch on the device, as the loader gives it."""
    count = trainer.timetable.batch_size
    return {
        name: torch.empty(
            (count, *variable.shape), dtype=torch.int64 if variable.classes else None, device=META
        )
        for name, variable in trainer.data.variables.items()
    }


def draws_of(trainer):
    """What a step is played on in which every player moves."""
    streams = {stream_of(player) for player in trainer.game.players} | {SHARED}
    count = trainer.timetable.accumulate
    return {stream: [a_sample(trainer) for _ in range(count)] for stream in streams}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_step_waits_for_nothing(on_meta, recipe, monkeypatch):
    """It reads no value back, and copies nothing to the device but latents, which `send` does."""
    trainer = on_meta(recipe)
    sent = []

    def send(tensor, device):
        sent.append(tensor)
        return torch.empty_like(tensor, device=device)

    monkeypatch.setattr(game, "send", send)
    trainer.batch_hook = lambda draws: comparison.add(draws[SHARED][0])
    comparison = BatchComparison()
    comparison.add(a_sample(trainer))  # it sends the places that it compares, once
    trainer.callbacks = Callbacks(
        [Attached(callback, name) for name, callback in trainer.own_callbacks.items()],
        lambda name: TrainingView(trainer, name),
    )
    trainer.game.keeps_logits = True
    trainer.done = 59  # whoever moves every second, third, fourth or fifth step moves now
    with Copies() as copies:
        trainer.train_step(draws_of(trainer))
        trainer.callbacks.call("on_step")
    assert not copies.operators
    streams = {stream_of(player) for player in trainer.game.players} | {SHARED}
    assert len(sent) == len(trainer.game.latents) * len(streams) * trainer.timetable.accumulate
    assert {player.name for player in trainer.game.players} == trainer.losses.keys()


def test_a_compiled_player_is_one_graph_on_the_device_whatever_is_adjusted(on_meta, monkeypatch):
    """A CPU's tensor in it would keep a CUDA graph from being made; numbers may change for ever."""
    graphs = []

    def backend(graph, inputs):
        graphs.append([t for t in inputs if isinstance(t, torch.Tensor) and t.dim()])
        return graph.forward

    compile_ = torch.nn.Module.compile

    def compile_here(module, mode=None, **how):
        compile_(module, backend=backend, **how)

    monkeypatch.setattr(torch.nn.Module, "compile", compile_here)
    monkeypatch.setattr(
        trainer_module, "compile_player", lambda player, _: compile_player(player, CUDA)
    )
    monkeypatch.setattr(game, "send", lambda tensor, _: torch.empty_like(tensor, device=META))
    torch._dynamo.reset()
    counters.clear()
    [recipe] = [path for path in RECIPES if path.stem == "few_digits_ada"]
    trainer = on_meta(recipe, train__compile=True)
    [augment] = [n for n in trainer.networks.values() if "probability" in n.adjustable]
    for place in range(10):  # torch gives up after eight
        augment.probability = place / 20
        trainer.train_step(draws_of(trainer))
    assert not counters["graph_break"]
    assert len(graphs) == 2  # at first as a constant, then for any number
    assert {tensor.device for inputs in graphs for tensor in inputs} == {META}


def test_tf32_is_as_the_recipe_says_and_stays_as_it_is_on_other_devices(monkeypatch):
    """torch itself uses it for convolutions, and not for matrix products."""
    switches = torch.backends.cuda.matmul, torch.backends.cudnn
    before = [switch.allow_tf32 for switch in switches]
    try:
        for allowed in (True, False):
            allow_tf32(CUDA, allowed)
            assert [switch.allow_tf32 for switch in switches] == [allowed, allowed]
            for other in ("cpu", "mps"):
                allow_tf32(torch.device(other), not allowed)
            assert [switch.allow_tf32 for switch in switches] == [allowed, allowed]
    finally:
        for switch, value in zip(switches, before, strict=True):
            switch.allow_tf32 = value


def test_cudnn_times_its_algorithms_in_steps_alone(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    with begin_step(torch.device("cpu"), compiled=False):
        assert not torch.backends.cudnn.benchmark
    with begin_step(CUDA, compiled=False):
        assert torch.backends.cudnn.benchmark
    assert not torch.backends.cudnn.benchmark
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    with begin_step(CUDA, compiled=False):
        assert not torch.backends.cudnn.benchmark


def test_what_is_sent_to_a_gpu_is_pinned_first(monkeypatch):
    """Else the copy would wait for all that the GPU has to do."""
    calls = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: calls.append("pin") or self)
    monkeypatch.setattr(torch.Tensor, "to", lambda self, *a, **k: calls.append((*a, k)) or self)
    cpu = torch.device("cpu")
    send(torch.zeros(2), CUDA)
    assert calls == ["pin", (CUDA, {"non_blocking": True})]
    calls.clear()
    send(torch.zeros(2), cpu)
    send(torch.zeros(2), torch.device("mps"))
    assert calls == [(cpu, {}), (torch.device("mps"), {})]


class Listed(list):
    def train_sample(self, index, rng):
        return self[index]


@pytest.mark.parametrize(("kind", "pinned"), [("cuda", True), ("cpu", False), ("mps", False)])
def test_a_loader_pins_batches_for_cuda_alone(monkeypatch, kind, pinned):
    """MPS has no pinned memory, and a copy there that nobody waits for may come too late."""
    made = []
    monkeypatch.setattr(feed, "make_loader", lambda *given: made.append(given[-1]) or [])
    monkeypatch.setattr(Accelerator, "device", property(lambda self: torch.device(kind)))
    accelerator = make_accelerator(cpu=True)
    monkeypatch.setattr(accelerator, "prepare", lambda loader: loader)
    table = feed.Timetable(4, 1, 1, 0, 0, 1, 1, 1)
    feed.walk_batches(Listed([0, 1]), table, 0, accelerator, None, None)
    assert made == [pinned]
    assert accelerator.non_blocking is pinned
