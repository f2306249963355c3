"""The names of a run's files stand in ganzoo/runs/layout.py, and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ganzoo
from ganzoo.engine.header import STATE
from ganzoo.runs.layout import RunPaths, list_checkpoints, name_checkpoint

PACKAGE = Path(ganzoo.__file__).parent
PLUGINS = PACKAGE.parent / "plugins"
RUN = Path("run")
PATHS = {
    name: getattr(RunPaths(RUN), name)
    for name, value in vars(RunPaths).items()
    if isinstance(value, property)
}
FOLDERS = {"samples", "checkpoints", "extremes", "plan"}
FILES = {path.name for name, path in PATHS.items() if name not in FOLDERS} | {STATE}
# A name that is another's: who writes such a file outside of runs, too.
OWNERS = {
    "model.safetensors": "registry/packages.py",
    "recipe.toml": "recipe/toml_text.py",
    STATE: "engine/header.py",
}
# What is a key of tables of JSON as well.
WORDS = {"findings"}
# A template of a recipe, which `ganzoo new recipe` copies, is called like a run's.
TEMPLATES = {"cli/new.py"}


def names_in(tree):
    """The texts of a source that are file names, and folders that a path is divided by."""
    folders = {PATHS[name].name for name in FOLDERS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = node.value.rpartition("/")[2]
            yield from [found] if found in FILES - WORDS else []
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            found = getattr(node.right, "value", None)
            yield from [found] if found in folders else []


@pytest.mark.parametrize("root", [PACKAGE, PLUGINS], ids=["ganzoo", "plugins"])
def test_no_other_file_spells_their_names(root):
    places = {
        (name, path.relative_to(root).as_posix())
        for path in root.rglob("*.py")
        if "tests" not in path.parts and "components" not in path.parts
        for name in names_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    other = {(n, p) for n, p in places if p not in TEMPLATES and not p.startswith("runs/")}
    assert other == ({*OWNERS.items()} if root == PACKAGE else set())


def test_the_names_are_found():
    """The test can fail."""
    source = 'open(folder / "samples")\na = "run.json", "x/log.jsonl"\nb = {"samples": 1}\n'
    assert sorted(names_in(ast.parse(source))) == ["log.jsonl", "run.json", "samples"]


def test_the_files_of_a_run_are_called_as_ever():
    """Runs that are there already, and programs of others, rely on them."""
    assert {path.name for path in PATHS.values()} == {
        *("recipe.toml", "run.json", "run.damaged.json", "log.jsonl", "alarms.jsonl", ".lock"),
        *("losses.svg", "report.html", "samples", "cases", "checkpoints"),
        *("model.safetensors", "best.safetensors", "best.json", "metrics.json", "cases.json"),
        *("evaluations.jsonl", "comparison.json", "comparison_best.json", "findings", "plan"),
    }
    assert RunPaths(RUN).sample_grid(500) == RUN / "samples" / "step-00000500.png"


def test_checkpoints_are_found_by_step(tmp_path):
    """Numerically, also where names grow longer; what only looks alike is none."""
    steps = (99_999_999, 5, 100_000_000)
    for name in [*map(name_checkpoint, steps), "step-7", "step-00000005.png", "damaged-step-x"]:
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
    found = RunPaths(tmp_path).saved()
    assert [step for step, _ in found] == sorted(steps)
    assert found == list_checkpoints(tmp_path / "checkpoints")
