"""The recipes say what the paper's objective says, and who minimises what."""

from __future__ import annotations

import ganzoo
import pytest
import torch
from accelerate import Accelerator
from ganzoo.builder.experiment import check_recipe
from ganzoo.errors import RecipeError
from ganzoo.interfaces import Callback, LogEntry, Training

SMALL = {
    "networks.G.width": 4,
    "networks.G.blocks": 1,
    "networks.D.width": 4,
    "networks.D.size": 16,
    "networks.D.layers": 2,
    "data.size": 16,
    "data.count": 8,
    "data.held_out": 2,
}


class Log(Callback):
    """Keeps what a training reports."""

    def __init__(self) -> None:
        self.losses: dict[str, dict[str, float]] = {}

    def on_log(self, training: Training, entry: LogEntry) -> None:
        self.losses = entry["losses"]


@pytest.mark.parametrize(("name", "sides"), [("stargan", [""]), ("streets", ["_X", "_Y"])])
def test_who_minimises_what(name, sides):
    settings = {**SMALL, "train.length": "2 steps", "train.log_every": "1 steps"}
    trainer = ganzoo.build_recipe(f"stargan.{name}", settings).trainer(Accelerator(cpu=True))
    log = Log()
    trainer.run([log])
    generators = {"adversarial", "domain_fake", "reconstruction"}
    critics = {"adversarial", "domain_real"}
    assert log.losses["generators"].keys() == {t + s for t in generators for s in sides}
    penalties = {f"adversarial{side}.gradient" for side in sides}
    assert (
        log.losses["discriminators"].keys() == {t + s for t in critics for s in sides} | penalties
    )


def test_the_weights_are_the_papers():
    recipe = ganzoo.load_recipe("stargan.stargan")
    weights = {name: term.weight for name, term in recipe.losses.items()}
    expected = {"adversarial": 1, "domain_real": 1, "domain_fake": 1, "reconstruction": 10}
    assert weights == expected
    checked = check_recipe("stargan.stargan")
    blueprint, trial = checked.blueprint, checked.trial
    assert not any(trial.idle.values())
    (penalty,) = recipe.losses["adversarial"].penalties
    _, _, height, width = (int(side) for side in trial.shapes["D.real(x)"].split(" x "))
    # For the sum over P patches the paper's 10 and 1: for their mean 10 P² and 1 / P.
    assert penalty.weight == 10 * (height * width) ** 2
    assert penalty.settings["target"] == 1 / (height * width)
    assert blueprint.variables["t"].labels == ("day", "dusk", "night", "fog")


def test_outputs_ask_for_a_domain_each():
    experiment = ganzoo.build_recipe("stargan.stargan", SMALL)
    model, x = experiment.model(), torch.rand(2, 3, 21, 30)
    for label, name in enumerate(("to_day", "to_dusk", "to_night", "to_fog")):
        asked = experiment.networks["G"](x, torch.full((2,), label))
        torch.testing.assert_close(model(name, x=x), asked)


def test_too_few_domains_are_told_before_training():
    with pytest.raises(RecipeError, match=r"set networks\.G\.classes = 2"):
        check_recipe("stargan.stargan", {"data.domains": ["day", "fog"]})
