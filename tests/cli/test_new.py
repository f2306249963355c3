"""`ganzoo new`: what it writes works as written; nothing is overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ganzoo
from ganzoo import testing
from ganzoo.cli import app

SMALL = {"networks.G.width": 4, "networks.G.blocks": 1, "networks.D.width": 4, "data.size": 16}


def new(*words):
    done = CliRunner().invoke(app, ["new", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def install(folder: Path) -> Path:
    """What pip would leave of a package, without building it."""
    module = folder.name.replace("-", "_")
    info = folder / f"{module}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {folder.name}\nVersion: 0.1.0\n")
    plugin = module.removeprefix("ganzoo_")
    (info / "entry_points.txt").write_text(f"[ganzoo]\n{plugin} = {module}\n")
    return folder


@pytest.mark.parametrize("name", ["mine", "my-method", "my_method2"])
def test_a_new_plugin_lists_trains_and_passes_its_own_tests(tmp_path, name):
    code, said, _ = new("plugin", name, "--out", tmp_path)
    assert code == 0
    (folder,) = tmp_path.iterdir()
    assert "pip install -e" in said
    environment = {**os.environ, "PYTHONPATH": str(install(folder)), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    if name != "my-method":  # the others differ in their name alone
        command += ["-k", "light or components"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("......" if name == "my-method" else "..")


def test_a_new_recipe_checks_and_trains(tmp_path):
    code, said, _ = new("recipe", "mine", "--out", tmp_path)
    assert code == 0
    assert f"ganzoo check {tmp_path / 'mine.toml'}" in said
    testing.check_recipe(tmp_path / "mine.toml", {**SMALL, "data.count": 4, "data.held_out": 2})


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "mine.toml").write_text("mine")
    code, _, complaint = new("recipe", "mine", "--out", tmp_path)
    assert code == 2
    assert "already exists" in complaint
    assert (tmp_path / "mine.toml").read_text() == "mine"
    package = tmp_path / "ganzoo-mine" / "ganzoo_mine"
    package.mkdir(parents=True)
    (package / "direct.py").write_text("mine")
    code, _, complaint = new("plugin", "mine", "--out", tmp_path)
    assert code == 2
    assert f"{package / 'direct.py'} already exists; nothing was written" in complaint
    assert [path.name for path in package.iterdir()] == ["direct.py"]


def test_what_a_new_plugin_says_of_itself(tmp_path):
    """A name with the prefix gets no second one; pip learns for what ganzoo it was written."""
    assert new("plugin", "ganzoo-my-method", "--out", tmp_path)[0] == 0
    text = (tmp_path / "ganzoo-my-method" / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    assert project["name"] == "ganzoo-my-method"
    assert project["dependencies"] == [f"ganzoo-core>={ganzoo.__version__}"]
    assert project["entry-points"]["ganzoo"] == {"my_method": "ganzoo_my_method"}


def test_no_plugin_takes_the_name_of_ganzoo_itself(tmp_path):
    code, _, complaint = new("plugin", "core", "--out", tmp_path)
    assert code == 2
    assert "ganzoo-core is ganzoo itself" in complaint
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["Mine", "my method", "1st", "../up", "class", "-x", "a--b", ""])
def test_a_wrong_name(tmp_path, name):
    code, _, complaint = new("plugin", "--out", tmp_path, "--", name)
    assert code == 2
    assert "cannot be a name" in complaint
    assert not any(tmp_path.iterdir())
