"""docs/where.md is true: each thing is added as it says, to a copy of ganzoo and in a plugin.

The page's own blocks are what is added: `new=FILE` is a file in ganzoo/ (or in the package mine/),
`core=FILE` a diff of lines to add, `plugin` and `hook` what a plugin's __init__.py holds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "where.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCKS = {title: FENCE.findall(text) for title, text in SECTIONS.items()}
THINGS = [
    title for title, blocks in BLOCKS.items() if any(m.startswith("core=") for _, m, _ in blocks)
]
NAMES = {
    "A network": ["negative"],
    "A loss": ["charbonnier"],
    "A penalty": ["drift"],
    "A metric": ["brightness_error"],
    "A callback": ["weight_norm"],
    "A data set": ["stripes"],
    "An augmentation": ["invert"],
    "A latent and a schedule": ["signs", "inverse_root"],
    "A rule": ["small_samples"],
}
# One process does all: commands as a terminal would, what they print, and a look at torch.
TRIES = """
import json, sys
import torch
from typer.testing import CliRunner
from ganzoo.cli import app
outcomes = []
for words in json.loads(sys.argv[1]):
    done = CliRunner().invoke(app, words)
    outcomes.append([done.exit_code, done.output])
import ganzoo
print(json.dumps([outcomes, ganzoo.__file__, torch.are_deterministic_algorithms_enabled()]))
"""


def blocks(kind, titles=tuple(BLOCKS)):
    """The marked blocks of some sections: what follows `kind=`, and the text."""
    found = [(mark, text) for title in titles for _, mark, text in BLOCKS[title]]
    return [(m.partition("=")[2], text) for m, text in found if m.partition("=")[0] == kind]


def add_lines(text, diff):
    """Apply a diff of one unchanged line and added ones."""
    lines = diff.splitlines(keepends=True)
    [anchor] = [line[1:] for line in lines if line.startswith(" ")]
    assert text.count(anchor) == 1, f"the page shows a line that is not there once: {anchor}"
    return text.replace(anchor, "".join(line[1:] for line in lines))


def run(folder, words, **environment):
    """The outcomes of commands in a process that imports from a folder first."""
    done = subprocess.run(
        [sys.executable, "-c", TRIES, json.dumps(words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes, file, deterministic = json.loads(done.stdout.splitlines()[-1])
    return (
        {" ".join(w): tuple(o) for w, o in zip(words, outcomes, strict=True)},
        file,
        deterministic,
    )


def words(prefix=""):
    """What is tried: every component shown, the command, and a training that uses all of them."""
    shown = [["show", prefix + name] for names in NAMES.values() for name in names]
    more = ["--set", "train.deterministic=true"] if not prefix else []
    return [*shown, ["seeds", "2"], ["run", "all.toml", "--out", "out", *more]]


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    """A copy of ganzoo to which all things of the page are added."""
    folder = tmp_path_factory.mktemp("core")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "ganzoo", folder / "ganzoo", ignore=ignored)
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    for name, text in blocks("new"):
        file = folder / "ganzoo" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for name, diff in blocks("core"):
        file = folder / "ganzoo" / name
        file.write_text(add_lines(file.read_text(encoding="utf-8"), diff), encoding="utf-8")
    [(name, recipe)] = blocks("file")
    (folder / name).write_text(recipe, encoding="utf-8")
    return folder, *run(folder, words())


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """A plugin, mine, that brings all things of the page."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "mine").mkdir()
    for name, text in blocks("new"):
        (folder / "mine" / Path(name).name).write_text(text, encoding="utf-8")
    lines = "".join(f"    {line}\n" for _, t in blocks("plugin") for line in t.splitlines())
    hooks = "\n\n".join(text for _, text in blocks("hook"))
    head = "from ganzoo import hookimpl\n\nGANZOO_API = 2\n\n\n"
    init = f"{head}@hookimpl\ndef register_components(register):\n{lines}"
    (folder / "mine" / "__init__.py").write_text(f"{init}\n\n{hooks}", encoding="utf-8")
    info = folder / "mine-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[ganzoo]\nmine = mine\n")
    [(name, recipe)] = blocks("file")
    for component in (name for names in NAMES.values() for name in names):
        recipe = recipe.replace(f'type = "{component}"', f'type = "mine.{component}"')
    (folder / name).write_text(recipe, encoding="utf-8")
    return folder, *run(folder, words("mine."))


def test_the_page_has_a_row_for_each_thing():
    rows = re.findall(r"^\| \[.+?\]\(#([\w-]+)\)", PAGE, re.MULTILINE)
    assert rows == [title.lower().replace(" ", "-") for title in THINGS]
    assert len(rows) == 11


@pytest.mark.parametrize("title", THINGS)
def test_at_most_two_files_of_the_core_change(title):
    changed = Counter(file for file, _ in blocks("core", [title]))
    assert 1 <= len(changed) <= 2
    assert not changed.keys() & {file for file, _ in blocks("new", [title])}
    assert all((ROOT / "ganzoo" / file).is_file() for file in changed)
    assert not any((ROOT / "ganzoo" / file).exists() for file, _ in blocks("new", [title]))


@pytest.mark.parametrize("title", NAMES)
def test_a_component_in_the_core(core, title):
    _, outcomes, file, _ = core
    assert file.startswith(str(core[0])), "the copy is what runs"
    for name in NAMES[title]:
        code, output = outcomes[f"show {name}"]
        assert (code, name in output) == (0, True), output


@pytest.mark.parametrize("title", NAMES)
def test_a_component_in_a_plugin(plugin, title):
    _, outcomes, file, _ = plugin
    assert file.startswith(str(ROOT)), "ganzoo itself is as it was"
    for name in NAMES[title]:
        code, output = outcomes[f"show mine.{name}"]
        assert (code, f"mine.{name}" in output) == (0, True), output


@pytest.mark.parametrize("where", ["core", "plugin"])
def test_a_command(where, request):
    _, outcomes, *_ = request.getfixturevalue(where)
    [(_, wanted)] = blocks("try")
    command, _, output = wanted.partition("\n")
    assert command == "$ ganzoo seeds 2"
    assert outcomes["seeds 2"] == (0, output)


def test_a_recipe_key(core):
    """What it asks for is done, and the run's own recipe says it."""
    folder, _, _, deterministic = core
    assert deterministic
    assert "deterministic = true" in (folder / "out" / "recipe.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("where", ["core", "plugin"])
def test_all_of_them_train(where, request):
    folder, outcomes, *_ = request.getfixturevalue(where)
    [(code, output)] = [o for command, o in outcomes.items() if command.startswith("run ")]
    assert code == 0, output
    lines = (folder / "out" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    entries = [entry for entry in entries if "losses" in entry]
    assert entries[-1]["losses"].keys() == {"generators", "discriminators"}
    assert {"adversarial", "middle"} <= entries[-1]["losses"]["generators"].keys()
    assert len(entries[-1]["losses"]["discriminators"]) == 2, "the penalty is a loss of its own"
    assert entries[-1]["callbacks"]["weights"]["norm"] > 0
    # 1 / sqrt(1 + step) of the rate, for the step last made
    assert entries[-1]["lr"]["generators"] == pytest.approx(2e-4 / 2**0.5)
    metrics = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert 0 <= metrics["brightness"]["model"]["error"] <= 2
