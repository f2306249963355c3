"""`ganzoo run RECIPE --data FOLDER`: what is taken, what is kept and what is left out."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo import load_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.builder.own_data import need_of, own_data
from ganzoo.builder.resolve import read
from ganzoo.cli import app
from ganzoo.components.data.choosing import choose
from ganzoo.errors import DataError, GanzooError, RecipeError
from ganzoo.registry.discovery import installed


def ganzoo(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def draw(folder, count, first=0, size=(16, 16)):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


LAYOUTS = {
    "trainA, trainB": ("domains", {"trainA": 3, "trainB": 2, "testA": 1}, {"type": "folders"}),
    "two of any names": (
        "domains",
        {"photos": 3, "cartoons": 2, "test": 1},
        {"type": "folders", "x": "cartoons", "y": "photos"},
    ),
    "domains in train": (
        "domains",
        {"train/cat": 3, "train/dog": 2, "val/cat": 1, "val/dog": 1},
        {"type": "folders", "x": "train/cat", "y": "train/dog", "test_x": "val/cat"}
        | {"test_y": "val/dog"},
    ),
    "pairs by name": (
        "pairs",
        {"map": 2, "photo": 2},
        {"type": "paired_folders", "layout": "folders", "x": "map", "y": "photo"},
    ),
    "pairs in trainA": (
        "pairs",
        {"trainA": 2, "trainB": 2},
        {"type": "paired_folders", "layout": "folders"},
    ),
    "classes": (
        "classes",
        {"cat": 30, "dog": 20, "test": 9},
        {"type": "class_folders", "classes": ["cat", "dog"], "held_out": 2},
    ),
    "images alone, in folders": (
        "images",
        {"cat": 3},
        {"type": "class_folders", "classes": ["cat"], "held_out": 1},
    ),
}


@pytest.mark.parametrize(("need", "folders", "settings"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_what_lies_there_decides(place, need, folders, settings):
    for name, count in folders.items():
        draw(place / "own" / name, count)
    choice = choose(place / "own", need)
    assert choice.settings == {"root": str(place / "own"), **settings}


@pytest.mark.parametrize("need", ["pairs", "domains"])
def test_images_side_by_side(place, need):
    draw(place / "own" / "train", 3, size=(16, 32))
    settings = {"type": "paired_folders", "layout": "side_by_side", "train": "train"}
    assert choose(place / "own", need).settings == {"root": str(place / "own"), **settings}
    draw(place / "flat", 3, size=(16, 32))
    assert choose(place / "flat", need).settings["train"] == "."
    draw(place / "square", 3)
    with pytest.raises(DataError, match="This folder holds no folders, and 3 images"):
        choose(place / "square", need)


def test_a_folder_of_images_is_its_own_class(place):
    draw(place / "cats", 20)
    assert choose(place / "cats", "images").settings == {
        **{"type": "class_folders", "root": str(place)},
        **{"classes": ["cats"], "held_out": 2},
    }


@pytest.mark.case("D4")
@pytest.mark.parametrize(
    ("need", "folders", "told"),
    [
        (
            "domains",
            {"a": 3, "b": 1, "c": 4},
            "This folder holds 'a' (3 images), 'b' (1 image)",
        ),
        ("domains", {"a": 3}, "This folder holds 'a' (3 images)"),
        ("pairs", {"a": 3, "b": 2}, "'a' (3 images) and 'b' (2 images) have 2 names in common"),
        (
            "classes",
            {},
            "a folder of images for each class. This folder holds no folders, and 0 images",
        ),
    ],
)
def test_what_is_not_plain_is_told_with_what_is_there(place, need, folders, told):
    (place / "own").mkdir()
    for name, count in folders.items():
        draw(place / "own" / name, count)
    with pytest.raises(DataError) as caught:
        choose(place / "own", need)
    assert told in str(caught.value)
    if len(folders) == 3:
        assert "; say which: --set data.x=FOLDER --set data.y=FOLDER" in str(caught.value)
        found = choose(place / "own", need, ["x", "y"])
        assert found.settings == {"root": str(place / "own"), "type": "folders"}


@pytest.mark.case("D4")
def test_files_that_are_not_read_are_counted(place):
    (place / "own").mkdir()
    for number in range(30):
        (place / "own" / f"{number}.psd").touch()
    with pytest.raises(DataError, match=r"and 0 images \(30 left out: 30 \.psd\)"):
        choose(place / "own", "domains")


NEEDS = {
    "cyclegan": "domains",
    "cyclegan_paper": "domains",
    "pix2pix": "pairs",
    "pix2pix_reverse": "pairs",
    "bigan": "domains",
    "cogan": "domains",
    "gan": "images",
    "wgan_gp": "images",
    "cgan": "classes",
    "cut.cut": "domains",
    "r3gan.r3gan": "classes",
}


@pytest.mark.parametrize(("recipe", "need"), NEEDS.items())
def test_a_recipe_says_what_it_learns_from(recipe, need):
    assert need_of(read(load_recipe(recipe), installed().registry, recipe)) == need


def test_what_belongs_to_other_data_goes_and_how_images_are_cut_stays(place):
    draw(place / "own" / "photos", 3)
    draw(place / "own" / "cartoons", 2)
    found = own_data("cyclegan", ["train.seed=3"], place / "own")
    recipe = check_recipe("cyclegan", [*found.settings, "train.seed=3"]).blueprint.recipe
    kinds = ("kid", "layout", "copies")
    added = [f"{kind}_{output}" for output in ("x2y", "y2x") for kind in kinds]
    assert (recipe.summary, list(recipe.metrics)) == ("", ["kid", "layout", *added])
    settings = recipe.data.settings
    assert (recipe.data.type, settings["size"], settings["root"]) == (
        *("folders", 64),
        str(place / "own"),
    )
    assert "metrics.labels, metrics.photos" in found.summary
    assert "is y; 64 x 64 px\n" in found.summary
    own = own_data("gan", [], place / "own" / "photos")
    assert own.summary.endswith("'class_folders', 3 images; 32 x 32 px, gray")
    settings = check_recipe("gan", own.settings).blueprint.recipe.data.settings
    assert (settings["size"], settings["channels"]) == (32, 1)


@pytest.mark.case("D8")
@pytest.mark.parametrize(
    "folders", [("photos", "cartoons"), ("train/a", "train/b", "test/a", "test/b")]
)
def test_the_other_way_round_is_what_is_told(place, folders):
    for name in folders:
        draw(place / "own" / name, 2)
    found = own_data("cyclegan", [], place / "own")
    words = shlex.split(found.summary.rpartition("the other way round: ")[2])
    turned = [word for word in words if word != "--set"]
    both = [
        check_recipe(
            "cyclegan", [*own_data("cyclegan", more, place / "own").settings, *more]
        ).blueprint
        for more in ([], turned)
    ]
    first, second = (blueprint.recipe.data.settings for blueprint in both)
    assert (first["x"], first["y"]) == (second["y"], second["x"])
    assert (first["test_x"] == second["test_y"]) == (len(folders) == 4)


def test_networks_get_the_number_of_classes(place):
    for name in ("cat", "dog", "eel"):
        draw(place / "own" / name, 3)
    found = own_data("cgan", [], place / "own")
    blueprint = check_recipe("cgan", found.settings).blueprint
    assert blueprint.recipe.networks["G"].settings["classes"] == 3
    assert blueprint.variables["c"].labels == ("cat", "dog", "eel")


def test_a_plugin_names_the_data_set_of_own_images(place):
    draw(place / "own", 8)
    found = own_data("denoise.cycle", [], place / "own")
    recipe = check_recipe("denoise.cycle", found.settings).blueprint.recipe
    before = load_recipe("denoise.cycle").data.settings
    assert (recipe.data.type, recipe.data.settings["clean"]) == (
        *("denoise.clean_noisy",),
        str(place / "own"),
    )
    shared = {key for key in before if key in recipe.data.settings}
    assert all(recipe.data.settings[key] == before[key] for key in shared)
    moved = own_data(recipe, [], place / "own")
    assert moved.settings == [f'data.clean="{place / "own"}"']


def test_two_ways_to_say_what_the_data_are(place):
    draw(place / "own" / "trainA", 2)
    with pytest.raises(GanzooError, match="both say what the data are"):
        own_data("cyclegan", ["data.type=folders"], place / "own")
    done = ganzoo("run", "cyclegan", "--data", "nowhere")
    assert (done.exit_code, done.stderr) == (2, "ganzoo: --data nowhere: it does not exist\n")
    assert not (place / "runs").exists()


@pytest.mark.case("D1", "D8")
def test_a_root_for_data_without_one_says_how_own_images_are_taken(place):
    draw(place / "own" / "trainA", 2)
    draw(place / "own" / "trainB", 2)
    for recipe, kind in (("cyclegan", "folders"), ("pix2pix", "paired_folders")):
        with pytest.raises(RecipeError) as caught:
            check_recipe(recipe, ["data.root=own"])
        ways = f"For images of your own: --data FOLDER, or --set data.type={kind}"
        assert str(caught.value).endswith(f"'streets' has no setting 'root'. {ways}")
        assert check_recipe(recipe, ["data.root=own", f"data.type={kind}"])
        assert check_recipe(recipe, own_data(recipe, [], place / "own").settings)
    with pytest.raises(RecipeError, match=r"For images of your own: --data FOLDER$"):
        check_recipe("gan", ["data.root=own"])


def test_trained_resumed_and_done_again(place):
    """What was chosen stands in the run's recipe, which needs no folder to be named again."""
    draw(place / "own" / "photos", 3)
    draw(place / "own" / "cartoons", 2)
    small = [
        f"networks.{name}={{ type = '{kind}', width = 4, {depth} = 1 }}"
        for names, kind, depth in (
            ("GF", "resnet", "blocks"),
            (("D_X", "D_Y"), "patchgan", "layers"),
        )
        for name in names
    ]
    sets = ["train.length=1 step", "samples.count=1", "train.device=cpu", "data.size=16", *small]
    set_words = [word for each in sets for word in ("--set", each)]
    done = ganzoo("run", "cyclegan", "--data", "own", *set_words)
    assert done.exit_code == 0, done.output
    assert "'folders', 'cartoons' (2 images) is x, 'photos' (3 images) is y\n" in done.output
    assert "data: 2 + 3 images, 0 + 0 held out" in done.output
    done = ganzoo("resume", "runs/cyclegan", "--set", "train.length=2 steps")
    assert done.exit_code == 0, done.output
    done = ganzoo("run", "runs/cyclegan/recipe.toml", "--out", "again")
    assert done.exit_code == 0, done.output
    again, first = load_recipe("again"), load_recipe("runs/cyclegan")
    assert again.data == first.data
    assert (place / "again" / "model.safetensors").exists()


def test_every_process_chooses_the_same(place, monkeypatch):
    seen = []
    monkeypatch.setattr("ganzoo.launch.processes.launch", lambda n, words, at: seen.append(words))
    draw(place / "own" / "trainA", 2)
    draw(place / "own" / "trainB", 2)
    words = ["run", "cyclegan", "--data", "own", "--set", "train.device=cpu"]
    done = ganzoo(*words, "--processes", "2")
    assert done.exit_code == 0, done.output
    [handed_on] = seen
    assert handed_on[0] == "run"
    assert handed_on[-2:] == ["--processes", "2"]
    assert [word for word in handed_on if word in words] == words
