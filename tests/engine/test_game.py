"""The rules of play: who makes what, who moves what, what is run how often."""

from __future__ import annotations

import copy

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from ganzoo import build_recipe
from ganzoo.errors import RecipeError
from ganzoo.interfaces import Generator, Loss
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed

IDENTITY = {
    "losses.identity_Y": {"type": "l1", "prediction": "G(y)", "target": "y", "weight": 5},
    "losses.identity_X": {"type": "l1", "prediction": "F(x)", "target": "x", "weight": 5},
}


def play(recipe, overrides, steps=1):
    """Train some steps; the images each network saw in every call, by name."""
    experiment = build_recipe(recipe, overrides)
    trainer = experiment.trainer(Accelerator(cpu=True))
    images = {name: [] for name in experiment.networks}
    for name, network in experiment.networks.items():
        network.register_forward_hook(
            lambda module, inputs, output, name=name: images[name].append(len(inputs[0]))
        )
    batches = iter(trainer.batches())
    for _ in range(steps):
        trainer.train_step(next(batches))
    return experiment, trainer, images


def test_identity_runs_each_generator_on_three_images_a_step(recipes, tiny):
    _, _, images = play(recipes / "cyclegan.toml", {**tiny(), **IDENTITY})
    assert sum(images["G"]) == sum(images["F"]) == 3
    # G(x) and G(y) are one call; the critics' real and fake too, and once more for the generators
    assert images["G"] == [2, 1]
    assert images["D_Y"] == [1, 2]


def test_without_identity_it_is_two(recipes, tiny):
    _, _, images = play(recipes / "cyclegan.toml", tiny())
    assert images["G"] == images["F"] == [1, 1]


def test_a_weight_of_zero_drops_every_pass_only_it_needed(recipes, tiny):
    zero = {key + ".weight": 0 for key in ("losses.cycle_X", "losses.cycle_Y")}
    _, trainer, images = play(recipes / "cyclegan.toml", {**tiny(), **zero})
    assert images["G"] == images["F"] == [1]
    assert set(trainer.meter.read()["losses"]["generators"]) == {"adversarial_X", "adversarial_Y"}


def test_without_adversarial_terms_there_are_no_critics(recipes, tiny):
    experiment, _, images = play(recipes / "cyclegan_cycle_alone.toml", tiny())
    assert set(images) == {"F", "G"}
    assert [player.name for player in experiment.players] == ["generators"]


def test_the_critic_that_moves_first_is_shown_a_fake_that_leaves_no_trace(recipes, tiny):
    overrides = {
        "networks.G": {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5},
        "networks.D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1},
        "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3, "paired": True},
        "train.device": "cpu",
    }
    experiment = build_recipe(recipes / "pix2pix.toml", overrides)
    trainer = experiment.trainer(Accelerator(cpu=True))
    fakes, tracked = [], []
    generator = experiment.networks["G"]
    generator.register_forward_hook(lambda m, i, output: fakes.append(output.detach().clone()))
    norm = next(m for m in generator.modules() if isinstance(m, torch.nn.BatchNorm2d))
    for batch in list(trainer.batches())[:2]:
        trainer.train_step(batch)
        tracked.append(int(norm.num_batches_tracked))
    ahead, own = fakes[:2]
    assert torch.equal(ahead, own), "dropout and statistics fall the same, ahead and in its turn"
    assert tracked == [1, 2]


def test_no_gradient_reaches_a_player_at_rest(recipes, tiny):
    experiment = build_recipe(recipes / "cyclegan.toml", tiny())
    trainer = experiment.trainer(Accelerator(cpu=True))
    seen = []
    for each in trainer.player_optimizers:
        others = [
            p for o in trainer.player_optimizers if o is not each for p in o.player.parameters()
        ]

        def look(*_, each=each, others=others):
            own = [p.grad is not None for p in each.player.parameters()]
            seen.append((each.player.name, all(own), any(p.grad is not None for p in others)))

        each.optimizers[0].optimizer.optimizer.register_step_pre_hook(look)
    trainer.train_step(next(iter(trainer.batches())))
    assert seen == [("generators", True, False), ("discriminators", True, False)]


def test_the_others_do_not_move(recipes, tiny):
    experiment = build_recipe(recipes / "cyclegan.toml", tiny())
    trainer = experiment.trainer(Accelerator(cpu=True))
    trainer.player_optimizers[1].minimise = lambda losses, factors, share, last: None
    before = copy.deepcopy(experiment.networks["D_X"].state_dict())
    trainer.train_step(next(iter(trainer.batches())))
    after = experiment.networks["D_X"].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_a_frozen_network_is_run_but_never_moved(recipes, tiny):
    overrides = {**tiny(), "networks.F.trainable": False}
    experiment, _, images = play(recipes / "cyclegan.toml", overrides, steps=2)
    fresh = build_recipe(recipes / "cyclegan.toml", overrides).networks["F"].state_dict()
    frozen = experiment.networks["F"]
    assert not frozen.training
    assert images["F"]
    assert all(torch.equal(fresh[key], value) for key, value in frozen.state_dict().items())
    owned = {name for player in experiment.players for name in player.networks}
    assert owned == {"G", "D_X", "D_Y"}


class HalfUsed(Generator):
    """One of its convolutions is in no wire's way."""

    in_channels = out_channels = 3

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.still = nn.Conv2d(3, 3, 1).requires_grad_(False)

    def forward(self, images):
        return self.still(self.used(images))


class Backbone(Loss):
    """A loss on features of a network that it froze and put to rest itself."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.features.requires_grad_(False).eval()

    def forward(self, prediction, target):
        return (self.features(prediction) - self.features(target)).abs().mean()


@pytest.fixture
def own_parts(monkeypatch):
    """Two parts of a test's own, in the registry for a while."""
    registry = installed().registry
    parts = {("generator", "half_used"): HalfUsed, ("loss", "backbone"): Backbone}
    load = Component.load
    for kind, name in parts:
        component = Component(kind, name, "tests:part", "", "tests", "0")
        monkeypatch.setitem(registry.components, (kind, name), component)
    monkeypatch.setattr(
        Component, "load", lambda part: parts.get((part.kind, part.name)) or load(part)
    )


def supervised(tiny, generator, loss="l1", **more):
    return {
        "networks": {"G": {"type": generator}, **more},
        "losses": {"distance": {"type": loss, "prediction": "G(x)", "target": "y"}},
        "outputs": {"x2y": "G(x)"},
        "data": tiny()["data"],
        "optimizers": {"default": {"type": "sgd", "lr": 0.1}},
        "train": {"length": "2 steps", "device": "cpu"},
    }


def test_parameters_that_no_term_reaches_are_frozen_and_named(tiny, own_parts):
    experiment, _, _ = play(supervised(tiny, "half_used"), (), steps=1)
    idle = experiment.trial.idle["generators"]
    assert idle == ["networks.G.unused.weight", "networks.G.unused.bias"]
    assert not experiment.networks["G"].unused.weight.requires_grad
    assert list(experiment.players[0].trainable()) == [
        "networks.G.used.weight",
        "networks.G.used.bias",
    ]


def test_what_a_part_froze_itself_stays_frozen(tiny, own_parts):
    tables = supervised(tiny, "half_used", "backbone")
    fresh = build_recipe(tables)
    trained, _, _ = play(tables, (), steps=2)
    for experiment in (fresh, trained):
        assert not experiment.players[0].losses["distance"].features.training
    before, after = fresh.players[0].state_dict(), trained.players[0].state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"networks.G.used.weight", "networks.G.used.bias"}


def test_a_network_that_only_an_output_reaches_keeps_its_weights(recipes, tiny):
    zero = {f"losses.{t}.weight": 0 for t in ("adversarial_X", "cycle_X", "cycle_Y")}
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **zero})
    assert set(experiment.players[0].networks) == {"G"}
    assert not any(p.requires_grad for p in experiment.networks["F"].parameters())
    assert "networks.F: no live term reaches it" in experiment.blueprint.warnings[0]


def test_an_operation_belongs_to_nobody(recipes, tiny):
    overrides = {
        **tiny(),
        "networks.flip": {"type": "flip"},
        "losses.adversarial_Y": {
            "type": "lsgan",
            "real": "D_Y(flip(y))",
            "fake": "D_Y(flip(G(x)))",
        },
        "losses.consistent": {"type": "l2", "prediction": "D_Y(flip(y))", "target": "D_Y(y)"},
    }
    experiment, trainer, _ = play(recipes / "cyclegan.toml", overrides)
    generators, critics = experiment.players
    assert [t.real for t in generators.terms if t.name == "adversarial_Y"] == [None]
    assert "consistent" in [term.name for term in critics.terms]
    assert "consistent" in trainer.meter.read()["losses"]["discriminators"]


PLAYERS = {
    "a critic's player with a generator's term": (
        {"losses.cycle_X.player": "discriminators"},
        "no gradient reaches player 'discriminators'",
    ),
    "a player without networks": (
        {"players.helper.networks": [], "losses.cycle_X.player": "helper"},
        "'helper', and it has no networks",
    ),
    "a term of two players": (
        {"players.a.networks": ["G"], "players.b.networks": ["F"]},
        "its networks belong to the players a and b",
    ),
    "a player against itself": (
        {"players.all.networks": ["G", "F", "D_X", "D_Y"]},
        "cannot play against itself",
    ),
    "nothing but a detached term": (
        {
            "networks.detach": {"type": "detach"},
            "losses.cycle_X.prediction": "detach(F(G(x)))",
        },
        "no gradient reaches",
    ),
}


@pytest.mark.parametrize(("overrides", "message"), PLAYERS.values(), ids=PLAYERS.keys())
def test_a_term_that_would_train_nothing_is_a_fault(recipes, tiny, overrides, message):
    with pytest.raises(RecipeError, match=message):
        build_recipe(recipes / "cyclegan.toml", {**tiny(), **overrides})


def test_the_environment_changes_no_mathematics(recipes, tiny, monkeypatch):
    from ganzoo.engine.device import make_accelerator

    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    accelerator = make_accelerator(cpu=True)
    assert accelerator.gradient_accumulation_steps == 1
    parameter = nn.Parameter(torch.ones(()))
    accelerator.backward(parameter * 3)
    assert parameter.grad == 3
    with accelerator.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_joint_critics_see_pairs_and_both_sides_have_histories(tiny):
    """BiGAN's wires: both sides hold a generator, so both are made, and both have a history."""
    adversarial = {
        "type": "lsgan",
        "real": "D(F(y), y)",
        "fake": "D(x, G(x))",
        "buffer": {"type": "history", "size": 3},
    }
    tables = {
        "networks": {
            "G": {"type": "resnet", "width": 4, "blocks": 1},
            "F": {"type": "resnet", "width": 4, "blocks": 1},
            "D": {"type": "patchgan", "in_channels": 6, "width": 4, "layers": 1},
        },
        "losses": {"joint": adversarial},
        "data": tiny()["data"],
        "optimizers": {"default": {"type": "adam"}},
        "train": {"length": "5 steps", "device": "cpu"},
    }
    experiment, _, images = play(tables, (), steps=5)
    generators, critics = experiment.players
    assert [side.name for side in critics.sides] == ["joint.fake", "joint.real"]
    assert [len(side.arguments) for side in critics.sides] == [2, 2]
    assert critics.sides[0].buffer is not critics.sides[1].buffer
    assert generators.terms[0].real is not None, "G and F both learn against it"
    assert images["G"] == images["F"] == [1] * 5
    state = critics.sides[0].buffer.state()
    assert [tuple(tensor.shape) for tensor in state.values()] == [(3, 3, 16, 16)] * 2


def test_latents_are_drawn_once_for_all_players(tiny):
    tables = {
        "networks": {
            "G": {"type": "resnet", "width": 4, "blocks": 1, "in_channels": 3},
            "D": {"type": "patchgan", "width": 4, "layers": 1},
        },
        "losses": {"adversarial": {"type": "vanilla", "real": "D(y)", "fake": "D(G(z))"}},
        "latents": {"z": {"type": "normal", "like": "y"}},
        "outputs": {"draw": "G(z)"},
        "data": tiny()["data"],
        "optimizers": {"default": {"type": "sgd", "lr": 0.1}},
        "train": {"length": "2 steps", "device": "cpu"},
    }
    experiment, _, images = play(tables, (), steps=2)
    assert images["G"] == [1, 1]
    model = experiment.model()
    assert torch.equal(model("draw", seed=3), model("draw", seed=3))
    assert not torch.equal(model("draw", seed=3), model("draw", seed=4))


def test_a_term_in_which_nothing_is_trained_is_a_fault(recipes, tiny):
    frozen = {"networks.G.trainable": False, "networks.F.trainable": False}
    with pytest.raises(RecipeError, match="nothing in this term is trained"):
        build_recipe(recipes / "cyclegan.toml", {**tiny(), **frozen})
