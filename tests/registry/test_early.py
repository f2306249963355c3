"""What is refused before torch is imported: within a second, in the words of the full check."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import typing

import pytest
from PIL import Image

from ganzoo.builder.experiment import check_recipe
from ganzoo.builder.own_data import need_of
from ganzoo.cli.early import Early, need, refuse_early
from ganzoo.errors import GanzooError, RecipeError
from ganzoo.interfaces import AdversarialLoss
from ganzoo.recipe.loading import load_recipe, read_recipe
from ganzoo.recipe.places import WIRES, wires_of
from ganzoo.registry.discovery import installed
from ganzoo.registry.outline import read_outline
from ganzoo.registry.signature import settings, wires
from ganzoo.runs.lock import Lock, refuse_owned

COMPONENTS = {f"{part.kind} {part.name}": part for part in installed().registry}
PROBE = """
import sys
from ganzoo.cli import main
try:
    main()
except SystemExit as end:
    assert end.code == 2, end.code
print("torch" in sys.modules, "accelerate" in sys.modules, "torchvision" in sys.modules)
"""


@pytest.fixture
def folders(tmp_path):
    """Folders of images that no recipe takes as they are."""
    for name in ("one", "own/trainA", "own/trainB", "half/trainB", "photos/a", "my own"):
        (tmp_path / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name / "1.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "own" / "trainB" / "2.png")
    return tmp_path


@pytest.fixture
def there(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "mine.toml").write_text('extends = "cyclegan"\n[train]\nlenght = 3\n')
    return tmp_path


@pytest.mark.case("D7")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run cyclegn", "Did you mean 'cyclegan'"),
        ("run cyclegan --set train.lenght=1", "Did you mean 'length'"),
        ("run cyclegan --set networks.G.widht=1", "Did you mean 'width'"),
        ("run cyclegan --set networks.G.width=wide", "a whole number"),
        ("run cyclegan --set networks.G.type=resnt", "Did you mean 'resnet'"),
        ("run cyclegan --set losses.cycle_X.prediction=F(Gx(x))", "Did you mean 'G'"),
        ("run cyclegan --set optimizers.default.beta=1", "Did you mean 'betas'"),
        ("run cyclegan_paper", "data.root is not set"),
        ("run cyclegan_paper --set data.root=nowhere", "nowhere does not exist"),
        ("run cyclegan --out taken", "taken already exists"),
        ("run cyclegan --epochs 5", "train.length=5 epochs"),
        ("run mine.toml", "Did you mean 'length'"),
        ("check mine.toml", "Did you mean 'length'"),
        ("check cyclegan --set data.siz=3", "Did you mean 'size'"),
        ("resume nowhere", "there is no folder nowhere"),
        ("resume taken", "this folder is no run"),
        ("show cyclegann", "Did you mean 'cyclegan'"),
        ("compare cyclegan pix2pixx", "Did you mean 'pix2pix'"),
        ("compare cyclegan pix2pix --set train.lenght=1", "Did you mean 'length'"),
        ("translate nowhere a.png b.png", "nowhere: there is no such file"),
        ("translate model.safetensors a.png b.png", "a.png: there is no such file"),
        ("translate taken model.safetensors b.png", "taken: this folder holds no model"),
        ("translate taken model.safetensors b.png --best", "keeps no best model"),
        (
            "translate model.safetensors model.safetensors b.png --scale 3x",
            "trained, native, or a factor",
        ),
        ("sample taken b.png", "taken: this folder holds no model"),
        ("evaluate model.safetensors --best", "name its best.safetensors instead"),
        ("evaluate --folders taken taken --all", "--all: this is for a model"),
        ("sample nowhere b.png", "nowhere: there is no such file"),
        ("evaluate nowhere", "nowhere: there is no such file"),
        ("evaluate model.safetensors --data gone", "gone: there is no such file"),
        ("trian cyclegan", "Did you mean 'run'"),
    ],
)
def test_a_refusal_needs_no_torch(line, message, there):
    refused(line, message, there)
    assert {path.name for path in there.iterdir()} == {"taken", "model.safetensors", "mine.toml"}


def refused(line, message, cwd):
    words = [sys.executable, "-c", PROBE, *shlex.split(line)]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1:] == ["False False False"]


FOLDERS = "run cyclegan --set data.type=folders --set data.root="


@pytest.mark.case("D1", "D4", "D7")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run cyclegan --data one", "two folders of images"),
        ("run cyclegan --data own/trainA", "Did you mean --data own?"),
        ("run cyclegan --data half", "This folder holds 'trainB' (1 image)"),
        ("run pix2pix --data one", "this recipe learns from pairs"),
        ("run pix2pix --data own", "have 1 names in common"),
        ("run cgan --data one", "a folder of images for each class"),
        ("run cyclegan --data own --set train.lenght=1", "Did you mean 'length'"),
        ("run cyclegan --set data.root=own", "--data FOLDER, or --set data.type=folders"),
        (f"{FOLDERS}one", "there are no folders 'trainA', 'trainB' in one"),
        (f"{FOLDERS}half", "there is no folder 'trainA' in half"),
        (f"{FOLDERS}own --set data.x=trainC", "there is no folder 'trainC' in own"),
    ],
)
def test_folders_that_do_not_fit_are_refused_without_torch(line, message, folders):
    refused(line, message, folders)
    assert not (folders / "runs").exists()


@pytest.mark.case("C8", "D7")
def test_a_run_that_is_being_trained_is_refused_without_torch(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.toml").write_text('extends = "cyclegan"\n')
    own = Lock(tmp_path / "run").take()
    try:
        refused("resume run", f"is being trained by process {os.getpid()}", tmp_path)
    finally:
        own.release()
    (tmp_path / "run" / ".lock").write_text("{}")
    refuse_owned(tmp_path / "run")
    assert not (tmp_path / "run" / ".lock").exists()


@pytest.mark.case("D7")
@pytest.mark.parametrize("name", installed().recipes)
def test_what_a_recipe_learns_from_is_known_early(name):
    early = need(load_recipe(name))
    if early:
        assert early == need_of(check_recipe(name).blueprint)
    else:  # a plugin's data
        assert "." in load_recipe(name).data.type


@pytest.mark.case("D7")
@pytest.mark.parametrize("part", COMPONENTS.values(), ids=COMPONENTS.keys())
def test_a_components_text_says_what_its_class_says(part):
    skip = int(part.kind == "optimizer")
    found, made = read_outline(part.target, skip), part.load()
    assert found is not None, "an unusual class: then only torch can tell, and this test should too"
    told = {name: required for name, (_, required) in found.settings.items()}
    assert told == {setting.name: setting.required for setting in settings(made, skip)}
    for name, hint in typing.get_type_hints(made.__init__).items():
        if name in found.settings and "Tensor" not in str(hint):
            assert found.settings[name][0] == hint
    if part.kind in WIRES:
        plain = wires(getattr(made, WIRES[part.kind]))
        both = {"real": True, "fake": True}
        adversarial = part.kind == "loss" and issubclass(made, AdversarialLoss)
        assert wires_of(part.kind, found) == (both if adversarial else plain)


@pytest.mark.case("D7")
@pytest.mark.parametrize("name", installed().recipes)
def test_nothing_is_wrong_with_what_ships(name):
    assert list(Early(load_recipe(name)).faults()) == []


FAULTY = [
    *("train.lenght=1", "networks.G.widht=1", "networks.G.type=resnt", "networks.G.type=patchgan"),
    *("networks.D_X.type=resnet", "losses.cycle_X.type=l3", "losses.cycle_X.prediction=F(Gx(x))"),
    *("losses.cycle_X.prediction=F(G(x)", "losses.cycle_X={type='l1', target='x'}", "data.siz=1"),
    *("losses.adversarial_X.buffer.sise=3", "schedule={type='linear', hodl=1}", "data.size=big"),
    *("optimizers.default.beta=1", "optimizers.default.lr=fast", "metrics.m={type='psnrr'}"),
    *("outputs.x2y=G(", "samples.show=['Gx(x)']", "networks.G.init={type='normal', sdt=1}"),
    *("latents.z={type='nrmal'}", "losses.adversarial_X.type=lsgn", "networks.G=3"),
    *("losses.adversarial_X.penalties=[{type='r3'}]", "outputs.s={type='latent_serch'}"),
    *("losses.cycle_X.weight={type='linear', hodl=1}", "networks.N={type='flip', x=1}"),
    *("losses.adversarial_X.real=G(x)", "data.when=2020-01-01", "networks.G.norm=instanc"),
]


@pytest.mark.case("D7")
@pytest.mark.parametrize("override", FAULTY)
def test_what_is_told_early_is_what_the_full_check_tells(override):
    """In the same words and places; the full check may know more."""
    early = told(look_early, override)
    assert early <= told(check_recipe, override)
    assert early or override in ("losses.adversarial_X.real=G(x)",), "nothing was seen early"


def look_early(source, overrides=(), **how):
    refuse_early(read_recipe(source, overrides), **how)


def told(check, override):
    try:
        check("cyclegan", [override])
    except RecipeError as error:
        return set(error.faults)
    except GanzooError:
        pass
    return set()


def test_a_recipe_whose_values_only_torch_can_judge_is_checked_whole(tmp_path):
    """`check` tells all at once: a typing error does not hide what a constructor refuses."""
    file = tmp_path / "mine.toml"
    file.write_text('extends = "cyclegan"\n[networks.G]\nwidth = -1\n[train]\nlenght = 3\n')
    look_early(file, partly=False)
    with pytest.raises(RecipeError, match="lenght"):
        look_early(file)
    with pytest.raises(RecipeError, match=r"(?s)lenght.*width is -1"):
        check_recipe(file)


def test_a_class_that_is_unusual_is_unknown(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "odd_parts.py").write_text(
        "from dataclasses import dataclass\nimport other\n"
        "@dataclass\nclass A:\n    x: int = 1\n"
        "class B(other.Base):\n    def __init__(self, x: int = 1): ...\n"
        "class C:\n    def __init__(self, x: Unknown, y: 'int' = 1): ...\n"
        "D = type('D', (), {})\n"
    )
    assert [read_outline(f"odd_parts:{name}") for name in ("A", "B", "D", "E")] == [None] * 4
    assert read_outline("no_such_module:A") is None
    assert read_outline("odd_parts:C").settings == {
        "x": (typing.Any, True),
        "y": (typing.Any, False),
    }
