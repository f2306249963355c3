"""Plugins that no one would write on purpose: told in `list plugins`, and all else works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ganzoo
from ganzoo.cli import app
from ganzoo.printing.text import HIDDEN, visible
from ganzoo.registry.components import PluginError
from ganzoo.registry.discovery import GROUP, discover, installed
from ganzoo.registry.packages import entry_points

pytestmark = pytest.mark.case("E5")

REGISTER = """
from ganzoo import hookimpl
GANZOO_API = 2

@hookimpl
def register_components(register):
    {}
"""
ODD = {
    "rude": ("class Rude(BaseException): pass\nraise Rude('no')", "Rude: no"),
    "mute": (
        "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute",
        "Mute",
    ),
    "closing": ("raise GeneratorExit('bye')", "GeneratorExit: bye"),
    "escaping": ("raise ValueError('\\x1b]0;owned\\x07')", r"ValueError: \x1b]0;owned\x07"),
    "hooked": (REGISTER.format("raise SystemExit(0)"), "SystemExit: 0"),
    "wordless": (
        REGISTER.format('register("loss", "a", "m:C", summary=3)'),
        "are texts, and not 'loss', 'wordless.a', 'm:C', 3",
    ),
    "unkind": (REGISTER.format('register(["loss"], "a", "m:C", summary="")'), "are texts, and not"),
    "spaced": (
        REGISTER.format('register("loss", "a\\x1b b", "m:C", summary="")'),
        "a component cannot be called 'spaced.a\\x1b b'",
    ),
    "nameless": (
        REGISTER.format('register("loss", "", "m:C", summary="")'),
        "a component cannot be",
    ),
    "signed": (
        "from ganzoo import hookimpl\nGANZOO_API = 2\n"
        "@hookimpl\ndef register_components(registry, more): ...",
        "PluginValidationError",
    ),
    "placeless": (
        "from ganzoo import hookimpl\nGANZOO_API = 2\n"
        "@hookimpl\ndef register_recipes(register): register(3)",
        "TypeError",
    ),
}


GOOD = """
from pathlib import Path
from ganzoo import hookimpl
GANZOO_API = 2

@hookimpl
def register_components(register):
    register("generator", "copy", "ganzoo.components.networks.resnet:ResNet", summary="a good part")

@hookimpl
def register_recipes(register):
    register(Path(__file__).parent / "recipes_of_good")

@hookimpl
def register_commands(app):
    @app.command()
    def greet(name: str) -> None:
        print(f"hello {name}")
"""


def install(folder, name, source):
    """A package as pip leaves it: a module and its .dist-info."""
    (folder / f"ganzoo_{name}_module.py").write_text(source, encoding="utf-8")
    info = folder / f"ganzoo_{name}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ganzoo-{name}\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = ganzoo_{name}_module\n")


def good(folder):
    install(folder, "good", GOOD)
    (folder / "recipes_of_good").mkdir()
    (folder / "recipes_of_good" / "mine.toml").write_text('summary = "a recipe"\n')


def found_in(folder):
    return metadata.distributions(path=[str(folder)])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("ganzoo.registry.packages.distributions", lambda: found_in(tmp_path))
    installed.cache_clear()
    yield tmp_path
    installed.cache_clear()
    for name in [n for n in sys.modules if n.endswith("_module") and "." not in n]:
        del sys.modules[name]


def listed(*words):
    done = CliRunner().invoke(app, ["list", *words])
    assert done.exit_code == 0, done.output
    assert not HIDDEN.search(done.output), ascii(done.output)
    return done.output


def statuses():
    return {row["name"]: row["status"] for row in json.loads(listed("plugins", "--json"))}


def test_each_is_told_and_the_others_work(folder):
    good(folder)
    for name, (source, _) in ODD.items():
        install(folder, name, source)
    found = statuses()
    for name, (_, reason) in ODD.items():
        assert reason in visible(found[name]), name
    assert found["good"] == found["(core)"] == "ok"
    assert "good.copy" in listed("components")
    assert "good.mine" in listed("recipes")
    assert r"\x1b]0;owned\x07" in listed("plugins") + listed()
    assert CliRunner().invoke(app, ["greet", "you"]).output == "hello you\n"


def test_ctrl_c_is_the_users(folder):
    install(folder, "asked", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        discover(entry_points(GROUP)[0])


def test_what_is_printed_at_import_is_told_and_spoils_no_listing(folder):
    install(folder, "chatty", "GANZOO_API = 2\nprint('welcome to chatty')\nprint('\\x1b[2J')")
    assert (
        statuses()["chatty"] == "ok, but it prints when it is imported: welcome to chatty \x1b[2J"
    )
    assert "welcome" not in listed("components")


def test_a_damaged_package_hides_no_other(tmp_path):
    """In a process of its own, through the real entry points."""
    good(tmp_path)
    install(tmp_path, "bare", "GANZOO_API = 2\n")
    (tmp_path / "ganzoo_bare-1.5.dist-info" / "METADATA").unlink()
    install(tmp_path, "binary", "GANZOO_API = 2\n")
    (tmp_path / "ganzoo_binary-1.5.dist-info" / "entry_points.txt").write_bytes(b"\xff[ganzoo]")
    install(tmp_path, "odd", "")
    text = f"[{GROUP}]\n1 \x1b]0;t\x07 = ganzoo_odd_module\nodd = a b c:\n.. = x\n= y\n"
    (tmp_path / "ganzoo_odd-1.5.dist-info" / "entry_points.txt").write_text(text)
    root = Path(ganzoo.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "ganzoo", "list", "plugins", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, root)))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HIDDEN.search(done.stdout)
    rows = json.loads(done.stdout)
    told = {row["name"]: row["status"] for row in rows}
    assert told["good"] == told["bare"] == told["(core)"] == "ok"
    assert "its entry_points.txt cannot be read (UnicodeDecodeError" in told["ganzoo-binary"]
    for name in ("1 \x1b]0;t\x07", "..", "?"):
        assert "an entry point cannot be called" in told[name]
    assert told["odd"].startswith("failed to load: ")
    assert [row["package"] for row in rows if row["name"] == "bare"] == ["ganzoo_bare"]


def test_of_two_packages_of_one_name_the_first_on_the_path_counts(tmp_path, monkeypatch):
    places = [tmp_path / "first", tmp_path / "second"]
    for place in places:
        place.mkdir()
        install(place, "twin", "")
    install(places[1], "alone", "")
    found = [dist for place in places for dist in found_in(place)]
    monkeypatch.setattr("ganzoo.registry.packages.distributions", lambda: found)
    names, unreadable = entry_points(GROUP)
    assert sorted(point.name for point in names) == ["alone", "twin"]
    assert unreadable == []


def test_a_part_and_commands_that_end_python_are_told(folder, monkeypatch):
    (folder / "rude_part.py").write_text(
        "class Rude(BaseException): pass\nraise Rude('\\x1b[2J')\n"
    )
    body = '    register("loss", "part", "rude_part:Loss", summary="x")'
    install(folder, "ends", REGISTER.format(body.strip()))
    ending = "def register_commands(app):\n    raise GeneratorExit('no')\n"
    head = "from ganzoo import hookimpl\nGANZOO_API = 2\n@hookimpl\n"
    install(folder, "commands", head + ending)
    with pytest.raises(PluginError, match="rude_part:Loss"):
        installed().registry.get("loss", "ends.part").load()
    done = CliRunner().invoke(app, ["show", "ends.part"])
    assert done.exit_code == 2
    assert r"(Rude: \x1b[2J)" in done.output
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    assert "cannot add its commands (GeneratorExit: no)" in done.stderr
