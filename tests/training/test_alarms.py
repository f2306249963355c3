"""Alarms by hand: what log entries and probes show, how long it lasts, and what is said of it."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from ganzoo import load_recipe
from ganzoo.builder.resolve import read
from ganzoo.components.losses.adversarial import LSGAN, Hinge, Relativistic, Vanilla, Wasserstein
from ganzoo.errors import RecipeError
from ganzoo.recipe.schema import AlarmName
from ganzoo.registry.discovery import installed
from ganzoo.training.alarms.batches import BatchComparison, find_constant_latents
from ganzoo.training.alarms.debounce import Alarm, Debounce, Detection
from ganzoo.training.alarms.detectors import (
    LogReader,
    LossRange,
    detect_ignored_input,
    detect_inversion,
    detect_winner,
)
from ganzoo.training.alarms.messages import DESCRIPTIONS, describe
from ganzoo.training.alarms.probe import correlation, mean_errors, spread
from ganzoo.training.alarms.probed import probed_outputs
from ganzoo.training.alarms.ranges import measure_loss_range


def record(step, loss=0.2, nonfinite=0, **seen):
    losses = {"discriminators": {"adversarial": loss}, "generators": {"adversarial": 0.5}}
    return {"step": step, "losses": losses, "nonfinite": nonfinite, "lr": {}, "seen": seen}


def alarms_of(records, patience=100):
    """The alarms of a log, as (name, probed, step, since)."""
    reader = LogReader({("discriminators", "adversarial"): LossRange(0.0, 0.25)})
    debounce = Debounce(patience)
    found = [
        debounce.add(entry["step"], detection)
        for entry in records
        for detection in reader.read(entry)
    ]
    return [(a.name, a.probed, a.step, a.since) for a in found if a is not None]


@pytest.mark.parametrize(
    ("loss", "perfect", "guessing"),
    [
        (LSGAN(), 0, 0.25),
        (Vanilla(), 0, math.log(2)),
        (Hinge(), 0, 2),
        (Relativistic(), 0, math.log(2)),
        (Relativistic(average=True), 0, 2 * math.log(2)),
    ],
)
def test_the_range_of_a_discriminators_loss(loss, perfect, guessing):
    found = measure_loss_range(loss)
    assert (found.perfect, found.guessing) == pytest.approx((perfect, guessing), abs=1e-6)


def test_a_discriminator_whose_loss_has_no_end_cannot_win():
    assert measure_loss_range(Wasserstein()) is None


def test_a_discriminator_wins_when_its_loss_stays_near_perfect():
    """0.03 of 0.25 is 0.0075. A record stands for all steps since the one before."""
    good, won, between = 0.05, 0.004, 0.01
    assert alarms_of([record(50, won), record(100, won)]) == [
        ("discriminator_won", "adversarial", 100, 0)
    ]
    interrupted = [record(50, won), record(100, between), record(150, won), record(200, won)]
    assert alarms_of(interrupted) == [("discriminator_won", "adversarial", 200, 100)]
    assert not alarms_of([record(50, won), record(90, won)])
    told_once = [record(step, won if step != 200 else between) for step in range(50, 500, 50)]
    assert [step for *_, step, _ in alarms_of(told_once)] == [100], "it never went away"
    returned = [record(step, won if step != 200 else good) for step in range(50, 500, 50)]
    assert [step for *_, step, _ in alarms_of(returned)] == [100, 300]


def test_a_discriminator_that_rests_or_is_not_finite_says_nothing():
    entry = record(50)
    entry["losses"]["discriminators"] = {}
    assert not alarms_of([entry, record(100, None), record(150, math.nan)])


def test_losses_that_are_not_finite_are_told_at_once_and_again_if_they_come_back():
    counts = [0, 7, 57, 57, 58]
    entries = [record(50 * i + 50, nonfinite=count) for i, count in enumerate(counts)]
    found = alarms_of(entries)
    assert found == [("non_finite", "", 100, 50), ("non_finite", "", 250, 200)]
    reader = LogReader({})
    reader.read(entries[0])
    entries[1]["losses"]["generators"]["adversarial"] = None  # as json has it
    details = reader.read(entries[1])[0].details
    assert (details["steps"], details["terms"]) == (7, ["generators/adversarial"])


def outputs(print_="a", spread_=0.5, count=4, **mirror):
    seen = {"count": count, "print": print_, "spread": {"x": spread_}}
    return {"outputs": {"G(x)": {**seen, **({"mirror": mirror} if mirror else {})}}}


def test_outputs_that_are_the_same_at_two_probes_are_frozen():
    probes = [record(100, **outputs("a")), record(150), record(200, **outputs("a"))]
    assert alarms_of(probes) == [("outputs_frozen", "G(x)", 200, 100)]
    moving = [record(step, **outputs(str(step))) for step in (100, 200, 300)]
    assert not alarms_of(moving)


def test_outputs_that_ignore_an_input():
    probes = [record(100, **outputs("a", 0.004)), record(200, **outputs("b", 0.009))]
    assert alarms_of(probes) == [("inputs_ignored", "G(x) of x", 200, 100)]
    assert not alarms_of([record(100, **outputs("a", 0.004)), record(200, **outputs("b", 0.02))])
    for share, bad, good in ((0.005, True, False), (0.02, False, False), (0.1, False, True)):
        detection = detect_ignored_input("G(x)", "x", share, 1, 4)
        assert (detection.bad, detection.good) == (bad, good)


@pytest.mark.parametrize(
    ("plain", "inverse", "with_", "bad", "good"),
    [
        (0.9, 0.2, -0.8, True, False),
        (0.9, 0.2, -0.4, False, False),
        (0.9, 0.6, -0.8, False, True),
        (0.2, 0.9, 0.8, False, True),
    ],
)
def test_inverted_is_nearer_and_goes_against(plain, inverse, with_, bad, good):
    details = {"of": "target", "plain": plain, "inverse": inverse, "correlation": with_}
    detection = detect_inversion("G(x)", details, 1, 4)
    assert (detection.bad, detection.good) == (bad, good)


def test_an_input_that_never_changes():
    same = [record(step, unchanged=["x"]) for step in (50, 100, 150)]
    assert alarms_of(same) == [("input_unchanged", "x", 100, 0)]
    now_and_then = [record(step, unchanged=["x"] if step != 100 else []) for step in (50, 100, 150)]
    assert not alarms_of(now_and_then)


def test_a_fault_that_starts_between_two_probes_counts_from_the_first_that_shows_it():
    debounce = Debounce(100)
    assert debounce.add(300, Detection("inputs_ignored", "G", True, False, 300)) is None
    assert debounce.add(399, Detection("inputs_ignored", "G", True, False, 399)) is None
    assert debounce.add(400, Detection("inputs_ignored", "G", True, False, 400)).since == 300


def test_batches_are_compared_with_the_ones_before():
    batches, x = BatchComparison(), torch.rand(1, 3, 16, 16)
    for step in range(4):
        batches.add({"x": x.clone(), "y": x + step, "c": torch.tensor([1]), "tall": x[:, :, step:]})
    assert batches.take_unchanged() == ["x", "c"]
    assert batches.take_unchanged() == [], "nothing was compared since"
    batches.add({"x": x.clone()})
    assert batches.take_unchanged() == ["x"], "with the last one before that"
    other = x.clone()
    other[0, 1, 7] += 1
    batches.add({"x": other})
    assert batches.take_unchanged() == []


def test_of_large_batches_some_values_are_compared():
    batches = BatchComparison()
    batches.add({"x": torch.zeros(4, 3, 256, 256)})
    assert len(batches.last["x"]) == 1024


@pytest.mark.parametrize("width", [28, 32, 64, 96])
def test_images_of_one_border_are_not_taken_for_the_same(width):
    """Every n-th value of 32 digits of 32 px is the first column of them all, which is black."""
    batches = BatchComparison()
    for _ in range(2):
        images = torch.full((32, 1, width, width), -1.0)
        images[..., 4:-4, 4:-4] = torch.rand(32, 1, width - 8, width - 8)
        batches.add({"y": images})
    assert batches.take_unchanged() == []


def test_latents_that_are_always_the_same():
    def drawn(draw):
        latents = {"z": SimpleNamespace(draw=draw)}
        return find_constant_latents(latents, {"z": SimpleNamespace(shape=(3,), classes=None)})

    assert drawn(lambda shape, rng: torch.randn(shape, generator=rng)) == []
    assert drawn(lambda shape, rng: torch.ones(shape)) == ["z"]


def test_spread_errors_and_correlation_by_hand():
    images = torch.tensor([[[[0.0, 1.0]]], [[[1.0, 1.0]]]])  # variances 1/4 and 0
    assert spread(images) == pytest.approx(math.sqrt(0.125))
    made, wanted = torch.tensor([[[[0.5, -1.0]]]]), torch.tensor([[[[-0.5, 0.5]]]])
    assert mean_errors(made, wanted) == pytest.approx((1.25, 0.25))
    assert correlation(made, wanted) == pytest.approx(-1)
    x = torch.rand(4, 3, 5, 5)
    expected = [
        torch.corrcoef(torch.stack([x[:, c].flatten(), y.flatten()]))[0, 1]
        for c, y in enumerate((x**2).unbind(1))
    ]
    assert correlation(x, x**2) == pytest.approx(float(sum(expected) / 3), abs=1e-5)
    assert correlation(x, torch.ones_like(x)) == 0


def seen_of(name, recipes, tiny, **overrides):
    recipe = load_recipe(recipes / f"{name}.toml", {**tiny(), **overrides})
    blueprint = read(recipe, installed().registry, name)
    return {s.text: (s.inputs, s.source, s.real, s.mirror) for s in probed_outputs(blueprint)}


def test_what_is_probed(recipes, tiny):
    x, y = ("x",), ("y",)
    assert seen_of("cyclegan", recipes, tiny) == {
        "G(x)": (x, "x", "y", "target"),
        "F(y)": (y, "y", "x", "target"),
    }
    folders = {"data": {"type": "folders", "root": "none", "size": 16}}
    assert seen_of("cyclegan", recipes, tiny, **folders)["G(x)"] == (x, "x", "y", "means")
    identity = {"losses.i": {"type": "l1", "prediction": "G(y)", "target": "y"}, **folders}
    assert seen_of("cyclegan", recipes, tiny, **identity) == {
        "G(x)": (x, "x", "y", "input"),
        "F(y)": (y, "y", "x", "means"),
    }
    only_cycles = {"losses.adversarial_X.weight": 0, "losses.adversarial_Y.weight": 0}
    assert seen_of("cyclegan", recipes, tiny, **only_cycles) == {
        "G(x)": (x, "x", None, None),
        "F(y)": (y, "y", None, None),
    }


def test_what_is_probed_where_discriminators_see_pairs_or_classes(recipes):
    def seen(name, **more):
        recipe = load_recipe(recipes / f"{name}.toml", more)
        found = probed_outputs(read(recipe, installed().registry, name))
        return {s.text: (s.inputs, s.source, s.real, s.mirror) for s in found}

    x2y, y2x = (("x",), "x", "y", "target"), (("y",), "y", "x", "target")
    assert seen("bigan") == {"F(y)": y2x, "G(x)": x2y}
    assert seen("pix2pix") == {"G(x)": x2y}
    assert seen("simgan") == {"F(y)": y2x, "G(x)": x2y}, "the l1 to its input is no target"
    unpaired = {"data": {"type": "folders", "root": "none", "size": 16}}
    assert seen("simgan", **unpaired)["G(x)"] == (("x",), "x", "y", "input")
    own = {"losses.adversarial.real": "D(x, x)"}
    assert seen("pix2pix", **own)["G(x)"] == (("x",), "x", "x", "means")
    pytest.importorskip("mlxtend")
    assert seen("cgan") == {"G(z, c)": (("z", "c"), None, "y", None)}


def alarm(name, **details):
    known = {
        "steps": 1, "terms": ["generators/cycle_X"], "rates": {"generators": 4e-4},
        "player": "discriminators", "loss": 0.001, "limit": 0.005, "guessing": 0.25,
        "wire": "G(x)", "input": "x", "spread": 0.002, "count": 4,
        "of": "target", "plain": 0.9, "inverse": 0.2, "correlation": -0.8,
    }  # fmt: skip
    probed = {"discriminator_won": "adversarial_Y", "input_unchanged": "x"}.get(name, "G(x)")
    return Alarm(name, probed, 600, 300, {**known, **details})


def test_each_alarm_has_its_sentences(recipes):
    recipe = load_recipe(recipes / "cyclegan.toml")
    assert set(DESCRIPTIONS) == set(AlarmName.__args__)
    for name in DESCRIPTIONS:
        message, advice = describe(alarm(name), recipe)
        assert message.strip(". ") == message
        assert advice.strip(". ") == advice


def test_sentences_are_true_for_the_recipe_at_hand(recipes):
    cyclegan, cgan = (load_recipe(recipes / f"{n}.toml") for n in ("cyclegan", "cgan"))
    message, advice = describe(alarm("discriminator_won"), cyclegan)
    assert message.startswith("D_Y is hardly ever wrong in 'adversarial_Y'")
    assert (
        "its loss is 0.001 and has been below 0.005 for 300 steps, where guessing costs" in message
    )
    assert "D_Y(y) and D_Y(G(x))" in advice
    assert "r1" in advice
    won = Alarm("discriminator_won", "adversarial", 600, 300, alarm("discriminator_won").details)
    assert "a larger weight for its penalty 'r1'" in describe(won, cgan)[1]
    assert "lower learning rate than 0.0004 or" in describe(alarm("non_finite"), cyclegan)[1]
    clipped = load_recipe(recipes / "cyclegan.toml", ["optimizers.default.clip_norm=1"])
    assert "clip_norm" not in describe(alarm("non_finite"), clipped)[1]
    assert "mode collapse" in describe(alarm("inputs_ignored", input="z"), cgan)[1]
    still = load_recipe(recipes / "cyclegan.toml", ["networks.G.trainable=false"])
    assert describe(alarm("outputs_frozen"), still)[1] == (
        "networks.G says trainable = false: take it out"
    )
    assert "train.seed = 1" in describe(alarm("inverted_colours"), cyclegan)[1]


def test_the_table_is_checked(recipes):
    with pytest.raises(RecipeError) as caught:
        load_recipe(
            recipes / "cyclegan.toml",
            {"alarms": {"action": "shout", "ignore": ["nan"], "patience": "9", "every": 1}},
        )
    text = str(caught.value)
    assert "this should be 'warn', 'stop' or 'off', not \"shout\"" in text
    assert "'discriminator_won'" in text
    assert "a duration is a number and its unit" in text
    assert "alarms.every" in text


def test_a_loss_is_a_fraction_of_the_way_to_guessing():
    """A loss of 1.06 between 1 and 3 is 0.03 of the way."""
    assert LossRange(1, 3).fraction(1.06) == pytest.approx(0.03)
    assert detect_winner("d", "a", 1.059, LossRange(1, 3), 0).bad
    assert not detect_winner("d", "a", 1.061, LossRange(1, 3), 0).bad
