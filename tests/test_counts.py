"""What one step costs, in counts that do not vary: they may fall, and fail where they rise.

Times and memory are in benchmarks/. The recipe is the reference's CycleGAN with identity terms and
a history, tiny: each generator translates three images a step, each discriminator looks at three.
Whoever makes a step cheaper lowers the bounds here.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

import ganzoo
from ganzoo import build_recipe
from ganzoo.engine.device import make_accelerator
from ganzoo.engine.step import make_draws
from ganzoo.engine.trainer import Trainer

SIZE, WIDTH, BLOCKS = 32, 4, 6
HISTORY = {"type": "history", "size": 2}
SETTINGS = {
    "train.precision": "float32",
    "losses.adversarial_X.buffer": HISTORY,
    "losses.adversarial_Y.buffer": HISTORY,
}
# The most calls of each operator in one step; others are in the total.
MOST = {
    "convolution": 92,
    "convolution_backward": 92,
    "native_group_norm": 80,
    "native_group_norm_backward": 80,
    "native_batch_norm": 0,
    "reflection_pad2d": 56,
    "reflection_pad2d_backward": 54,
    "relu_": 44,
    "relu": 0,
    "leaky_relu_": 16,
    "leaky_relu": 0,
    "add": 144,
    "mul": 39,
    "cat": 8,
    "stack": 9,
    "clone": 5,
    "copy_": 0,
    "_to_copy": 0,
    "_fused_adam_": 2,
}
MOST_OPERATORS = 976
MOST_SAVED = 3_489_728  # bytes kept from forward passes for backward ones, in all turns together
# A value that Python reads makes it wait for a GPU.
READING = {"_local_scalar_dense", "item", "is_nonzero", "nonzero", "equal", "masked_select"}
FREE = {"detach", "_record_function_enter_new", "_record_function_exit"}  # these do nothing


class Operators(TorchDispatchMode):
    """Counts operators by name."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.counts[function.overloadpacket.__name__] += 1
        return function(*args, **(kwargs or {}))


@pytest.fixture(scope="module")
def trainer():
    """A trainer whose history is full."""
    recipe = f"{__file__.rpartition('test_counts')[0]}recipes/golden_cyclegan.toml"
    trainer = build_recipe(recipe, SETTINGS).trainer(make_accelerator(cpu=True))
    for _ in range(3):
        step(trainer)
    return trainer


def step(trainer):
    images = {name: torch.rand(1, 3, SIZE, SIZE) * 2 - 1 for name in ("x", "y")}
    trainer.train_step(make_draws(images))


def test_images_and_calls_of_each_network(trainer):
    images, hooks = defaultdict(list), []
    for name, network in trainer.networks.items():
        hooks.append(
            network.register_forward_pre_hook(
                lambda _, given, name=name: images[name].append(len(given[0]))
            )
        )
    step(trainer)
    for hook in hooks:
        hook.remove()
    assert {name: sum(calls) for name, calls in images.items()} == dict.fromkeys(
        ("G", "F", "D_X", "D_Y"), 3
    )
    assert all(len(calls) <= 2 for calls in images.values())


def convolution(side, channels, more, kernel):
    """Multiplications and additions of a convolution whose smaller side is `side`."""
    return 2 * side**2 * channels * more * kernel**2


def generator_flops():
    """Those of one image, and of the first layer alone."""
    full, half, quarter = SIZE, SIZE // 2, SIZE // 4
    first = convolution(full, 3, WIDTH, 7)
    sides = convolution(half, WIDTH, 2 * WIDTH, 3) + convolution(quarter, 2 * WIDTH, 4 * WIDTH, 3)
    up = convolution(quarter, 4 * WIDTH, 2 * WIDTH, 3) + convolution(half, 2 * WIDTH, WIDTH, 3)
    middle = 2 * BLOCKS * convolution(quarter, 4 * WIDTH, 4 * WIDTH, 3)
    # Four pixels at a time, with a kernel that is one pixel larger for all of them.
    last = convolution(half, WIDTH, 4 * 3, 8)
    return first + sides + middle + up + last, first


def discriminator_flops():
    first = convolution(SIZE // 2, 3, WIDTH, 4)
    halved = convolution(SIZE // 4, WIDTH, 2 * WIDTH, 4)
    halved += convolution(SIZE // 8, 2 * WIDTH, 4 * WIDTH, 4)
    ends = convolution(SIZE // 8 - 1, 4 * WIDTH, 8 * WIDTH, 4)
    ends += convolution(SIZE // 8 - 2, 8 * WIDTH, 1, 4)
    return first + halved + ends, first


def test_multiplications_of_a_step(trainer):
    """Forward, gradients of weights, gradients of inputs; images themselves need no gradient.

    A generator translates three images, of which two are data. A discriminator looks at one for the
    generators, which needs no gradient of its weights, and at two for itself.
    """
    generator, its_first = generator_flops()
    discriminator, first = discriminator_flops()
    expected = 2 * (9 * generator - 2 * its_first) + 2 * (8 * discriminator - 2 * first)
    with FlopCounterMode(display=False) as counter:
        step(trainer)
    assert 0 < counter.get_total_flops() <= expected


def test_operators_of_a_step(trainer):
    with Operators() as operators:
        step(trainer)
    counts = operators.counts
    more = {name: (counts[name], most) for name, most in MOST.items() if counts[name] > most}
    assert not more, "operator: (calls, the most there may be)"
    assert sum(count for name, count in counts.items() if name not in FREE) <= MOST_OPERATORS
    assert not READING & counts.keys()


def test_what_is_kept_for_backward_passes(trainer):
    kept = []

    def keep(tensor):
        kept.append(tensor.numel() * tensor.element_size())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step(trainer)
    assert 0 < sum(kept) <= MOST_SAVED


def test_nothing_is_read_between_log_lines(tmp_path, tiny, monkeypatch):
    """In a whole run with alarms, display and log; reading starts with the log line."""
    settings = tiny(train__length="6 steps", train__log_every="6 steps", samples__count=1)
    experiment = build_recipe("cyclegan", {**settings, "metrics": {}})
    operators, reads = Operators(), []
    play = Trainer.train_step

    def played(self, draws):
        before = sum(operators.counts[name] for name in READING)
        play(self, draws)
        after = sum(operators.counts[name] for name in READING)
        reads.append((before, after))

    monkeypatch.setattr(Trainer, "train_step", played)
    with operators:
        ganzoo.train(experiment, tmp_path / "run")
    assert len(reads) == 6
    assert len({count for pair in reads[1:] for count in pair}) == 1
    assert sum(operators.counts[name] for name in READING) > reads[-1][1]  # they can be counted


HEAVY = {"torch", "numpy", "PIL", "accelerate", "torchmetrics", "safetensors", "tifffile"}


@pytest.mark.parametrize(
    ("words", "code", "most"),
    [
        (["--help"], 0, 29),
        (["list"], 0, 39),
        (["plan", "nowhere"], 2, 54),
        (["plan", "nowhere", "--budget", "2"], 2, 54),
        (["run"], 2, 40),
        (["run", "--data", "nowhere"], 2, 54),
        (["run", "--data", "docs", "--set", "train.lenght=1"], 2, 61),
        (["run", "cyclegann"], 2, 55),
        (["run", "cyclegan", "--set", "train.lenght=1"], 2, 69),
        (["run", "cyclegan_paper", "--set", "data.root=nowhere"], 2, 69),
        (["translate", "nowhere", "a.png", "b.png"], 2, 34),
        (["demo", "nowhere"], 2, 37),
        (["export", "nowhere", "a.onnx", "--to", "onnx"], 2, 34),
        (["export", "nowhere", "a.onnx", "--to", "onnx", "--precision", "bf16"], 2, 34),
    ],
)
def test_imports_at_start(words, code, most):
    """None of the heavy libraries, and of ganzoo's own modules no more than needed."""
    command = [sys.executable, "-X", "importtime", "-m", "ganzoo", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert done.returncode == code
    assert not HEAVY & modules
    own = {name for name in modules if name.partition(".")[0] == "ganzoo"}
    assert 0 < len(own) <= most, sorted(own)
