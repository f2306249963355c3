"""The recipes: sound as shipped, trained for two tiny steps, wired as the paper says."""

from __future__ import annotations

from collections import Counter

import ganzoo
import pytest
import torch
from accelerate import Accelerator
from ganzoo import testing
from ganzoo.builder.experiment import check_recipe
from ganzoo.components.networks.resnet import ResNet
from ganzoo.errors import RecipeError
from ganzoo.interfaces import Callback
from ganzoo.registry.discovery import installed

from ganzoo_cut.projection import Projection

RECIPES = ["cut", "fastcut", "reverse", "earth"]
STREETS = {"type": "streets", "size": 16, "count": 4, "held_out": 2}
TINY = {
    "networks.G": {"type": "resnet", "width": 4, "blocks": 1, "layers": [0, 5, 11]},
    "networks.H": {"type": "cut.projection", "channels": [3, 8, 16], "width": 8, "patches": 9},
    "networks.D": {"type": "patchgan", "width": 4, "layers": 1},
    "data": STREETS,
    "train.device": "cpu",
}
recipes = pytest.mark.parametrize("name", RECIPES)


def losses(experiment):
    """Of one step, by player."""
    found = {}

    class Log(Callback):
        def on_log(self, training, entry):
            found.update(entry["losses"])

    experiment.trainer(Accelerator(cpu=True)).run([Log()])
    return found


@recipes
def test_it_is_sound_as_shipped_and_nothing_idles(name):
    if name == "earth":
        pytest.importorskip("ganzoo_earth", reason="pip install ganzoo-earth")
    checked = check_recipe(f"cut.{name}")
    blueprint, trial = checked.blueprint, checked.trial
    assert not any(trial.idle.values())
    assert trial.flops > 0
    assert 10 < len(blueprint.recipe.summary) <= 100


@recipes
def test_it_trains_and_resumes(name):
    testing.check_recipe(f"cut.{name}", TINY)


@recipes
def test_generator_and_head_move_together_against_the_critic(name):
    experiment = ganzoo.build_recipe(f"cut.{name}", TINY)
    own = {player.name: set(player.networks.keys()) for player in experiment.players}
    assert own == {"generators": {"G", "H"}, "discriminators": {"D"}}


def test_they_stand_in_the_table_of_comparison():
    """The same outputs and metrics as CycleGAN's, in the direction that is trained."""
    wanted = ganzoo.load_recipe("cyclegan").metrics
    for name, output in (("cut", "x2y"), ("fastcut", "x2y"), ("reverse", "y2x")):
        recipe = ganzoo.load_recipe(f"cut.{name}")
        ours = {n: m for n, m in wanted.items() if m.settings["prediction"] == output}
        assert list(recipe.outputs) == [output]
        for mine, theirs in ((recipe.metrics[n], m) for n, m in ours.items()):
            assert (mine.type, mine.settings) == (theirs.type, theirs.settings)
        assert recipe.metrics.keys() == ours.keys()


def test_on_earth_it_learns_from_the_same_as_cyclegan():
    pytest.importorskip("ganzoo_earth", reason="pip install ganzoo-earth")
    ours, theirs = (ganzoo.load_recipe(name) for name in ("cut.earth", "earth.cyclegan"))
    assert (ours.metrics, ours.data) == (theirs.metrics, theirs.data)


def test_without_the_package_of_its_data_it_names_it(monkeypatch):
    registry = installed().registry
    monkeypatch.setattr(registry, "plugins", registry.plugins - {"earth"})
    monkeypatch.delitem(registry.components, ("data", "earth.maps"), raising=False)
    with pytest.raises(
        RecipeError, match=r"'earth' is installed; pip install \./plugins/ganzoo-earth in"
    ):
        check_recipe("cut.earth")


def test_fastcut_has_no_identity_and_never_translates_y():
    cut, fast = (check_recipe(f"cut.{name}").trial for name in ("cut", "fastcut"))
    assert "G(y)" in cut.shapes
    assert "G(y)" not in fast.shapes
    assert fast.flops < 0.7 * cut.flops
    recipe = ganzoo.load_recipe("cut.fastcut")
    assert [recipe.losses[n].weight for n in ("adversarial", "nce_X", "nce_Y")] == [1, 3, 0]


def test_every_call_of_the_generator_is_made_once_and_merged(monkeypatch):
    """G on x and y together; its features of both, then of both translations; H by itself."""
    seen: Counter[tuple[str, int]] = Counter()

    def watch(part, name, label):
        real = getattr(part, name)

        def counted(self, given, *rest):
            batch = given[0] if isinstance(given, list) else given
            seen[label, len(batch)] += 1
            return real(self, given, *rest)

        counted.__dict__.update(real.__dict__)
        monkeypatch.setattr(part, name, counted)

    watch(ResNet, "forward", "G")
    watch(ResNet, "features", "features")
    watch(Projection, "forward", "H")
    experiment = ganzoo.build_recipe("cut.cut", {**TINY, "train.length": "1 steps"})
    seen.clear()
    losses(experiment)
    assert seen == {("G", 2): 1, ("features", 2): 2, ("H", 1): 4}


def test_keys_are_given_and_queries_are_not():
    """The gradient of G is that of a loss whose keys were made without any."""
    experiment = ganzoo.build_recipe("cut.fastcut", TINY)
    G, H = (experiment.networks[name] for name in "GH")
    torch.manual_seed(0)
    x, p = torch.rand(1, 3, 16, 16) * 2 - 1, torch.rand(1, 1, 16, 16)
    (loss,) = [t.loss for t in experiment.players[0].terms if t.name == "nce_X"]
    gradients = []
    for keys in (torch.enable_grad, torch.no_grad):
        with keys():
            key = H(G.features(x), p)
        cost = loss(H(G.features(G(x)), p), key)
        wanted = [*G.parameters(), *H.parameters()]
        gradients.append(torch.autograd.grad(cost, wanted))
    assert all(map(torch.equal, *gradients))
    assert all(g.isfinite().all() for g in gradients[0])


def test_channels_that_do_not_fit_are_said():
    with pytest.raises(RecipeError, match=r"set channels = \[3, 64, 128, 128, 128\]"):
        ganzoo.build_recipe("cut.cut", {"networks.G.width": 32})
