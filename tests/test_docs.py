"""What the documentation shows is true: its recipes, its code, its outputs, its links.

A fence's info string says what a block is: ```toml recipe (a whole recipe; recipe=NAME, that one of
recipes/), ```toml file=NAME, ```python file=NAME or append=NAME (a file that later blocks use),
```python run (executed), ```console run (commands and all they print; ... stands for anything).
Other TOML and Python is a part of something and must parse. A page is read in one folder.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import io
import re
import runpy
import shlex
import sys
import tomllib
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ganzoo
from ganzoo.builder.experiment import check_recipe
from ganzoo.cli import app
from ganzoo.registry.discovery import installed

ROOT = Path(__file__).parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
FENCE = re.compile(r"^```(\w*)[ ]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Packages that pages show without their pyproject.toml, by folder: the name of the entry point.
ENTRY_POINTS = {"mine": "mine", "ganzoo_broken": "broken", "ganzoo_ahead": "ahead"}


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, what is to be done with it."""

    where: str
    language: str
    mark: str
    text: str

    @property
    def file(self):
        """The file that it is, or is added to."""
        kind, _, name = self.mark.partition("=")
        return name if kind in ("file", "append") else ""


def blocks(page):
    text = page.read_text(encoding="utf-8")
    return [
        Block(f"{page.name}:{text.count(chr(10), 0, found.start()) + 1}", *found.groups())
        for found in FENCE.finditer(text)
    ]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to work in, on the path; what was installed is asked for anew."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    forget(tmp_path)
    yield tmp_path
    forget(tmp_path)


def write(block, place):
    """Write a block's file; a package or its pyproject.toml is installed, as pip would."""
    path = place / block.file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if block.mark.startswith("append=") else "w", encoding="utf-8") as file:
        file.write(block.text)
    if path.name == "pyproject.toml":
        project = tomllib.loads(block.text)["project"]
        install(place, project["name"], project["version"], project["entry-points"]["ganzoo"])
    elif path.name == "__init__.py" and path.parent.name in ENTRY_POINTS:
        module = path.parent.name
        install(place, module.replace("_", "-"), "0.1.0", {ENTRY_POINTS[module]: module})
    forget(place)


def forget(place):
    """What was imported from the folder, and what was installed, is looked at anew."""
    for name, module in list(sys.modules.items()):
        if str(place) in str(getattr(module, "__file__", "")):
            del sys.modules[name]
    importlib.invalidate_caches()
    installed.cache_clear()


def install(place, package, version, points):
    info = place / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    lines = [f"{name} = {module}\n" for name, module in points.items()]
    (info / "entry_points.txt").write_text("[ganzoo]\n" + "".join(lines))


def check(block, place, names):
    """What is wrong with a block, or nothing."""
    if block.file:
        write(block, place)
    if block.language == "toml":
        return check_toml(block)
    if block.language == "python":
        return run_python(block, names) if block.mark == "run" else parses(block)
    if block.language == "console" and block.mark == "run":
        return run_commands(block)
    return ""


def check_toml(block):
    tables = tomllib.loads(block.text)
    kind, _, name = block.mark.partition("=")
    if name and kind == "recipe":
        shipped = ROOT / "recipes" / f"{name}.toml"
        assert tables == tomllib.loads(shipped.read_text(encoding="utf-8")), f"not {shipped.name}"
        check_recipe(shipped)
    elif kind == "recipe":
        check_recipe(tables)
    return ""


def parses(block):
    ast.parse(block.text)
    return ""


def run_python(block, names):
    """The names a page defines stay for its next block; what it prints nobody reads."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(block.text, block.where, "exec"), names)
    return ""


def run_commands(block):
    """Each `$ command` and what it should print; real output beside it where they differ."""
    wrong = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, wanted = part.partition("\n")
        program, *arguments = shlex.split(command)
        assert program == "ganzoo", command
        result = CliRunner().invoke(app, arguments)
        texts = without_empty_lines(wanted), without_empty_lines(result.output)
        if not doctest.OutputChecker().check_output(*texts, doctest.ELLIPSIS):
            wrong.append(f"$ {command}\n{result.output}")
    return "\n".join(wrong)


def without_empty_lines(text):
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_true(page, place):
    faults, names = [], {"__name__": "docs"}
    for block in blocks(page):
        try:
            problem = check(block, place, names)
        except Exception:
            problem = traceback.format_exc(limit=-3)
        faults += [f"{block.where}: {problem}"] if problem else []
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize(
    ("page", "package", "parts", "recipe"),
    [
        ("plugins.md", "ganzoo-colour", "colour.pixelwise colour.angle", "colour.colours"),
        ("methods.md", "ganzoo-gcgan", "gcgan.turn", "gcgan.gcgan"),
    ],
)
def test_a_package_of_the_docs_is_short(place, page, package, parts, recipe):
    """Written, installed and listed from the page alone, which trains it, too."""
    folder = package.replace("-", "_")
    shown = blocks(ROOT / "docs" / page)
    ours = [b for b in shown if b.file.split("/")[0] in ("pyproject.toml", folder)]
    files = [b for b in ours if b.mark.startswith("file=")]
    assert len(files) == 4
    assert sum(block.text.count("\n") for block in files) < 60
    for block in files:
        write(block, place)
    found = [part.name for part in ganzoo.list_components() if part.package == package]
    assert found == parts.split()
    assert recipe in installed().recipes
    trained = f'testing.check_recipe("{recipe}"'
    assert any(trained in block.text for block in shown if block.mark == "run")


def test_the_error_of_the_readme_is_the_real_one(place):
    shown = [b.text for b in blocks(ROOT / "README.md") if b.text.startswith("recipes/mine.toml: ")]
    mine = """
        extends = "cyclegan"
        networks.G = { type = "resnet", widht = 64 }
        networks.D_Y = { type = "denoise.dncnn" }
        losses.cycle_X = { type = "l1", prediction = "F(Gx(x))", target = "x" }
    """
    (place / "recipes").mkdir()
    (place / "recipes" / "mine.toml").write_text(mine)
    if "denoise.dncnn" not in [part.name for part in ganzoo.list_components()]:
        pytest.skip("plugins/ganzoo-denoise is not installed")
    assert shown == [CliRunner().invoke(app, ["check", "recipes/mine.toml"]).output]


def test_every_kind_of_block_is_found():
    found = {f"{b.language} {b.mark}" for page in PAGES for b in blocks(page)}
    assert {"toml recipe", "toml recipe=cyclegan", "python run", "console run"} <= found
    fences = sum(page.read_text(encoding="utf-8").count("\n```") for page in PAGES)
    assert fences == 2 * sum(len(blocks(page)) for page in PAGES), "a fence that is not read"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    relative = [link for link in LINK.findall(text) if "://" not in link]
    lost = [link for link in relative if not is_there(page, link)]
    assert not lost


def is_there(page, link):
    path, _, anchor = link.partition("#")
    target = (page.parent / path) if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page):
    """The anchors GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_architecture_names_what_is_there():
    """A row a package, in the order of the house; the modules that a row names are in it."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \| (.*) \|$", page, re.MULTILINE)
    order = runpy.run_path(str(ROOT / "docs" / "draw_rooms.py"))["ORDER"]
    assert [room for room, _ in rows] == list(order)
    named = [(room, name) for room, text in rows for name in re.findall(r"`([a-z_]+)/?`", text)]
    package = Path(ganzoo.__file__).parent
    lost = [
        f"{room}/{name}"
        for room, name in named
        if not (package / room / f"{name}.py").is_file() and not (package / room / name).is_dir()
    ]
    assert lost == []
    assert len(named) > 40
