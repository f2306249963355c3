"""`ganzoo`, `ganzoo list`: light, right at any width, readable by people and programs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import ganzoo
from ganzoo.cli import app, list_
from ganzoo.cli.core_commands import CORE, GROUPS, import_command
from ganzoo.cli.list_ import as_table, component_rows
from ganzoo.cli.pages.columns import columns, print_rich
from ganzoo.errors import GanzooError
from ganzoo.registry.components import KINDS
from ganzoo.registry.discovery import Plugin, installed

HEAVY = ("torch", "torchvision", "accelerate", "numpy", "ganzoo.builder", "ganzoo.recipe.schema")


def run(*words):
    return CliRunner().invoke(app, list(words))


def imported(*words, unwanted=(*HEAVY, "pydantic")):
    """Which of the unwanted a command leaves imported in a process of its own; what it printed."""
    code = (
        f"import sys; sys.argv = ['ganzoo', *{words!r}]\n"
        "from ganzoo.cli import main\n"
        "try: main()\n"
        "except SystemExit as done: assert not done.code, done.code\n"
        f"print([m for m in {(*unwanted,)!r} if m in sys.modules])"
    )
    root = str(Path(ganzoo.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    *lines, modules = done.stdout.splitlines()
    return modules, lines


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--version"], ["list"], ["list", "recipes"], ["list", "plugins", "--json"],
     ["list", "runs"], ["resume", "--help"],
     ["run", "--help"], ["show", "--help"]],
)  # fmt: skip
def test_it_is_light(words):
    """Pydantic may be there: newer releases of Typer read a command's options with it."""
    modules, lines = imported(*words)
    assert modules in ("[]", "['pydantic']")
    assert lines or words == ["list", "runs"]


def test_help_imports_no_command_of_the_core():
    """And says of each what its docstring says first."""
    tables = [CORE, *GROUPS.values()]
    targets = [target.partition(":")[0] for table in tables for target, _ in table.values()]
    ours = [f"ganzoo.cli.{target}" for target in targets if target]
    assert imported("--help", unwanted=ours)[0] == "[]"
    assert imported("list", unwanted=ours)[0] == "['ganzoo.cli.list_']"
    for name, (_, said) in CORE.items():
        assert import_command(name).help.partition("\n")[0] == said


@pytest.mark.parametrize("group", GROUPS)
def test_help_of_a_group_imports_none_of_its_commands(group):
    ours = [f"ganzoo.cli.{target.partition(':')[0]}" for target, _ in GROUPS[group].values()]
    modules, lines = imported(group, "--help", unwanted=[*HEAVY, *ours])
    assert modules == "[]"
    for name, (_, said) in GROUPS[group].items():
        assert import_command(group).get_command(None, name).help.partition("\n")[0] == said
        assert any(line.split()[:1] == [name] for line in lines)


def test_a_wrong_command_of_a_group_is_told_which_is_meant():
    done = run("data", "chekc")
    assert done.exit_code == 2
    assert "Did you mean 'check'?" in done.stderr


def test_help_leaves_pydantic_out_too():
    assert imported("--help")[0] == "[]"


def test_it_says_its_version():
    assert run("--version").output == f"ganzoo {ganzoo.__version__}\n"


def test_without_a_command_it_helps():
    assert "Commands" in run().output


@pytest.mark.parametrize("words", [["lst"], ["list", "partz"], ["list", "--nope"], ["show"]])
def test_wrong_usage_ends_with_2(words):
    done = run(*words)
    assert done.exit_code == 2
    assert "Usage" in done.stderr


def test_components_one_a_line_between_tabs():
    lines = [line.split("\t") for line in run("list", "components").output.splitlines()]
    version = next(p.version for p in installed().plugins if not p.name)
    assert ["loss", "l1", "ganzoo-core", version, "mean absolute difference"] in lines
    assert len(lines) == len(ganzoo.list_components())
    order = list(KINDS)
    assert [order.index(line[0]) for line in lines] == sorted(
        order.index(line[0]) for line in lines
    )


def test_components_as_json():
    rows = json.loads(run("list", "components", "--kind", "latent", "--json").output)
    core = [row for row in rows if row["package"] == "ganzoo-core"]
    assert [row["name"] for row in core] == ["categorical", "normal", "uniform"]
    assert set(core[0]) == {"kind", "name", "package", "version", "summary"}


def test_everything_as_json_is_five_lists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = json.loads(run("list", "--json").output)
    assert list(found) == ["components", "recipes", "models", "plugins", "runs"]
    assert found["runs"] == []
    assert all(isinstance(row, dict) for rows in found.values() for row in rows)


def test_a_kind_alone_means_components():
    assert (
        run("list", "--kind", "loss").output == run("list", "components", "--kind", "loss").output
    )
    assert run("list", "--kind", "buffer").output.startswith("buffer\thistory\t")


def test_an_unknown_kind_has_a_suggestion():
    done = run("list", "--kind", "los")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "ganzoo: there is no kind of component 'los'. Did you mean 'loss'?\n"


def test_a_kind_goes_with_components_only():
    assert run("list", "recipes", "--kind", "loss").exit_code == 2


def test_recipes_have_the_summary_of_their_file():
    lines = [line.split("\t") for line in run("list", "recipes").output.splitlines()]
    found = {line[0]: line[3] for line in lines}
    assert found["cyclegan"].startswith("unpaired translation by cycle consistency")


def test_a_broken_recipe_is_named_and_the_others_stay(tmp_path, monkeypatch):
    (tmp_path / "bad.toml").write_text("x = = 1")
    (tmp_path / "plain.toml").write_text("x = 1")
    core = Plugin("", "ganzoo-core", "0")
    broken = {name: (tmp_path / f"{name}.toml", core) for name in ("bad", "gone", "plain")}
    monkeypatch.setattr(installed(), "recipes", {**installed().recipes, **broken})
    found = {
        row["name"]: row["summary"] for row in json.loads(run("list", "recipes", "--json").output)
    }
    assert found["bad"].startswith("cannot be read: ")
    assert "bad.toml: this is no TOML (Invalid value" in found["bad"]
    assert found["gone"].startswith("cannot be read: ")
    assert found["plain"] == ""
    assert "cyclegan" in found


def test_plugins_have_their_api_and_state():
    lines = [line.split("\t") for line in run("list", "plugins").output.splitlines()]
    assert lines[0][0:2] == ["(core)", "ganzoo-core"]
    assert lines[0][3:] == ["2", "ok"]


def test_the_overview_names_everything_shortly():
    text = run("list").output
    assert "  buffer         history\n" in text
    for heading in ("components\n", "\nrecipes\n", "\nplugins\n"):
        assert heading in text


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal_and_shortens_no_name(width):
    rows = component_rows()
    rows.append({**rows[-1], "name": "denoise.a_rather_long_name", "package": "ganzoo-denoise"})
    rows[-1]["summary"] = "a [bold]summary[/bold] with [brackets] that rich would eat"
    file = io.StringIO()
    print_rich(*as_table(rows), Console(file=file, width=width, force_terminal=False))
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    text = " ".join(file.getvalue().split())
    assert "[brackets]" in text
    assert "[bold]" in text
    for row in rows:
        assert any(line.startswith(f"  {row['name']} ") for line in lines), row["name"]
    assert "…" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal")
def test_on_a_terminal_it_is_a_table():
    import pty

    ours, theirs = pty.openpty()
    root = str(Path(ganzoo.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root, "COLUMNS": "80", "TERM": "dumb"}
    command = [sys.executable, "-m", "ganzoo", "list", "components", "--kind", "latent"]
    subprocess.run(command, stdout=theirs, env=environment, check=True)
    os.close(theirs)
    text = os.read(ours, 20_000).decode().replace("\r\n", "\n")
    os.close(ours)
    assert text.split()[:3] == ["name", "package", "summary"]
    assert "\t" not in text
    assert "  normal " in text


def test_columns_stand_under_each_other():
    rows = [("a", "b" * 50, "c"), ("aa", "bb", "cc")]
    assert columns(rows, indent=1, cap=10) == [f" a   {'b' * 50}  c", " aa  bb  cc"]


def fail(error):
    def command():
        raise error

    return command


@pytest.fixture
def failing(monkeypatch):
    """An app whose `list` raises what it is told to."""

    def make(error):
        monkeypatch.setattr(list_, "list_", fail(error))

    return make


def test_a_mistake_is_one_message_and_exit_code_2(failing):
    failing(GanzooError("no [networks] table"))
    done = run("list")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", "ganzoo: no [networks] table\n")


@pytest.mark.parametrize("words", [["--debug", "list"], ["list", "--debug"]])
def test_debug_goes_anywhere_and_shows_the_traceback(failing, words):
    failing(GanzooError("no table"))
    done = run(*words)
    assert done.exit_code == 2
    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.endswith("ganzoo: no table\n")


def test_debug_may_come_from_the_environment(failing, monkeypatch):
    monkeypatch.setenv("GANZOO_DEBUG", "1")
    failing(GanzooError("no table"))
    assert "Traceback" in run("list").stderr


def test_ctrl_c_ends_quietly_with_130(failing):
    failing(KeyboardInterrupt())
    done = run("list")
    assert (done.exit_code, done.output) == (130, "")


def test_a_bug_is_no_users_mistake(failing):
    failing(ZeroDivisionError("a bug"))
    assert isinstance(run("list").exception, ZeroDivisionError)


def test_the_command_is_installed_under_its_name():
    found = [p.value for p in metadata.entry_points(group="console_scripts") if p.name == "ganzoo"]
    assert set(found) <= {"ganzoo.cli:main"}
