"""Names of plans, and folders that are refused at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganzoo.errors import DataError, GanzooError
from ganzoo.planning.plan_request import name_plan, refuse_folders
from ganzoo.recipe.schema import is_folder_name


@pytest.mark.parametrize(
    ("folders", "name"),
    [
        (["own"], "own"),
        (["data/own/"], "own"),
        (["data/own/../other"], "other"),
        (["photos", "paintings"], "photos_to_paintings"),
        (["own/trainA", "own/trainB"], "own"),
        (["one/trainA", "two/trainB"], "trainA_to_trainB"),
        (["with space/é 図"], "é 図"),
        (["esc\x1b[31m"], "esc_[31m"),
        (["rtl\u202e"], "rtl_"),
        (["a:b"], "a_b"),
        (["con"], "plan"),
        (["/"], "plan"),
        (["x" * 300], "x" * 100),
        (["é" * 100], "é" * 50),
    ],
)
def test_a_plan_is_named_like_its_folders(folders, name):
    made = name_plan([Path(folder) for folder in folders])
    assert made == name
    assert is_folder_name(made)


def test_a_folder_that_is_chosen_names_the_plan():
    assert name_plan([Path("own")], Path("plans/first/")) == "first"
    with pytest.raises(GanzooError, match="--out a:b: the recipe is named like its folder"):
        name_plan([Path("own")], Path("a:b"))


def test_the_folder_where_one_is_names_it(tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path / "own")
    assert name_plan([Path()]) == "own"


def test_wrong_folders_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "own").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "own")
    own = tmp_path / "own"
    refuse_folders([own])
    with pytest.raises(DataError, match="nowhere: it does not exist"):
        refuse_folders([own, tmp_path / "nowhere"])
    with pytest.raises(DataError, match="file: it is a file, not a folder"):
        refuse_folders([tmp_path / "file"])
    with pytest.raises(DataError, match="given as x and as y"):
        refuse_folders([own, tmp_path / "link"])


def test_a_name_that_no_recipe_can_hold_is_refused(tmp_path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    try:
        Path(odd).mkdir()
    except OSError:
        pytest.skip("this disk has no such names")
    with pytest.raises(DataError, match=r"\\xff: this path holds a byte that is no UTF-8"):
        refuse_folders([Path(odd)])
