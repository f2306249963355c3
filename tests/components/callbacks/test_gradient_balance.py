"""Weights of adversarial terms that follow the gradients of the terms against them."""

from __future__ import annotations

import pytest

from ganzoo import build_recipe, testing
from ganzoo.components.callbacks.gradient_balance import GradientBalance
from ganzoo.errors import RunError
from ganzoo.interfaces import GradientNorms
from ganzoo.printing.terminal import Terminal
from ganzoo.training.train import train

GAME = {
    "networks": {
        "G": {"type": "resnet", "width": 4, "blocks": 1, "kernel": 3},
        "D": {"type": "patchgan", "width": 4, "layers": 1},
    },
    "losses": {
        "adversarial": {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"},
        "near": {"type": "l1", "prediction": "G(x)", "target": "x", "weight": 10},
    },
    "outputs": {"x2y": "G(x)"},
    "data": {"type": "streets", "size": 16, "count": 4, "held_out": 2},
    "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
    "train": {"length": "1 step", "device": "cpu"},
    "samples": {"count": 1},
}


class Measured:
    """A training whose gradients are given, and which writes down how weights are scaled."""

    opponents = {"one": ["cycle"], "two": ["cycle"]}  # noqa: RUF012

    def __init__(self, *norms):
        self.step, self.norms, self.scaled = 0, list(norms), []

    def gradient_norms(self):
        adversarial, opponents = self.norms.pop(0)
        return dict.fromkeys(self.opponents, GradientNorms(adversarial, opponents))

    def scale_weight(self, term, factor):
        self.scaled.append((term, factor))


def play(callback, training, steps):
    callback.on_start(training)
    for training.step in range(1, steps + 1):
        callback.on_step(training)
    return [factor for term, factor in training.scaled if term == "one"]


def test_weights_follow_the_ratio_of_averaged_norms():
    """Averages: 1 and 2, then 0.75 + 0.25 * 5 = 2 and 0.75 * 2 + 0.25 * 2 = 2."""
    training = Measured((1.0, 2.0), (5.0, 2.0))
    callback = GradientBalance(ratio=3, interval=2, smoothing=0.75)
    assert play(callback, training, 5) == pytest.approx([6, 3], rel=1e-5)
    assert callback.log_values(training) == pytest.approx({"one": 3, "two": 3}, rel=1e-5)


def test_weights_stay_within_bounds():
    training = Measured((1.0, 0.0), (0.0, 1.0))
    callback = GradientBalance(interval=1, smoothing=0, least=0.5, most=20)
    assert play(callback, training, 2) == [0.5, 20]


def test_only_the_terms_that_are_named():
    training = Measured((1.0, 2.0))
    play(GradientBalance(interval=1, terms=("two",)), training, 1)
    assert [term for term, _ in training.scaled] == ["two"]


def test_after_a_resume_weights_are_as_they_were_at_once():
    callback = GradientBalance(interval=1)
    play(callback, Measured((1.0, 2.0)), 1)
    resumed = Measured()
    callback.on_start(resumed)
    assert dict(resumed.scaled) == pytest.approx({"one": 2, "two": 2}, rel=1e-5)


def test_a_resumed_training_is_as_one_without_a_break():
    testing.check_callback("gradient_balance", recipe=GAME, interval=1)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_next_step_has_the_scaled_weight(accumulate, monkeypatch, tmp_path):
    """A ratio beyond all bounds: from the second step on, the term weighs 50 times as much."""
    tables = {**GAME, "callbacks": {"balance": {"type": "gradient_balance", "interval": 1}}}
    tables["callbacks"]["balance"] |= {"ratio": 1e9, "most": 50}
    rules = {"length": "2 steps", "device": "cpu", "accumulate": accumulate, "batch_size": 1}
    experiment = build_recipe({**tables, "train": rules})
    seen = []

    def note(optimizer):
        minimise = optimizer.minimise

        def noting(losses, factors, share, last):
            seen.append((optimizer.player.name, dict(factors)))
            minimise(losses, factors, share, last)

        optimizer.minimise = noting

    trainer = experiment.trainer
    monkeypatch.setattr(experiment, "trainer", lambda *given: _noted(trainer(*given), note))
    train(experiment, tmp_path / "run", console=Terminal(quiet=True))
    generators = [factors for player, factors in seen if player == "generators"]
    assert generators == [{}] * accumulate + [{"adversarial": 50}] * accumulate


def _noted(trainer, note):
    for optimizer in trainer.player_optimizers:
        note(optimizer)
    return trainer


def test_a_term_without_opponents_is_refused(tmp_path):
    alone = {"adversarial": GAME["losses"]["adversarial"]}
    tables = {**GAME, "losses": alone, "callbacks": {"balance": {"type": "gradient_balance"}}}
    with pytest.raises(RunError, match="no other term depends on the fakes of any adversarial"):
        train(build_recipe(tables), tmp_path / "run", console=Terminal(quiet=True))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"ratio": 0}, "ratio is 0: it must be above 0"),
        ({"interval": 0}, "interval is 0: it must be at least 1"),
        ({"smoothing": 1}, "smoothing is 1: it must be at least 0 and less than 1"),
        ({"least": 3, "most": 2}, "least is 3 and most 2: they must be above 0, in order"),
    ],
)
def test_settings_that_make_no_sense(setting, message):
    with pytest.raises(ValueError, match=message):
        GradientBalance(**setting)
