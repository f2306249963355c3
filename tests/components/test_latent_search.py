"""Translation by latent search: a known latent is found, and every command can ask for it."""

from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console
from torch import nn

from ganzoo import build_recipe, load_model
from ganzoo.builder.experiment import check_recipe
from ganzoo.components.latents import NormalLatent
from ganzoo.components.outputs.latent_search import LatentSearch
from ganzoo.engine.rng import torch_generator
from ganzoo.errors import RecipeError
from ganzoo.expression import Name, parse
from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Variable, head
from ganzoo.training.train import train

WIRES = {"search": "z", "reconstruction": "G.x(z)", "target": "x", "render": "G.y(z)"}
SHORT = {
    "networks.G.width": 4,
    "networks.D.width": 4,
    "data": {"type": "streets", "size": 64, "count": 4, "held_out": 2},
    "train": {"length": "2 steps", "batch_size": 2, "device": "cpu"},
    "samples.count": 1,
}


class Linear(nn.Module):
    """Images 2 x 4 x 4 that are linear in a latent of 6 numbers: least squares has one answer."""

    def __init__(self) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(0)
        self.of_x = nn.Parameter(torch.randn(32, 6, generator=rng) / 6)
        self.of_y = nn.Parameter(torch.randn(32, 6, generator=rng) / 6)

    @head
    def x(self, z):
        return (z @ self.of_x.T).reshape(-1, 2, 4, 4)

    @head
    def y(self, z):
        return (z @ self.of_y.T).reshape(-1, 2, 4, 4)


def model(**settings) -> Model:
    part = LatentSearch(**{"steps": 200, "lr": 0.2, **settings})
    wires = {name: parse(text) for name, text in WIRES.items()}
    variables = {"x": Variable(2, (4, 4)), "z": Variable(6)}
    outputs = {"x2y": OutputWire(Name("x2y"), component=part, wires=wires)}
    return Model({"G": Linear()}, outputs, variables, {"z": NormalLatent(size=6)})


@pytest.mark.parametrize("distance", ["l1", "l2"])
def test_the_latent_of_a_linear_generator_is_found(distance):
    searched = model(distance=distance)
    generator = searched.networks["G"]
    z = torch.tensor([[1.0, -2.0, 0.5, 0.0, 1.5, -0.3], [-1.0, 0.2, 0.0, 2.0, -0.5, 0.8]])
    with torch.no_grad():
        x, y = generator.x(z), generator.y(z)
    found = searched("x2y", x=x)
    assert found.shape == y.shape
    assert not found.requires_grad
    assert (found - y).abs().max() < (0.02 if distance == "l2" else 0.1)
    assert (y - y.flip(0)).abs().mean() > 0.2, "the two samples differ"


def beyond(searched, x, seed=0):
    """The output of images that may leave [-1, 1], which a call would refuse."""
    return searched.evaluate([searched.output("x2y")], {"x": x}, seed)[0]


def test_an_image_that_cannot_be_made_gets_the_least_squares_latent():
    searched = model(steps=400)
    generator = searched.networks["G"]
    x = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(3))
    z = torch.linalg.lstsq(generator.of_x.detach(), x.flatten()).solution[None]
    with torch.no_grad():
        assert (beyond(searched, x) - generator.y(z)).abs().max() < 0.02


def test_the_best_draw_is_chosen_without_a_step():
    searched = model(steps=0, draws=64, starts=1)
    generator = searched.networks["G"]
    z = searched.latents["z"].draw((64, 6), torch_generator(5, "latent", "z"))
    with torch.no_grad():
        assert torch.equal(beyond(searched, generator.x(z[17:18]), 5), generator.y(z[17:18]))


def test_it_is_the_same_for_a_seed_and_leaves_no_trace():
    searched = model(steps=3)
    x = torch.rand(1, 2, 4, 4) * 2 - 1
    state = torch.random.get_rng_state()
    first = searched("x2y", x=x, seed=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(first, searched("x2y", x=x, seed=1))
    assert not torch.equal(first, searched("x2y", x=x, seed=2))
    assert all(p.grad is None for p in searched.networks["G"].parameters())


def test_a_target_of_another_size_is_brought_to_the_generator_and_back():
    assert model(steps=1)("x2y", x=torch.rand(1, 2, 6, 9) - 0.5).shape == (1, 2, 6, 9)


def test_what_it_is_made_from_is_known():
    output = model().output("x2y")
    assert output.names == {"x", "z"}
    assert output.networks == {"G"}
    with pytest.raises(ValueError, match="needs x"):
        model()("x2y")


@pytest.mark.parametrize(
    "settings", [{"steps": -1}, {"lr": 0.0}, {"starts": 0}, {"starts": 5, "draws": 4}]
)
def test_odd_settings_are_refused(settings):
    with pytest.raises(ValueError, match="must be"):
        LatentSearch(**settings)


def test_a_run_shows_it_measures_it_and_keeps_it(recipes, tmp_path):
    quick = {f"outputs.{name}.steps": 2 for name in ("x2y", "y2x")}
    experiment = build_recipe(recipes / "cogan.toml", {**SHORT, **quick})
    train(experiment, tmp_path / "run", console=Console(file=io.StringIO()))
    assert (tmp_path / "run" / "metrics.json").exists()
    assert next((tmp_path / "run" / "samples").glob("*.png"))
    again = load_model(tmp_path / "run")
    x = torch.rand(1, 3, 64, 80) * 2 - 1
    made = again("x2y", x=x, seed=4)
    assert made.shape == (1, 3, 64, 80)
    assert torch.equal(made, experiment.model()("x2y", x=x, seed=4))
    assert set(again.networks) == {"G"}


def test_a_check_evaluates_its_wires_and_searches_nothing(recipes, monkeypatch):
    def never(self, search, reconstruction, target, render):
        raise AssertionError("a trial step has no values to search with")

    monkeypatch.setattr(LatentSearch, "make", never)
    checked = check_recipe(recipes / "cogan.toml")
    blueprint, trial = checked.blueprint, checked.trial
    assert trial.shapes["G.y(z)"] == "8 x 3 x 64 x 64"
    assert blueprint.recipe.outputs["x2y"].settings["steps"] == LatentSearch().steps
    assert list(blueprint.outputs)[:2] == ["x2y", "y2x"]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"search": "x"}, "outputs.x2y.search", "name of a latent"),
        ({"search": "G.x(z)"}, "outputs.x2y.search", "name of a latent"),
        ({"render": "G.v(z)"}, "outputs.x2y.render", "has no head 'v'"),
        ({"render": "H(z)"}, "outputs.x2y.render", "no network 'H'"),
        ({"stepps": 3}, "outputs.x2y.stepps", "Did you mean 'steps'"),
        ({"steps": "many"}, "outputs.x2y.steps", "a whole number"),
        ({"starts": 100}, "outputs.x2y", "must be 1 to draws"),
        ({"type": "latent_serch"}, "outputs.x2y.type", "Did you mean 'latent_search'"),
        ({"render": None}, "outputs.x2y", "needs the wire 'render'"),
    ],
)
def test_faults_have_their_place(recipes, change, path, words):
    table = {"type": "latent_search", **WIRES, **change}
    table = {key: value for key, value in table.items() if value is not None}
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipes / "cogan.toml", {"outputs.x2y": table})
    [fault] = [fault for fault in caught.value.faults if fault.path == path]
    assert words in fault.message


@pytest.mark.parametrize(
    ("output", "path", "words"),
    [
        ({"expresion": "G(x)"}, "outputs.x2y.expresion", "Did you mean 'expression'"),
        ({"expression": "G(x)", "mode": "tain"}, "outputs.x2y.mode", "'eval' or 'train'"),
        (3, "outputs.x2y", "should be a table"),
    ],
)
def test_faults_of_other_outputs_are_told_as_ever(recipes, output, path, words):
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipes / "cyclegan.toml", {"outputs.x2y": output})
    assert words in next(f.message for f in caught.value.faults if f.path == path)
    assert len({f.path for f in caught.value.faults}) == len(caught.value.faults) <= 2
