"""What messages advise: the commands, options, settings and extras are there, and they work."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from typer.core import TyperGroup
from typer.testing import CliRunner

import ganzoo
from ganzoo.cli import app
from ganzoo.recipe.loading import load_recipe
from ganzoo.recipe.places import wanted

PACKAGE = Path(ganzoo.__file__).parent
ROOT = Path(__file__).parent.parent
GROUP = typer.main.get_command(app)
COMMANDS = {name: GROUP.get_command(None, name) for name in GROUP.list_commands(None)}
# Said of programs that are not ours, or in a sentence that gives no command.
NO_COMMANDS = {
    "model",
    "from",
    "itself",
    "reads",
    "and",
    "has",
    "is",
    "core",
    "study",
    "plugin",
    "run's",
    "uses",
    "needs",
    "writes",
    "knows",
}
OTHERS = {"--no-optional-locks", "--porcelain", "--untracked-files", "--verify"}  # git's
OTHERS |= {"--force-reinstall"}  # pip's

# Those of the authors' test.py: --input_nc, --netG, --no_dropout and others, cut at their ends.
OTHERS |= {"--dataroot", "--input", "--model", "--net", "--ngf", "--no", "--norm"}


def said():
    """Every text in the source that is no docstring, by file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        inside = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
        inside |= {id(part) for n in nodes if isinstance(n, ast.JoinedStr) for part in n.values}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                parts = (getattr(part, "value", "") for part in node.values)
                yield path.name, "".join(p if isinstance(p, str) else "X" for p in parts)
            elif isinstance(node, ast.Constant) and id(node) not in inside:
                yield path.name, str(node.value)


TEXTS = list(said())


def found(pattern):
    return [(file, hit) for file, text in TEXTS for hit in re.findall(pattern, text)]


@pytest.mark.case("D8")
def test_every_command_that_is_advised_is_there():
    advised = {name for _, name in found(r"\bganzoo ([a-z]+)\b")} - NO_COMMANDS
    assert len(advised) > 6, "the search finds them"
    assert advised <= set(COMMANDS)


@pytest.mark.case("D8")
def test_every_option_that_is_advised_is_there():
    commands = [*COMMANDS.values()]
    for group in (each for each in COMMANDS.values() if isinstance(each, TyperGroup)):
        commands += [group.get_command(None, name) for name in group.list_commands(None)]
    known = {word for command in commands for p in command.params for word in p.opts}
    known |= {"--help", "--debug", "--version"}
    advised = {name for _, name in found(r"(?<![\w-])(--[a-z][a-z-]+)")} - OTHERS
    assert len(advised) > 10
    assert advised <= known, advised - known


@pytest.mark.case("D8")
def test_every_setting_that_is_advised_is_there():
    recipe = load_recipe("pix2pix").to_dict()
    recipe["data"] = {"type": "paired_folders"}
    recipe["metrics"] = {"quality": {"type": "psnr"}}
    advised = {path for _, path in found(r"--(?:set|change) '?([a-z]\w*(?:\.\w+)+)=")}
    assert len(advised) > 3
    for path in advised:
        assert wanted(path.split("."), recipe) is not Any, path


@pytest.mark.case("D8")
def test_every_extra_that_is_advised_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {name for _, name in found(r"ganzoo-core\[(\w+)\]")} - {"X"}  # computed
    assert len(extras) > 3
    assert extras <= set(project["optional-dependencies"])


@pytest.mark.case("D8")
@pytest.mark.parametrize("command", sorted({text for _, text in found(r"See: (ganzoo [\w -]+)")}))
def test_what_a_message_says_to_look_at_can_be_looked_at(command):
    done = CliRunner().invoke(app, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output


def advised(text):
    """The commands of a message, each on a line of its own or behind a colon."""
    return [shlex.split(line) for line in re.findall(r"(?:^|: |  )(ganzoo \w+ [^\n]*)", text, re.M)]


@pytest.mark.case("D8")
def test_what_a_run_advises_from_its_beginning_to_its_end(tmp_path, monkeypatch, tiny):
    """Each message of a run's life is read, and done."""
    monkeypatch.chdir(tmp_path)
    small = load_recipe("cyclegan", tiny(metrics={}, train__length="2 steps"))
    (tmp_path / "mine.toml").write_text(small.to_toml())
    Image.new("RGB", (16, 16)).save("a.png")

    def do(*words):
        done = CliRunner().invoke(app, list(words))
        return done.exit_code, done.stdout + done.stderr

    code, text = do("run", "mine.toml", "--out", "out")
    assert code == 0, text
    ((_, *use),) = advised(text)
    files = {"INPUT": "a.png", "OUTPUT": "b.png"}
    assert do(*(files.get(word, word) for word in use))[0] == 0
    assert (tmp_path / "b.png").is_file()

    code, text = do("run", "mine.toml", "--out", "out")
    assert code == 2
    assert "Add --resume to go on" in text
    assert "--out DIR" in text
    code, text = do("run", "mine.toml", "--out", "out", "--resume")
    assert code == 0
    ((_, *longer),) = advised(text)
    longer = [word.replace("...", "3 steps") for word in longer]
    code, text = do(*longer)
    assert code == 0, text
    assert do("run", "mine.toml", "--out", "other")[0] == 0
