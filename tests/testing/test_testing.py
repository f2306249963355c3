"""The checks for authors: the core's own parts pass, and each planted fault is named."""

from __future__ import annotations

import textwrap

import pytest
import torch
from torch import Tensor, nn

from ganzoo import testing
from ganzoo.interfaces import Data, Generator, Loss, Variable
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed

TINY = {
    "networks.G": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.F": {"type": "resnet", "width": 4, "blocks": 1},
    "networks.D_X": {"type": "patchgan", "width": 4, "layers": 1},
    "networks.D_Y": {"type": "patchgan", "width": 4, "layers": 1},
    "data": {"type": "streets", "size": 16, "count": 4, "held_out": 2},
}


class Direct(Generator):
    """A convolution.

    width: of nothing.
    """

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.in_channels = self.out_channels = 3
        self.layer = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Idle(Direct):
    """With a layer that nothing uses. width: of nothing."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.more = nn.Conv2d(3, 3, 1)


class Unseeded(Direct):
    """Chance of its own. width: of nothing."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        rng = torch.Generator()
        rng.seed()
        nn.init.normal_(self.layer.weight, generator=rng)


class Forgetful(Direct):
    """What matters is no parameter. width: of nothing."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.scale = torch.rand(())

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) * self.scale.to(x.device)


class Looking(Direct):
    """Depends on values. width: of nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) if x.mean().item() < 9 else x


class Mixing(Direct):
    """Samples see each other. width: of nothing."""

    per_sample = True

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) - x.mean()


class Listed(Direct):
    """Takes a list. width: of nothing."""

    per_sample = True

    def forward(self, x: list[Tensor]) -> list[Tensor]:
        return [self.layer(part) for part in x]


class Undocumented(Direct):
    """Says nothing of its setting."""

    def __init__(self, depth: int = 4) -> None:
        super().__init__()


class Reserved(Direct):
    """Takes a key of the host. init: what recipes keep."""

    def __init__(self, init: int = 4) -> None:
        super().__init__()


class Wrong(Loss):
    """A gradient that is not its value's."""

    def forward(self, prediction: Tensor) -> Tensor:
        return prediction.square().mean() + (prediction - prediction.detach()).mean()


class Long(Loss):
    """Not a scalar."""

    def forward(self, prediction: Tensor) -> Tensor:
        return prediction.square()


class Bright(Data):
    """Images beyond the range."""

    def __init__(self) -> None:
        self.variables = {"x": Variable(1, (4, 4))}

    def __len__(self) -> int:
        return 2

    def train_sample(self, index, rng):
        return {"x": torch.full((1, 4, 4), 2.0)}

    def test_count(self) -> int:
        return 0

    def test_sample(self, index):
        raise IndexError


class Fickle(Bright):
    """Chance of its own."""

    def train_sample(self, index, rng):
        return {"x": torch.rand(1, 4, 4)}


class Miscounted(Bright):
    """Says that two of four samples are different, and all are."""

    def train_sample(self, index, rng):
        return self.test_sample(index)

    def test_count(self) -> int:
        return 4

    def test_counts(self):
        return {"x": 2}

    def test_sample(self, index):
        return {"x": torch.full((1, 4, 4), index / 4)}


class Strange(Miscounted):
    """Counts what is no variable of it."""

    def test_counts(self):
        return {"y": 4}


@pytest.fixture
def register(monkeypatch):
    """Puts a class of this module among the installed parts."""
    registry = installed().registry
    monkeypatch.setattr(registry, "components", dict(registry.components))

    def add(kind, part):
        name = f"mine.{part.__name__.lower()}"
        found = Component(kind, name, f"{__name__}:{part.__name__}", "a part", "mine", "1")
        monkeypatch.setattr(Component, "load", lambda self: PARTS.get(self.name) or LOAD(self))
        PARTS[name] = part
        registry.components[(kind, name)] = found
        return name

    return add


LOAD = Component.load
PARTS: dict = {}


def test_the_core_passes():
    testing.check_package("ganzoo-core")


SMALL = {
    "resnet": {"width": 4, "blocks": 1},
    "unet": {"width": 4, "layers": 3},
    "patchgan": {"width": 4, "layers": 1},
    "pixel": {"width": 4},
}


@pytest.mark.parametrize(("name", "settings"), SMALL.items())
def test_the_cores_networks_pass(name, settings):
    testing.check_network(name, **settings)


def test_a_network_of_vectors_and_heads_passes():
    z = torch.randn(2, 8)
    testing.check_network("coupled", z, heads=("x", "y"), kind="generator", in_channels=8, width=4)
    testing.check_network("dcgan", z, kind="generator", in_channels=8, width=4, size=16)


def test_a_network_of_lists_and_a_loss_with_a_constant_pass(register):
    lists = [torch.rand(2, 3, 8, 8), torch.rand(2, 3, 4, 4)]
    testing.check_network(register("module", Listed), lists)
    prediction, target = torch.rand(2, 2, 3, 4).unbind()
    testing.check_loss("feature_matching", prediction.requires_grad_(), target)
    with pytest.raises(AssertionError, match="gradient is not that of its value"):
        testing.check_loss("feature_matching", prediction.detach(), target)


@pytest.mark.parametrize("name", ["l1", "l2", "huber", "lsgan", "vanilla", "hinge", "relativistic"])
def test_the_cores_losses_pass(name):
    testing.check_loss(name)


@pytest.mark.parametrize("name", ["r1", "r2", "gradient"])
def test_the_cores_penalties_pass(name):
    testing.check_penalty(name)


def test_the_cores_data_pass():
    testing.check_data("streets", size=16, count=4, held_out=2)


def test_a_recipe_passes():
    testing.check_recipe("cyclegan", TINY)


def test_a_sound_network_passes(register):
    testing.check_network(register("generator", Direct))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Idle, r"more\.weight gets no gradient"),
        (Unseeded, "two networks of one seed differ"),
        (Forgetful, "does not restore it"),
        (Looking, "meta device"),
        (Mixing, "says per_sample"),
        (Undocumented, "does not explain depth"),
        (Reserved, "takes init, which recipes keep"),
    ],
)
def test_a_networks_fault_is_named(register, part, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_network(register("generator", part))


@pytest.mark.parametrize(
    ("part", "message"), [(Wrong, "gradient is not that of its value"), (Long, "not a scalar")]
)
def test_a_losss_fault_is_named(register, part, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_loss(register("loss", part))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Bright, r"leaves \[-1, 1\]"),
        (Fickle, "differs from call to call"),
        (Miscounted, "test_counts: x is 2, but sample 2 is not sample 0 again"),
        (Strange, "counts 'y', which is none of its variables"),
    ],
)
def test_datas_fault_is_named(register, part, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_data(register("data", part))


def test_a_heavy_import_is_named(tmp_path, monkeypatch):
    (tmp_path / "heavy_plugin.py").write_text("import torch\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(AssertionError, match="imports torch"):
        testing.check_light_import("heavy_plugin")


def test_a_recipe_that_diverges_is_named():
    faulty = {**TINY, "optimizers.default": {"type": "sgd", "lr": 1e30}}
    with pytest.raises(AssertionError, match="is not finite at step 2"):
        testing.check_recipe("cyclegan", faulty)


def test_the_docstring_is_python():
    code = textwrap.dedent(testing.__doc__.split("\n\n", 1)[1].rsplit("\n\n", 1)[0])
    compile(code, "docstring", "exec")
