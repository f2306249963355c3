"""A plan's files are written whole or not at all, and a run of its recipe keeps them."""

from __future__ import annotations

import json
import tomllib

import pytest

from ganzoo.errors import GanzooError
from ganzoo.files.writing import write_text
from ganzoo.interfaces import DomainFacts, Fingerprint, StepCost
from ganzoo.planning import plan_files
from ganzoo.planning.plan_files import run_command, write_plan
from ganzoo.planning.plan_request import PlanRequest
from ganzoo.planning.recipe_plan import plan_for
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import find_runs
from ganzoo.runs.plan_keeping import PLAN_FILES, read_plan_files


@pytest.fixture
def plan(tmp_path, tiny_rules, monkeypatch):
    monkeypatch.setattr("ganzoo.planning.recipe_plan.check_draft", lambda draft: None)
    x, y = (DomainFacts(str(tmp_path / name), 5) for name in ("x <b>", "y"))
    facts = Fingerprint("domains", {"type": "folders", "root": str(tmp_path)}, x, y)
    request = PlanRequest((tmp_path,), "own")
    return plan_for(facts, request, tiny_rules, lambda recipe: StepCost(2**20, 0.1))


def test_three_files_are_written(plan, tmp_path):
    paths = write_plan(plan, tmp_path / "plans" / "own")
    assert [path.name for path in paths] == [*PLAN_FILES]
    assert tomllib.loads(paths[0].read_text(encoding="utf-8")) == plan.recipe
    assert json.loads(paths[1].read_text(encoding="utf-8"))["x"]["images"] == 5
    assert [path.name for path in (tmp_path / "plans").iterdir()] == ["own"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
@pytest.mark.parametrize("whole", [0, 1, 2])
def test_nothing_is_left_half_written(plan, tmp_path, monkeypatch, error, whole):
    written = []

    def write(path, text):
        if len(written) == whole:
            raise error
        written.append(path)
        write_text(path, text)

    monkeypatch.setattr(plan_files, "write_text", write)
    with pytest.raises((KeyboardInterrupt, GanzooError)):
        write_plan(plan, tmp_path / "plans" / "own")
    assert [*(tmp_path / "plans").iterdir()] == []


def test_what_is_there_is_not_overwritten_unless_that_was_asked_for(plan, tmp_path):
    folder = tmp_path / "own"
    write_plan(plan, folder)
    (folder / "recipe.toml").write_text("edited = true")
    with pytest.raises(GanzooError, match="the plan cannot be written there"):
        write_plan(plan, folder)
    assert (folder / "recipe.toml").read_text() == "edited = true"
    write_plan(plan, folder, replace=True)
    assert (folder / "recipe.toml").read_text(encoding="utf-8") == plan.text
    assert sorted(path.name for path in folder.iterdir()) == sorted(PLAN_FILES)


def test_a_plan_is_no_run(plan, tmp_path):
    folder = write_plan(plan, tmp_path / "plans" / "own")[0].parent
    assert RunPaths(folder).is_plan()
    assert not RunPaths(folder).is_run()
    assert [*find_runs(tmp_path)] == []


def test_the_plan_of_a_recipe_is_read(plan, tmp_path):
    folder = write_plan(plan, tmp_path / "own")[0].parent
    files = read_plan_files(folder / "recipe.toml")
    assert files == {name: (folder / name).read_bytes() for name in PLAN_FILES}
    assert read_plan_files(folder) == files
    (folder / "plan.html").unlink()
    (folder / "plan.html").symlink_to(tmp_path / "secret")
    assert [*read_plan_files(folder)] == ["recipe.toml", "fingerprint.json"]
    (folder / "fingerprint.json").unlink()
    assert read_plan_files(folder) == {}
    assert read_plan_files(tmp_path / "nowhere") == {}


def test_the_command_is_quoted(tmp_path):
    assert run_command(tmp_path / "a b") == f"ganzoo run '{tmp_path}/a b/recipe.toml'"
