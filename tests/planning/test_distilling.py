"""Recipes of students: what they keep of their teacher, and that a student learns from it."""

from __future__ import annotations

import io
import tomllib

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe, list_components, load_model
from ganzoo.builder.experiment import check_recipe
from ganzoo.builder.packaging import write_model
from ganzoo.builder.trained import open_weights
from ganzoo.builder.weight_source import find_weights
from ganzoo.errors import GanzooError, RecipeError
from ganzoo.planning.distilled_table import mean_difference
from ganzoo.planning.distilling import DistilRequest, draft_student
from ganzoo.planning.student_networks import Sizes
from ganzoo.registry.signature import parameters
from ganzoo.training.train import train


@pytest.fixture
def teach(tmp_path, tiny):
    """A function that writes a model, as drawn at random, and returns its file."""

    def write(recipe="cyclegan", settings=None):
        path = tmp_path / "teacher.safetensors"
        others = tiny() if recipe == "cyclegan" else {}
        write_model(build_recipe(recipe, {**others, **(settings or {})}), path, 0)
        return path

    return write


def draft(path, output="", width=2, blocks=None, **more):
    source = find_weights(path)
    request = DistilRequest(str(source.file), output, Sizes(width, blocks), **more)
    return draft_student(*open_weights(source), source.tables, request)


@pytest.mark.parametrize(
    ("output", "teacher", "image", "judge"),
    [("", "G", "x", "D_Y"), ("y2x", "F", "y", "D_X")],
)
def test_a_student_of_each_direction(teach, output, teacher, image, judge):
    student = draft(teach(), output)
    networks, losses = student.tables["networks"], student.tables["losses"]
    real = "y" if image == "x" else "x"
    assert networks.keys() == {teacher, "S", judge}
    assert networks[teacher]["trainable"] is False
    assert (networks[teacher]["width"], networks["S"]["width"]) == (4, 2)
    for term in ("imitation", "features"):
        wires = losses[term]["prediction"], losses[term]["target"]
        assert wires == (f"S({image})", f"{teacher}({image})")
    (name,) = losses.keys() - {"imitation", "features"}
    assert losses[name]["real"] == f"{judge}({real})"
    assert losses[name]["fake"] == f"{judge}(S({image}))"
    assert student.tables["outputs"] == {output or "x2y": f"S({image})"}
    assert student.name == f"cyclegan_{output or 'x2y'}_2"


def test_the_text_is_the_recipe_and_explains_every_network_and_term(teach):
    student = draft(teach())
    assert tomllib.loads(student.text) == {**student.tables}
    lines = student.text.splitlines()
    for path, comment in student.comments.items():
        assert any(comment[:40] in line for line in lines), path
    explained = {path.partition(".")[2] for path in student.comments}
    assert {*student.tables["networks"], *student.tables["losses"]} <= explained


def test_the_teachers_reading_metrics_and_training_are_kept(teach):
    bands = {"type": "folders", "root": "gone", "size": 16, "channels": {"x": 1, "y": 5}}
    bands |= {"range": {"x": [0, 4095], "y": [-1000, 400]}, "dtype": {"x": "uint16", "y": "int16"}}
    shift = {"metrics.shift": {"type": "cycle_error", "prediction": "x2y", "target": "x"}}
    more = {"metrics.labels": {}, "metrics.photos": {}, "metrics.kid": {}, "metrics.layout": {}}
    settings = {"data": bands, "train.seed": 3, "train.batch_size": 2, **more, **shift}
    path = teach(settings=settings)
    tables = draft(path, "y2x", steps=7).tables
    assert tables["data"]["channels"] == {"x": 1, "y": 5}
    assert tables["data"]["range"] == {"x": [0, 4095], "y": [-1000, 400]}
    assert tables["train"] == {"length": "7 steps", "seed": 3, "batch_size": 2, "device": "cpu"}
    assert "metrics" not in tables, "the only one is of the other output"
    assert "features" not in tables["losses"], "its network takes three channels"
    blueprint = check_recipe(tables, count=False).blueprint
    own = blueprint.output("y2x")
    assert own.domain == "x"
    assert blueprint.networks["S"].settings["in_channels"] == 5
    assert blueprint.networks["S"].settings["out_channels"] == 1
    assert {*draft(path, "x2y").tables["metrics"]} == {"shift"}


PAIRS = {
    "networks.G": {"type": "unet", "width": 4, "layers": 3, "norm": "batch"},
    "networks.D": {"type": "patchgan", "width": 4, "layers": 1},
    "data": {"type": "streets", "size": 16, "count": 8, "held_out": 3, "paired": True},
}


def test_a_conditional_game_and_its_order_stay(teach):
    tables = draft(teach("pix2pix", PAIRS)).tables
    adversarial = tables["losses"]["adversarial"]
    assert (adversarial["real"], adversarial["fake"]) == ("D(x, y)", "D(x, S(x))")
    assert tables["players"]["order"] == ["discriminators", "generators"]
    assert tables["outputs"] == {"x2y": {"expression": "S(x)", "mode": "train"}}
    assert check_recipe(tables, count=False).blueprint.networks["D"].settings["in_channels"] == 6


def test_a_wire_of_two_networks_has_two_students(teach):
    change = {"outputs": {}, "outputs.there_and_back": "F(G(x))", "metrics": {}}
    tables = draft(teach(settings=change)).tables
    assert tables["networks"].keys() == {"F", "G", "S_F", "S_G", "D"}
    assert tables["outputs"] == {"there_and_back": "S_F(S_G(x))"}
    assert tables["losses"]["adversarial"]["fake"] == "D(S_F(S_G(x)))"
    check_recipe(tables, count=False)


def generators():
    return [each for each in list_components("generator") if each.package.startswith("ganzoo")]


@pytest.mark.parametrize("component", generators(), ids=lambda each: each.name)
def test_every_generator_of_images_has_a_student_or_is_refused_by_name(component, teach):
    known = [each.name for each in parameters(component.load())]
    narrow = {"width": 4} if "width" in known else {}
    try:
        path = teach(settings={"networks.G": {"type": component.name, **narrow}, "data.size": 32})
    except RecipeError:
        pytest.skip("it does not take an image alone")
    if narrow:
        check_recipe(draft(path).tables, count=False)
        return
    with pytest.raises(GanzooError, match=f"networks.G: '{component.name}' has no setting 'width'"):
        draft(path)


@pytest.mark.parametrize(
    ("settings", "asked", "told"),
    [
        ({}, {"width": 5}, "--width 5: networks.G of the teacher has 4; a student has less"),
        ({}, {"width": 4}, "--width 4: networks.G of the teacher has 4; a student has less"),
        ({}, {"blocks": 2}, "--blocks 2: networks.G of the teacher has 1"),
        ({}, {"output": "z2y"}, "--output: there is no output 'z2y'; there is x2y, y2x"),
        ({"outputs.same": "x"}, {"output": "same"}, "'x' has no weights"),
        (
            {"networks.G": {"type": "unet", "width": 4, "layers": 3}},
            {"blocks": 1},
            "networks.G: 'unet' has no setting 'blocks'",
        ),
    ],
)
def test_what_cannot_be_distilled_is_refused(teach, settings, asked, told):
    with pytest.raises(GanzooError, match=told):
        draft(teach(settings=settings), **asked)


def test_a_drawn_output_is_refused(teach):
    dcgan = {"networks.G.width": 4, "networks.D.width": 4}
    with pytest.raises(GanzooError, match=r"which is made from no image"):
        draft(teach("dcgan", dcgan))


def difference(one, other, images):
    """The mean absolute difference of two networks, without anything of ganzoo's inference."""
    with torch.no_grad():
        return float((one(images) - other(images)).abs().mean())


def test_a_student_learns_and_its_teacher_stays_bit_for_bit(teach, tmp_path):
    path = teach()
    short = {"train.length": "12 steps", "samples.count": 1, "metrics": {}}
    experiment = build_recipe(draft(path).tables, {**short, "optimizers.default.lr": 0.01})
    teacher, student = experiment.networks["G"], experiment.networks["S"]
    experiment.data.prepare()
    images = torch.stack([experiment.data.test_sample(i)["x"] for i in range(3)])
    before = difference(teacher, student, images)
    train(experiment, tmp_path / "run", console=Console(file=io.StringIO()))
    assert difference(teacher, student, images) < 0.8 * before
    stored = load_file(path)
    for name, tensor in teacher.state_dict().items():
        assert torch.equal(tensor, stored[f"network/G/{name}"])
    held = load_file(tmp_path / "run" / "model.safetensors")
    assert {name.split("/")[1] for name in held} == {"S"}
    both = load_model(path), load_model(tmp_path / "run")
    measured, count = mean_difference(*both, "x2y", experiment.data)
    assert count == 3
    assert measured == pytest.approx(difference(teacher, student, images), rel=1e-4)
