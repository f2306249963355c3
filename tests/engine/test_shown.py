"""What a critic is shown: nested heads, lists of images, gradients taken inside."""

from __future__ import annotations

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganzoo import build_recipe
from ganzoo.engine.terms import penalised_sides
from ganzoo.errors import RecipeError
from ganzoo.expression import parse
from ganzoo.interfaces import Discriminator, Generator, Loss, Network, head
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed


class Nested(Discriminator):
    """A trunk and a tip, and both together."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = 3
        self.first, self.last = nn.Conv2d(3, 4, 3, stride=2), nn.Conv2d(4, 1, 3)

    @head
    def trunk(self, images: Tensor) -> Tensor:
        return torch.tanh(self.first(images))

    @head
    def tip(self, features: Tensor) -> Tensor:
        return self.last(features)

    def logits(self, images: Tensor) -> Tensor:
        return self.tip(self.trunk(images))


class Pyramid(Network):
    """An image and the half of it."""

    def forward(self, images: Tensor) -> list[Tensor]:
        return [images, avg_pool2d(images, 2)]


class Half(Network):
    """The half of an image."""

    def forward(self, images: Tensor) -> Tensor:
        return avg_pool2d(images, 2)


class Several(Discriminator):
    """Judges a list of images, or an image and its half given one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 1, 3)

    def forward(self, *given):
        images = given[0] if isinstance(given[0], list) else given
        return [self.layer(image).tanh() for image in images]

    def logits(self, images):
        raise NotImplementedError


class Sloping(Discriminator):
    """A head gives the slope of its logits; `dtypes` is what it ran in."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = 3
        self.layer = nn.Conv2d(3, 1, 3)
        self.dtypes: list[torch.dtype] = []

    def logits(self, images: Tensor) -> Tensor:
        return self.layer(images)

    @head
    def slope(self, images: Tensor) -> Tensor:
        leaf = images.detach().requires_grad_()
        logits = self.layer(leaf).tanh()
        self.dtypes.append(logits.dtype)
        return torch.autograd.grad(logits.sum(), leaf, create_graph=True)[0]


class Slope(Loss):
    """Takes a gradient itself."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 1, 3)

    def forward(self, prediction: Tensor) -> Tensor:
        leaf = prediction if prediction.requires_grad else prediction.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.layer(leaf).tanh().sum(), leaf, create_graph=True)
        return slope.square().mean()


class Mute(Discriminator):
    """Has no method that judges."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = 3
        self.layer = nn.Conv2d(3, 1, 3)

    @head
    def real(self, images: Tensor) -> Tensor:
        return self.layer(images)


class Still(Generator):
    """Has no forward."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = self.out_channels = 3
        self.layer = nn.Conv2d(3, 3, 3)


PARTS = {
    "discriminator": [Nested, Several, Sloping, Mute],
    "module": [Pyramid, Half],
    "loss": [Slope],
    "generator": [Still],
}
NESTED = {"real": "D_Y.tip(D_Y.trunk(y))", "fake": "D_Y.tip(D_Y.trunk(G(x)))"}
WHOLE = {"real": "D_Y(y)", "fake": "D_Y(G(x))"}
TWO = {"real": "D_Y(y, H(y))", "fake": "D_Y(G(x), H(G(x)))"}
LISTS = {"real": "D_Y(P(y))", "fake": "D_Y(P(G(x)))"}
EXACT = {"train.precision": "float64", "train.batch_size": 2}
PENALTIES = [{"type": "r1"}, {"type": "r2"}, {"type": "gradient"}]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    registry = installed().registry
    monkeypatch.setattr(registry, "components", dict(registry.components))
    for kind, classes in PARTS.items():
        for part in classes:
            name = f"mine.{part.__name__.lower()}"
            found = Component(kind, name, f"{__name__}:{part.__name__}", "a part", "mine", "1")
            registry.components[(kind, name)] = found


@pytest.fixture
def losses(tiny):
    """The critics' losses of a few steps."""

    def train(**change):
        experiment = build_recipe("cyclegan", {**tiny(), **EXACT, **change})
        trainer = experiment.trainer(Accelerator(cpu=True))
        batches, found = trainer.batches(), []
        for _ in range(2):
            trainer.train_step(next(batches))
            found.append(trainer.meter.read()["losses"]["discriminators"])
        return found

    return train


@pytest.mark.case("B3")
def test_nested_heads_pay_what_the_same_function_pays(losses):
    found = [
        losses(**{
            "networks.D_Y": {"type": "mine.nested"},
            "losses.adversarial_Y": {"type": "vanilla", **wires, "penalties": PENALTIES},
        })
        for wires in (NESTED, WHOLE)
    ]  # fmt: skip
    for nested, whole in zip(*found, strict=True):
        assert nested == pytest.approx(whole, rel=1e-12)
    assert found[0][0]["adversarial_Y.r1"] > 0


@pytest.mark.case("B3")
def test_the_slope_of_a_list_by_hand(tiny):
    change = {
        "networks.D_Y": {"type": "mine.several"},
        "networks.P": {"type": "mine.pyramid"},
        "losses.adversarial_Y": {"type": "vanilla", **LISTS, "penalties": [{"type": "r1"}]},
    }
    experiment = build_recipe("cyclegan", {**tiny(), **EXACT, **change})
    trainer = experiment.trainer(Accelerator(cpu=True))
    batch = next(trainer.batches())
    images = [i.requires_grad_() for i in Pyramid()(batch[""][0]["y"].double())]
    logits = experiment.networks["D_Y"](images)
    verdict = sum(scale.mean((1, 2, 3)).sum() / 2 for scale in logits)
    slopes = torch.autograd.grad(verdict, images)
    expected = 0.5 * sum(slope.square().sum((1, 2, 3)) for slope in slopes).mean()
    trainer.train_step(batch)
    found = trainer.meter.read()["losses"]["discriminators"]["adversarial_Y.r1"]
    assert found == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.case("B3")
@pytest.mark.parametrize(
    ("real", "fake", "shown"),
    [
        ("D(y)", "D(G(x))", (["y"], ["G(x)"])),
        ("D.tip(D.trunk(y), y)", "D.tip(D.trunk(G(x)), G(x))", (["y"], ["G(x)"])),
        ("D(x, y)", "D(x, G(x))", (["x", "y"], ["x", "G(x)"])),
        ("D(x, x)", "D(x, G(x))", (["x", "x"], ["x", "G(x)"])),
        ("D(augment(y))", "D(augment(G(x)))", (["augment(y)"], ["augment(G(x))"])),
        ("D.tip(cat(D.trunk(y), c))", "D.tip(cat(D.trunk(G(x)), c))", (["y", "c"], ["G(x)", "c"])),
        ("D(E(y))", "D(E(G(x)))", (["y"], ["G(x)"])),
    ],
)  # fmt: skip
def test_what_is_shown_is_where_the_critics_own_networks_begin(real, fake, shown):
    found = penalised_sides(parse(real), parse(fake), {"D", "E"})
    assert tuple([str(argument) for argument in side.arguments] for side in found) == shown


@pytest.mark.case("B3", "B4")
@pytest.mark.parametrize("buffer", [None, {"type": "history", "size": 1}], ids=["none", "history"])
def test_a_list_of_images_is_as_good_as_its_images_one_by_one(losses, buffer):
    """Through a history, too, which decides for each sample once."""
    term = {"type": "lsgan", "penalties": PENALTIES, **({"buffer": buffer} if buffer else {})}
    networks = {
        "networks.D_Y": {"type": "mine.several"},
        "networks.P": {"type": "mine.pyramid"},
        "networks.H": {"type": "mine.half"},
    }
    found = [losses(**networks, **{"losses.adversarial_Y": {**term, **w}}) for w in (LISTS, TWO)]
    for one, other in zip(*found, strict=True):
        assert one == pytest.approx(other, rel=1e-12)
    assert found[0][0].keys() > {"adversarial_Y.r1", "adversarial_Y.r2", "adversarial_Y.gradient"}


SLOPING = {
    "networks.D_Y": {"type": "mine.sloping"},
    "losses.slope": {"type": "l1", "prediction": "D_Y.slope(y)", "target": "y"},
}


@pytest.mark.case("B5", "B8")
def test_a_head_that_differentiates_is_found_and_left_in_full_precision(tiny):
    change = {**SLOPING, "train.precision": "bf16", "train.compile": True}
    experiment = build_recipe("cyclegan", {**tiny(), **change})
    network = experiment.networks["D_Y"]
    assert network.differentiates == {"slope"}
    generators, critics = experiment.players
    assert (generators.double_backward, critics.double_backward) == (False, True)
    notes = experiment.blueprint.warnings
    why = "takes gradients inside its forward pass, so it runs uncompiled"
    assert [note for note in notes if why in note] == [f"player 'discriminators' {why}"]
    values = {"x": torch.rand(1, 3, 16, 16), "y": torch.rand(1, 3, 16, 16)}
    for side in critics.sides:
        values |= {name: torch.rand(1, 3, 16, 16) for name in side.placeholders}
    with torch.autocast("cpu", torch.bfloat16):
        critics(values)
        assert network(values["y"]).dtype == torch.bfloat16
    assert network.dtypes == [torch.float32]


@pytest.mark.case("B5", "B8")
def test_a_loss_that_differentiates_is_found(tiny):
    change = {"losses.slope": {"type": "mine.slope", "prediction": "G(x)"}}
    experiment = build_recipe("cyclegan", {**tiny(), **change, "train.compile": True})
    generators, critics = experiment.players
    assert (generators.double_backward, critics.double_backward) == (True, False)
    told = "player 'generators' takes gradients inside its forward pass, so it runs uncompiled"
    assert told in experiment.blueprint.warnings


@pytest.mark.case("B8")
def test_ordinary_networks_are_not_suspected(tiny):
    experiment = build_recipe("cyclegan", tiny())
    assert not any(network.differentiates for network in experiment.networks.values())
    assert not any(player.double_backward for player in experiment.players)


@pytest.mark.case("B6")
@pytest.mark.parametrize(
    ("change", "path", "method", "part"),
    [
        ({"networks.D_Y": {"type": "mine.mute"}}, "losses.adversarial_Y.real", "logits", "Mute"),
        ({"networks.G": {"type": "mine.still"}}, "losses.adversarial_Y.fake", "forward", "Still"),
    ],
)
def test_a_class_without_the_method_that_a_wire_runs_is_a_fault(tiny, change, path, method, part):
    with pytest.raises(RecipeError) as caught:
        build_recipe("cyclegan", {**tiny(), **change})
    faults = {fault.path: fault.message for fault in caught.value.faults}
    assert f"its class {part} has no method {method};" in faults[path]


@pytest.mark.case("B6")
def test_heads_alone_are_enough(tiny):
    heads = {"type": "lsgan", "real": "D_Y.real(y)", "fake": "D_Y.real(G(x))"}
    change = {"networks.D_Y": {"type": "mine.mute"}, "losses.adversarial_Y": heads}
    assert build_recipe("cyclegan", {**tiny(), **change}).players
