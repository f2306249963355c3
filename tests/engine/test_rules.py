"""How players move: accumulation, clipping, averages, schedules, optimizers, turns."""

from __future__ import annotations

import copy

import pytest
import torch
from accelerate import Accelerator

from ganzoo import build_recipe
from ganzoo.components.schedules import Linear
from ganzoo.engine.ema import Ema
from ganzoo.engine.scheduled import Factor
from ganzoo.engine.step import SHARED, make_draws
from ganzoo.errors import RecipeError
from ganzoo.interfaces import Progress

EXACT = {
    "train.precision": "float64",
    "losses.adversarial_Y": {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"},
    "losses.adversarial_X": {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"},
}


@pytest.fixture
def trained(recipes, tiny):
    """Trains some steps on the loader's batches; the experiment and its trainer."""

    def train(steps=3, recipe="cyclegan.toml", watch=lambda trainer: None, **overrides):
        settings = {k.replace("__", "."): v for k, v in overrides.items()}
        experiment = build_recipe(recipes / recipe, {**tiny(), **settings})
        trainer = experiment.trainer(Accelerator(cpu=True))
        watch(trainer)
        batches = trainer.batches()
        for _ in range(steps):
            trainer.train_step(next(batches))
        return experiment, trainer

    return train


def state(experiment):
    return {
        f"{name}.{key}": value.clone()
        for name, network in experiment.networks.items()
        for key, value in network.state_dict().items()
    }


def moved(before, after):
    """The networks whose weights differ."""
    return {key.partition(".")[0] for key in before if not torch.equal(before[key], after[key])}


@pytest.mark.parametrize("accumulate", [2, 4])
def test_micro_batches_equal_one_batch(trained, accumulate):
    whole, one = trained(**EXACT, train__batch_size=4)
    size = 4 // accumulate
    parts, many = trained(**EXACT, train__batch_size=size, train__accumulate=accumulate)
    assert one.images_a_step == many.images_a_step == 4
    for key, value in state(whole).items():
        torch.testing.assert_close(state(parts)[key], value, rtol=0, atol=1e-9, msg=key)
    logs = [trainer.meter.read()["losses"] for trainer in (one, many)]
    for player, terms in logs[0].items():
        assert logs[1][player] == pytest.approx(terms, rel=1e-9)


def test_a_player_that_moves_first_accumulates_too(trained):
    """The critics' fakes are made ahead then, for every micro-batch."""
    order = {"players.order": ["discriminators", "generators"]}
    whole, _ = trained(**EXACT, **order, train__batch_size=2)
    parts, _ = trained(**EXACT, **order, train__accumulate=2)
    for key, value in state(whole).items():
        torch.testing.assert_close(state(parts)[key], value, rtol=0, atol=1e-9, msg=key)


def test_averages_follow_their_formula(trained):
    kept = []

    def watch(trainer):
        weight = trainer.networks["G"].model[1].weight
        kept.append(weight.detach().clone())
        [assigned] = trainer.player_optimizers[0].optimizers
        assigned.optimizer.optimizer.register_step_post_hook(
            lambda *_: kept.append(weight.detach().clone())
        )

    experiment, trainer = trained(4, watch=watch, ema__decay=0.5, ema__warmup=False)
    expected = kept[0]
    for weight in kept[1:]:
        expected = 0.5 * expected + 0.5 * weight
    found = experiment.averages["G"].state_dict()["model.1.weight"]
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, kept[-1], atol=1e-6)
    assert set(experiment.averages) == {"G", "F"}
    assert experiment.model().networks["G"] is experiment.averages["G"]
    assert trainer.ema.updates == 4


def test_averages_forget_their_start():
    network = torch.nn.Linear(1, 1, bias=False)
    ema = Ema({"N": network}, decay=0.3, warmup=True)
    expected = float(network.weight.detach())
    for t, d in enumerate([1 / 10, 2 / 11, 3 / 12, 0.3, 0.3]):
        torch.nn.init.constant_(network.weight, t)
        assert ema.rate == pytest.approx(d if t < 3 else min(0.3, (1 + t) / (10 + t)))
        expected = ema.rate * expected + (1 - ema.rate) * t
        ema.update()
        assert float(ema.averages["N"].weight) == pytest.approx(expected)


def test_running_statistics_are_copied():
    network = torch.nn.BatchNorm1d(2)
    ema = Ema({"N": network}, decay=0.9, warmup=False)
    network(torch.randn(8, 2))
    ema.update()
    kept = ema.averages["N"]
    assert torch.equal(kept.running_mean, network.running_mean)
    assert int(kept.num_batches_tracked) == 1


def test_a_half_life_halves(trained):
    """After 8 images of 2 a step, four steps, half of the start is left."""
    _, trainer = trained(0, train__batch_size=2, ema={"half_life": "8 images", "warmup": False})
    assert trainer.ema.decay**4 == pytest.approx(0.5)


def test_one_optimizer_a_network(trained):
    experiment, trainer = trained(
        1,
        optimizers__D_X={"type": "sgd", "lr": 0.5},
        optimizers__discriminators={"type": "adam", "lr": 1e-3},
    )
    generators, critics = trainer.player_optimizers
    assert [type(o.optimizer.optimizer).__name__ for o in generators.optimizers] == ["Adam"]
    kinds = {
        type(o.optimizer.optimizer).__name__: {name.split(".")[1] for name in o.parameters}
        for o in critics.optimizers
    }
    assert kinds == {"SGD": {"D_X"}, "Adam": {"D_Y"}}
    assert sorted(critics.rates()) == [1e-3, 0.5]
    before = state(build_recipe(experiment.recipe))
    assert moved(before, state(experiment)) == {"G", "F", "D_X", "D_Y"}


@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_gradient_is_clipped_before_the_step(trained, accumulate):
    norms = []

    def watch(trainer):
        [assigned] = trainer.player_optimizers[0].optimizers
        parameters = assigned.parameters.values()

        def look(*_):
            norms.append(float(torch.stack([p.grad.norm() for p in parameters]).norm()))

        assigned.optimizer.optimizer.register_step_pre_hook(look)

    sgd = {"type": "sgd", "lr": 1e-3}
    settings = {"watch": watch, "train__accumulate": accumulate}
    trained(1, optimizers__generators=sgd, **settings)
    trained(1, optimizers__generators={**sgd, "clip_norm": 0.125}, **settings)
    assert norms[0] > 1
    assert norms[1] == pytest.approx(0.125, rel=1e-3)


def test_every_nth_step(trained):
    for steps, expected in ((2, {"D_X", "D_Y"}), (3, {"D_X", "D_Y", "G", "F"})):
        start, _ = trained(0, players__generators={"every": 3})
        experiment, trainer = trained(steps, players__generators={"every": 3})
        assert moved(state(start), state(experiment)) == expected
    losses = trainer.meter.read()["losses"]
    assert set(losses) == {"generators", "discriminators"}


def test_a_resting_player_makes_what_others_are_shown_and_nothing_else(trained):
    images = []

    def watch(trainer):
        for name in ("G", "F"):
            trainer.networks[name].register_forward_hook(
                lambda m, i, output, name=name: images.append((name, output.requires_grad))
            )

    trained(2, watch=watch, players__generators={"every": 2})
    resting, moving = images[:2], images[2:]
    assert sorted(resting) == [("F", False), ("G", False)], "G(x) and F(y), no cycle, no gradient"
    assert sorted(moving) == [("F", True)] * 2 + [("G", True)] * 2


def test_means_in_the_log_are_of_the_steps_that_were_made(trained):
    """The generators' one step in three is not diluted by the two they rested on."""
    _, every = trained(3, players__generators={"every": 3}, optimizers__default__lr=1e-12)
    _, each = trained(3, optimizers__default__lr=1e-12)
    rests, moves = (t.meter.read()["losses"]["generators"] for t in (every, each))
    assert rests["cycle_X"] == pytest.approx(moves["cycle_X"], rel=0.5)


@pytest.mark.parametrize("every", [1, 2])
def test_fresh_batches(trained, every):
    """The critics keep the shared stream; the generators get another one, resumable as well."""
    settings = {"players__generators": {"fresh": True, "every": every}}
    _, plain = trained(0)
    _, trainer = trained(0, **settings)
    draws = list(trainer.batches())[:4]
    due = [True] * 4 if every == 1 else [False, True, False, True]
    assert [set(draw) for draw in draws] == [{SHARED, "generators"} if d else {SHARED} for d in due]
    common = torch.stack([draw[SHARED][0]["x"] for draw in draws])
    assert torch.equal(common, torch.stack([d[SHARED][0]["x"] for d in list(plain.batches())[:4]]))
    own = torch.stack([draw["generators"][0]["x"] for draw in draws if "generators" in draw])
    assert not torch.equal(own, common[: len(own)])
    _, later = trained(2, **settings)
    for again, first in zip(list(later.batches())[:2], draws[2:], strict=True):
        assert again.keys() == first.keys()
        assert all(torch.equal(again[name][0]["x"], first[name][0]["x"]) for name in first)


def test_a_fresh_player_learns_from_its_own_batch(trained):
    """Alike batches on both streams are as good as one shared."""
    x, y = torch.rand(2, 3, 16, 16) * 2 - 1, torch.rand(2, 3, 16, 16) * 2 - 1
    sample = {"x": x, "y": y}
    plain, one = trained(0)
    fresh, other = trained(0, players__generators={"fresh": True})
    one.train_step(make_draws(sample))
    other.train_step({SHARED: [sample], "generators": [copy.deepcopy(sample)]})
    for key, value in state(plain).items():
        torch.testing.assert_close(state(fresh)[key], value, rtol=0, atol=1e-6, msg=key)


def test_a_weight_that_follows_a_schedule(trained):
    """At a factor of f, the gradient is that of the weight f times as large."""
    weight = {"type": "linear", "hold": 0.0, "value": 8.0}
    steps = {"train__length": "4 steps", "optimizers__default__type": "sgd"}
    # 1 - (i + 1) / (total + 1) for step 0 of 4
    scheduled, _ = trained(1, **steps, losses__cycle_X__weight=weight)
    fixed, _ = trained(1, **steps, losses__cycle_X__weight=8.0 * 4 / 5)
    for key, value in state(fixed).items():
        torch.testing.assert_close(state(scheduled)[key], value, msg=key)


def test_a_penaltys_weight_follows_a_schedule_too(trained):
    steps = {"train__length": "4 steps", "optimizers__default__type": "sgd"}

    def pay(weight):
        penalty = [{"type": "r1", "weight": weight}]
        return trained(1, **steps, losses__adversarial_Y__penalties=penalty)[0]

    weight = {"type": "linear", "hold": 0.0, "value": 50.0}
    fixed, scheduled, none = pay(50.0 * 4 / 5), pay(weight), pay(0)
    for key, value in state(fixed).items():
        torch.testing.assert_close(state(scheduled)[key], value, msg=key)
    assert moved(state(fixed), state(none)) == {"D_Y"}
    [kept] = scheduled.recipe.losses["adversarial_Y"].penalties
    assert (kept.weight.value, kept.weight.settings) == (50.0, {"hold": 0.0, "by": "step"})
    assert build_recipe(scheduled.recipe).recipe == scheduled.recipe


def test_a_scheduled_weight_scales_the_generators_side_alone(trained):
    steps = {"train__length": "4 steps", "optimizers__default__type": "sgd"}
    weight = {"type": "linear", "hold": 0.0, "value": 8.0}
    scheduled, _ = trained(1, **steps, losses__adversarial_Y__weight=weight)
    fixed, _ = trained(1, **steps, losses__adversarial_Y__weight=8.0 * 4 / 5)
    for key, value in state(fixed).items():
        torch.testing.assert_close(state(scheduled)[key], value, msg=key)


def test_warm_up():
    """A straight line to the schedule's own factor, then that alone."""
    factor = Factor(Linear(hold=0.5), warmup=4)
    found = [factor.at(Progress(step, 8, 0, 1.0)) for step in range(8)]
    assert found == pytest.approx([0.25, 0.5, 0.75, 1.0, 0.8, 0.6, 0.4, 0.2])


def test_warm_up_in_a_recipe(trained):
    schedule = {"type": "constant", "warmup": "4 images"}
    _, trainer = trained(1, schedule=schedule, train__batch_size=2, optimizers__default__lr=0.01)
    assert trainer.player_optimizers[0].rates() == [pytest.approx(0.005)]
    trainer.train_step(next(trainer.batches()))
    assert trainer.player_optimizers[0].rates() == [pytest.approx(0.01)]


WRONG = {
    "a network nobody has": ({"ema.networks": ["H"]}, r"ema\.networks +there is no network 'H'"),
    "decay and half-life": (
        {"ema": {"decay": 0.9, "half_life": "8 images"}},
        "give decay or half_life, not both",
    ),
    "not trained": (
        {"ema.networks": ["F"], "networks.F.trainable": False},
        "'F' is not trained, so there is nothing to average",
    ),
    "a typo among players": (
        {"players.generator": {"every": 2}},
        "no player 'generator', and it has no networks. Did you mean 'generators'?",
    ),
    "fp16 and two optimizers": (
        {"train.precision": "fp16", "optimizers.D_X": {"type": "sgd", "lr": 0.1}},
        "fp16 takes one optimizer for player 'discriminators'",
    ),
    "a critic that never pays": (
        {"losses.cycle_X.penalties": [{"type": "r1"}]},
        "'l1' has no discriminator that could pay",
    ),
    "an unknown schedule": (
        {"losses.cycle_X.weight": {"type": "linnear"}},
        r"losses\.cycle_X\.weight\.type +.*linear",
    ),
    "a wrong penalty": (
        {"losses.adversarial_Y.penalties": [{"type": "r1", "gamma": 3}]},
        r"losses\.adversarial_Y\.penalties\.0\.gamma +'r1' has no setting 'gamma'",
    ),
}


@pytest.mark.parametrize(("overrides", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong_rules(recipes, tiny, overrides, message):
    with pytest.raises(RecipeError, match=message):
        build_recipe(recipes / "cyclegan.toml", {**tiny(), **overrides})


def test_a_player_with_penalties_runs_uncompiled_and_it_is_said(recipes, tiny):
    penalty = {"losses.adversarial_Y.penalties": [{"type": "r1"}], "train.compile": True}
    experiment = build_recipe(recipes / "cyclegan.toml", {**tiny(), **penalty})
    told = [note for note in experiment.blueprint.warnings if "uncompiled" in note]
    assert told == ["player 'discriminators' pays penalties, so it runs uncompiled"]
