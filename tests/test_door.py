"""The front door: what `import ganzoo` offers, what that costs, and that commands do the same."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pydoc
import subprocess
import sys
import textwrap

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

import ganzoo
from ganzoo.builder.blueprint import ComponentPlan
from ganzoo.cli import app
from ganzoo.errors import GanzooError, ModelError, RecipeError, RunError
from ganzoo.inference.model import Model

NAMES = [
    *("Callback", "Component", "Experiment", "Model", "build_recipe", "evaluate", "hookimpl"),
    *("list_components", "load_model", "load_recipe", "plan_recipe", "train"),
]
PSNR = {"type": "psnr", "prediction": "x2y", "target": "y"}
SHORT = {"train.length": "2 steps", "samples.count": 1, "metrics.quality": PSNR}


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def run(tmp_path_factory, request, tiny_settings):
    """A run that nobody changes, its experiment, and how it ended."""
    out = tmp_path_factory.mktemp("door") / "run"
    recipe = request.config.rootpath / "recipes" / "cyclegan.toml"
    experiment = ganzoo.build_recipe(recipe, {**tiny_settings, **SHORT})
    return out, experiment, ganzoo.train(experiment, out, quiet=True)


def test_it_shows_the_public_names_and_no_others():
    shown = [name for name in dir(ganzoo) if not name.startswith("__")]
    assert shown == sorted(ganzoo.__all__) == NAMES
    with pytest.raises(AttributeError, match="module 'ganzoo' has no attribute 'trian'"):
        _ = ganzoo.trian


@pytest.mark.parametrize(
    "statement",
    [
        "import ganzoo; dir(ganzoo)",
        "from ganzoo import list_components, load_recipe, Component, hookimpl",
        "import ganzoo; [repr(component) for component in ganzoo.list_components()]",
        "import ganzoo; ganzoo.load_recipe('cyclegan')",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(statement):
    code = f"{statement}\nimport sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", [name for name in NAMES if name != "hookimpl"])
def test_a_newcomer_reads_what_it_is_with_an_example(name):
    text = inspect.getdoc(getattr(ganzoo, name))
    example = text.split("\n\n")[1]
    assert example.startswith("    ")
    assert "ganzoo." in example
    ast.parse(textwrap.dedent(example))


def test_help_shows_every_name_and_its_first_sentence():
    page = pydoc.plain(pydoc.render_doc(ganzoo))
    for name in set(NAMES) - {"hookimpl"}:
        assert inspect.getdoc(getattr(ganzoo, name)).partition("\n")[0] in page


def test_what_a_type_checker_is_shown_is_what_there_is():
    """Each name that is imported for type checkers is the one that the door fetches."""
    block = next(node for node in ast.parse(inspect.getsource(ganzoo)).body if _is_for_types(node))
    froms = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    shown = {alias.name: node.module for node in froms for alias in node.names}
    assert {name: shown[name] for name in ganzoo._LAZY} == ganzoo._LAZY
    for name, module in ganzoo._LAZY.items():
        assert getattr(ganzoo, name) is getattr(importlib.import_module(module), name)


def _is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_an_experiment_says_its_name_and_size(recipes, tiny):
    """A resnet of width 4 with one block: 592 + 296 + 1168 + 2 * 2320 + 1160 + 292 + 591 = 8739
    parameters; a discriminator of pixels of width 4: 16 + 40 + 9 = 65; two of each are 17,608.
    """
    pixels = {"type": "pixel", "width": 4}
    settings = tiny(networks__D_X=pixels, networks__D_Y=pixels)
    experiment = ganzoo.build_recipe(recipes / "cyclegan.toml", settings)
    assert repr(experiment) == (
        "<ganzoo.Experiment cyclegan: 4 networks, 17.6 k parameters, 4 losses, streets 16 px>"
    )
    assert repr(experiment.model()) == (
        "<ganzoo.Model cyclegan: x2y, y2x; 4 networks, 17.6 k parameters, cpu>"
    )


def test_what_is_odd_has_a_repr_as_well(recipes, tiny):
    wide = ganzoo.build_recipe(
        recipes / "pix2pix.toml",
        {
            "data": {"type": "paired_folders", "root": "none", "size": [16, 32]},
            "networks.G": {"type": "resnet", "width": 4, "blocks": 1},
            "networks.D": {"type": "pixel", "width": 4, "in_channels": 6},
            "losses.reconstruction.weight": 0,
        },
    )
    assert repr(wide).endswith("1 loss, paired_folders 32 x 16 px>"), "width first, as of images"
    assert repr(Model({}, {}, {}, {})) == (
        "<ganzoo.Model of no recipe: no outputs; 0 networks, 0 parameters, cpu>"
    )


def test_a_repr_builds_and_draws_nothing(run, monkeypatch):
    _, experiment, _ = run
    model, chance = experiment.model(), torch.get_rng_state()
    monkeypatch.setattr(ComponentPlan, "make", lambda *_: pytest.fail("something was built"))
    assert "cyclegan" in repr(experiment)
    assert "cyclegan" in repr(model)
    assert torch.equal(torch.get_rng_state(), chance)


def test_a_component_says_what_it_is():
    (l1,) = (each for each in ganzoo.list_components("loss") if each.name == "l1")
    with pytest.raises(ValueError, match=r"no kind of component 'los'\. Did you mean 'loss'\?"):
        ganzoo.list_components("los")
    assert repr(l1) == f"<ganzoo.Component loss l1: {l1.summary} (ganzoo-core {l1.version})>"
    assert repr(ganzoo.Component("loss", "x", "m:C", "a\x1b]0;b\n", "p", "1")) == (
        r"<ganzoo.Component loss x: a\x1b]0;b\n (p 1)>"
    )


def test_training_is_quiet_where_that_is_wanted_and_says_how_it_ended(run, tmp_path, capfd):
    folder, _, outcome = run
    assert repr(outcome) == f"<ganzoo.Outcome {folder}: finished, step 2>"
    model = ganzoo.load_model(folder)
    assert repr(model).startswith("<ganzoo.Model cyclegan, step 2: x2y, y2x; 2 networks, ")
    capfd.readouterr()
    again = ganzoo.train(folder, tmp_path / "again", overrides=SHORT, quiet=True)
    assert capfd.readouterr() == ("", "")
    assert (again.step, again.finished) == (2, True)
    assert (tmp_path / "again" / "log.jsonl").read_text()


def test_a_run_is_stopped_and_goes_on(recipes, tiny, tmp_path, capfd):
    """With the weights of a training without the break."""
    settings = {**tiny(), **SHORT}
    first = ganzoo.train(
        recipes / "cyclegan.toml", tmp_path / "run", overrides=settings, stop_after=1e-6
    )
    assert repr(first) == f"<ganzoo.Outcome {tmp_path / 'run'}: stopped, step 1>"
    assert "first samples" in capfd.readouterr().out, "it speaks where nobody asked for quiet"
    then = ganzoo.train(tmp_path / "run", str(tmp_path / "run"), resume=True, quiet=True)
    assert (then.step, then.finished) == (2, True)
    whole = ganzoo.train(
        recipes / "cyclegan.toml", tmp_path / "whole", overrides=settings, quiet=True
    )
    models = [ganzoo.load_model(outcome.folder.path) for outcome in (then, whole)]
    for name, network in models[0].networks.items():
        for key, tensor in network.state_dict().items():
            assert torch.equal(tensor, models[1].networks[name].state_dict()[key])


def test_what_training_refuses(run, recipes, tmp_path):
    folder, experiment, _ = run
    with pytest.raises(RunError, match="already holds a run"):
        ganzoo.train("no such recipe", folder)
    with pytest.raises(GanzooError, match="there is no recipe"):
        ganzoo.train("no such recipe", tmp_path / "new")
    with pytest.raises(RecipeError, match="widht"):
        ganzoo.train("cyclegan", tmp_path / "new", overrides={"networks.G.widht": 1})
    with pytest.raises(ValueError, match="this experiment is built already"):
        ganzoo.train(experiment, tmp_path / "new", overrides={"train.seed": 1})
    for seconds in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="give seconds, more than 0"):
            ganzoo.train(experiment, tmp_path / "new", stop_after=seconds)
    assert not (tmp_path / "new").exists()


def test_it_evaluates_as_the_command_does(run):
    """One function: to the last bit, from the folder, the file, the model and the experiment."""
    folder, experiment, _ = run
    told = json.loads(command("evaluate", folder, "--json").stdout)
    by_folder = ganzoo.evaluate(str(folder))
    assert json.loads(json.dumps(by_folder.as_json())) == told
    assert list(by_folder.scores) == ["labels", "quality"]
    others = [folder / "model.safetensors", ganzoo.load_model(folder), experiment.model()]
    for model in others:
        assessment = ganzoo.evaluate(model)
        assert assessment.evaluation == by_folder.evaluation
        assert (assessment.samples, assessment.data) == (by_folder.samples, by_folder.data)
    assert assessment.as_json()["model"] is None, "an experiment's networks are of no file"


def test_an_assessment_reads_as_the_command_prints_it(run):
    folder, experiment, _ = run
    printed = CliRunner().invoke(app, ["evaluate", str(folder)], env={"COLUMNS": "100"}).stdout
    assessment = ganzoo.evaluate(folder)
    lines = [line.rstrip() for line in printed.splitlines()]
    assert str(assessment) == repr(assessment) == "\n".join(lines)
    head = ganzoo.evaluate(experiment.model(), ["quality"]).headline
    assert head.startswith("cyclegan: weights as they are now, on 2 test samples of x and y")


def test_metrics_data_and_settings_of_an_open_model(run, tmp_path):
    folder, _, _ = run
    model = ganzoo.load_model(folder)
    assert list(ganzoo.evaluate(model, ["quality"]).scores) == ["quality"]
    fewer = {"data.held_out": 2, "metrics.labels": {}}
    more = ganzoo.evaluate(model, overrides=fewer, split="all")
    assert (more.samples, list(more.scores)) == (2, ["quality"])
    for side in ("testA", "testB"):
        (tmp_path / side).mkdir()
        Image.new("RGB", (16, 16), "teal").save(tmp_path / side / "1.png")
    settings = {"data.type": "paired_folders", "data.size": 16}
    own = ganzoo.evaluate(model, ["quality"], data=tmp_path, overrides=settings)
    same = ganzoo.evaluate(folder, ["quality"], data=str(tmp_path), overrides=settings)
    assert own.samples == same.samples == 1
    assert own.evaluation == same.evaluation
    assert str(tmp_path) in own.headline
    with pytest.raises(GanzooError, match="no metric 'qualty'"):
        ganzoo.evaluate(model, ["qualty"])


def test_notes_go_to_stderr_or_to_whom_one_says(run, capsys):
    folder, _, _ = run
    lost = {"metrics.lost": {"type": "psnr", "prediction": "D_X(x)", "target": "y"}}
    ganzoo.evaluate(folder, overrides=lost)
    out, err = capsys.readouterr()
    assert not out
    assert "metrics.lost is left out: the model file does not hold D_X" in err
    told = []
    ganzoo.evaluate(folder, overrides=lost, tell=told.append)
    assert [line in err for line in told] == [True]


def test_what_an_open_model_cannot_say(run):
    with pytest.raises(ModelError, match="the recipe of this model is not known"):
        ganzoo.evaluate(Model({}, {}, {}, {}))


def test_options_of_models_are_refused_beside_folders(tmp_path):
    result = command("evaluate", "--folders", tmp_path, tmp_path, "--all", "--recipe", "cyclegan")
    assert result.exit_code == 2
    assert result.stderr == "ganzoo: --all, --recipe: this is for a model, not for --folders\n"
