"""The plugin boundary: whatever is wrong with one plugin, everything else works and it is named."""

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
from ganzoo.builder.resolve import read
from ganzoo.cli import app
from ganzoo.errors import RecipeError
from ganzoo.recipe.loading import load_recipe
from ganzoo.registry.components import PluginError, UnknownComponent
from ganzoo.registry.discovery import GROUP, Hooks, discover, hookspec, installed
from ganzoo.registry.plugin_api import CORE

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
REGISTERS = """
from ganzoo import hookimpl
GANZOO_API = 2

@hookimpl
def register_components(register):
    register("generator", "first", "m:C", summary="")
    register({kind!r}, {name!r}, "m:C", summary="")
"""
BROKEN = {
    "raises": ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "absent": ("import a_module_that_is_not_there", "ModuleNotFoundError: No module named"),
    "syntax": ("def (", "SyntaxError"),
    "exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "future": ("GANZOO_API = 99", "it needs plugin API 99, and this ganzoo has 2"),
    "worded": ("GANZOO_API = 'one'", "its GANZOO_API is 'one': it must be a whole number, as 2"),
    "twice": (
        REGISTERS.format(kind="generator", name="first"),
        "generator 'twice.first' is already registered by ganzoo-twice",
    ),
    "kindless": (
        REGISTERS.format(kind="genrator", name="other"),
        "there is no kind of component 'genrator'. Did you mean 'generator'?",
    ),
    "hookless": (
        "from ganzoo import hookimpl\nGANZOO_API = 2\n"
        "@hookimpl\ndef register_component(register): ...",
        "unknown hook 'register_component'",
    ),
    "lines": ("raise ValueError('one\\ntwo')", "ValueError: one two"),
}


def install(folder: Path, name: str, source: str, package: str = "", needs: str = "") -> None:
    """A package as pip leaves it: a module and its .dist-info."""
    package = package or f"ganzoo-{name}"
    module = f"{package.replace('-', '_')}_module"
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    info = folder / f"{package.replace('-', '_')}-1.5.dist-info"
    info.mkdir()
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    head = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n{needed}"
    (info / "METADATA").write_text(head)
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {module}\n")


MODELS = """
from pathlib import Path
from ganzoo import hookimpl
GANZOO_API = 2

@hookimpl
def register_models(register):
    register(Path(__file__).parent / "ready")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for packages, on the path; what was discovered is forgotten before and after."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("ganzoo.registry.packages.distributions", lambda: found_in(tmp_path))
    installed.cache_clear()
    yield tmp_path
    installed.cache_clear()
    for name in [n for n in sys.modules if n.endswith("_module") and "." not in n]:
        del sys.modules[name]


def found_in(folder):
    return metadata.distributions(path=[str(folder)])


def points(folder):
    return [
        point for dist in found_in(folder) for point in dist.entry_points if point.group == GROUP
    ]


def good(folder):
    install(folder, "good", GOOD)
    (folder / "recipes_of_good").mkdir()
    (folder / "recipes_of_good" / "mine.toml").write_text('summary = "a recipe"\n')


def test_a_good_plugin_brings_parts_recipes_and_commands(folder):
    good(folder)
    zoo = discover(points(folder))
    part = zoo.registry.get("generator", "good.copy")
    assert (part.package, part.version) == ("ganzoo-good", "1.5")
    assert part.load().__name__ == "ResNet"
    path, plugin = zoo.recipes["good.mine"]
    assert (path.name, plugin.name) == ("mine.toml", "good")
    ran = CliRunner().invoke(app, ["greet", "you"])
    assert (ran.exit_code, ran.output) == (0, "hello you\n")
    assert "greet" in CliRunner().invoke(app, ["--help"]).output


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_with_its_reason_and_nothing_else_breaks(folder, name):
    source, reason = BROKEN[name]
    good(folder)
    install(folder, name, source)
    core = {part.name for part in ganzoo.list_components() if part.package == CORE}
    zoo = discover(points(folder))
    broken = [plugin for plugin in zoo.plugins if plugin.problem]
    assert [plugin.name for plugin in broken] == [name]
    assert reason in broken[0].problem
    assert {part.name for part in zoo.registry} == core | {"good.copy"}, "whole, or not at all"
    with pytest.raises(UnknownComponent, match=f"plugin '{name}' is installed but failed to load"):
        zoo.registry.get("generator", f"{name}.first")


def test_a_recipe_that_names_a_broken_plugins_part_says_why(folder, recipes):
    install(folder, "raises", BROKEN["raises"][0])
    recipe = load_recipe(recipes / "cyclegan.toml", {"networks.G.type": "raises.net"})
    with pytest.raises(RecipeError) as caught:
        read(recipe, installed().registry, "mine")
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        (
            "networks.G.type",
            "no generator is called 'raises.net': plugin 'raises' is installed but failed to load "
            "(RuntimeError: no licence)",
        )
    ]


def test_a_recipe_that_names_no_installed_plugin_says_what_to_install(folder, recipes):
    recipe = load_recipe(recipes / "cyclegan.toml", {"networks.G.type": "absent.net"})
    with pytest.raises(RecipeError, match="no plugin 'absent' is installed; pip install"):
        read(recipe, installed().registry, "mine")


def test_two_plugins_of_one_name(folder):
    install(folder, "same", GOOD.replace("recipes_of_good", "none"), package="a-first")
    install(folder, "same", GOOD.replace("recipes_of_good", "none"), package="b-second")
    zoo = discover(reversed(points(folder)))
    problems = {plugin.package: plugin.problem for plugin in zoo.plugins if plugin.package != CORE}
    assert problems == {"a-first": "", "b-second": "the plugin name 'same' is taken by a-first"}
    assert zoo.registry.get("generator", "same.copy").package == "a-first"


def test_a_good_plugin_behind_a_broken_one_of_its_name_does_not_hide_the_reason(folder):
    install(folder, "same", "raise RuntimeError('first')", package="a-first")
    install(folder, "same", GOOD, package="b-second")
    with pytest.raises(UnknownComponent, match="RuntimeError: first"):
        discover(points(folder)).registry.get("generator", "same.copy")


def test_a_package_without_metadata_does_not_stop_discovery(folder):
    good(folder)
    install(folder, "bare", "raise RuntimeError('bare')")
    (folder / "ganzoo_bare-1.5.dist-info" / "METADATA").unlink()
    zoo = discover(points(folder))
    assert "good.copy" in zoo.registry.names("generator")
    assert "bare" in [plugin.name for plugin in zoo.plugins if plugin.problem]


@pytest.mark.parametrize(
    ("kind", "target", "message"),
    [
        (
            "generator",
            "ganzoo.components.losses.plain:L1",
            "cannot be a generator: its class is no Network",
        ),
        ("loss", "ganzoo.errors:listed", "cannot be a loss: its class is no Loss or Adversarial"),
        (
            "loss",
            "ganzoo.components.losses.plain:L7",
            "cannot be loaded from ganzoo.components.losses.plain:L7",
        ),
        ("loss", "ganzoo.nowhere:L1", "cannot be loaded from ganzoo.nowhere:L1"),
        (
            "loss",
            "ganzoo.components.losses.plain",
            "cannot be loaded from ganzoo.components.losses.plain",
        ),
    ],
)
def test_a_part_that_is_not_what_it_says_is_a_fault(folder, recipes, kind, target, message):
    install(folder, "odd", REGISTERS.format(kind=kind, name="wrong").replace("m:C", target))
    where = "networks.G" if kind == "generator" else "losses.cycle_X"
    recipe = load_recipe(recipes / "cyclegan.toml", {f"{where}.type": "odd.wrong"})
    with pytest.raises(RecipeError) as caught:
        read(recipe, installed().registry, "mine")
    assert [fault.path for fault in caught.value.faults] == [f"{where}.type"]
    assert message in caught.value.faults[0].message


def test_the_registry_refuses_what_is_taken():
    registry = discover([]).registry
    with pytest.raises(PluginError, match="already registered by ganzoo-core"):
        registry.add(registry.get("loss", "l1"))


def commands(body):
    head = "from ganzoo import hookimpl\nGANZOO_API = 2\n@hookimpl\n"
    return f"{head}def register_commands(app):\n{body}\n"


def test_a_plugin_whose_commands_fail_is_named_and_the_others_stay(folder):
    good(folder)
    install(folder, "bad", commands("    raise RuntimeError('no screen')"))
    asked = CliRunner().invoke(app, ["--help"])
    assert asked.exit_code == 0
    assert "greet" in asked.stdout
    reason = "plugin 'bad' (ganzoo-bad) cannot add its commands (RuntimeError: no screen)"
    assert reason in asked.stderr


def test_a_plugin_cannot_take_a_commands_place(folder):
    body = "    app.command('list')(lambda: print('mine'))\n    app.command('own')(lambda: None)"
    install(folder, "thief", commands(body))
    asked = CliRunner().invoke(app, ["list", "recipes"])
    assert asked.exit_code == 0
    assert "mine" not in asked.output
    asked = CliRunner().invoke(app, ["--help"])
    assert "plugin 'thief' (ganzoo-thief) cannot add a command 'list'" in asked.stderr
    assert "own" in asked.stdout


def run_beside(folder, *words):
    """Run a Python that finds the packages in a folder."""
    root = str(Path(ganzoo.__file__).parent.parent)
    path = os.pathsep.join([str(folder), root, os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_command_line_names_them_all(tmp_path):
    """In a process of its own, through the real entry points."""
    good(tmp_path)
    for name, (source, _) in BROKEN.items():
        install(tmp_path, name, source)
    done = run_beside(tmp_path, "-m", "ganzoo", "list", "plugins", "--json")
    told = {row["name"]: row["status"] for row in json.loads(done.stdout)}
    assert told["good"] == told["(core)"] == "ok"
    for name, (_, reason) in BROKEN.items():
        assert reason in told[name], name


NEWER = "from ganzoo import hookimpl\nGANZOO_API = 3\n@hookimpl\ndef register_pages(site): ...\n"
NEWEST = "from ganzoo import hookimpl, page\nGANZOO_API = 3\n"


class LaterHooks(Hooks):
    """What a later ganzoo may offer beside."""

    @hookspec
    def register_pages(self, site):
        """Add pages."""


@pytest.fixture
def core_of_api_3(monkeypatch):
    """A later ganzoo: its plugin API is 3, with one more hook, and API 1 went in 0.8."""
    monkeypatch.setattr("ganzoo.registry.discovery.Hooks", LaterHooks)
    monkeypatch.setattr("ganzoo.registry.plugin_api.API", 3)
    monkeypatch.setattr("ganzoo.registry.plugin_api.RETIRED", {1: "0.8"})


@pytest.mark.parametrize("version", [2, 3])
def test_an_old_plugin_works_on_a_newer_core(folder, core_of_api_3, version):
    install(folder, "old", GOOD.replace("GANZOO_API = 2", f"GANZOO_API = {version}"))
    install(folder, "paged", NEWER)
    zoo = discover(points(folder))
    assert zoo.registry.get("generator", "old.copy").load().__name__ == "ResNet"
    assert [plugin.problem for plugin in zoo.plugins] == ["", "", ""]


@pytest.mark.parametrize("line", ["GANZOO_API = 1", ""])
def test_a_plugin_too_old_is_refused_with_what_it_needs(folder, core_of_api_3, line):
    install(folder, "old", GOOD.replace("GANZOO_API = 2", line))
    core, old = discover(points(folder)).plugins
    assert core.problem == ""
    assert old.problem == (
        "it needs plugin API 1, which ganzoo-core 0.8 gave up: upgrade the plugin, or "
        "pip install 'ganzoo-core<0.8'"
    )


def test_a_plugin_for_the_names_of_0_1_is_refused(folder):
    install(folder, "old", GOOD.replace("GANZOO_API = 2", "GANZOO_API = 1"))
    problem = discover(points(folder)).plugins[-1].problem
    assert problem.endswith("upgrade the plugin, or pip install 'ganzoo-core<0.2'")


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        ("ganzoo-core>=0.3", "(wanted: ganzoo-core>=0.3, installed: 0.1.0)"),
        ("ganzoo_core [earth] >=0.3; extra == 'x'", "(wanted: ganzoo_core [earth] >=0.3, inst"),
        ("ganzoo-core", "(installed: 0.1.0)"),
        ("ganzoo-core-more>=0.3", "(installed: 0.1.0)"),
        ("", "(installed: 0.1.0)"),
    ],
)
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (NEWER, "it needs plugin API 3, and this ganzoo has 2: upgrade ganzoo-core ("),
        (NEWEST, "ImportError: cannot import name 'page' from 'ganzoo'"),
    ],
)
def test_a_plugin_too_new_is_refused_with_what_it_needs(
    folder, monkeypatch, needs, told, source, reason
):
    """Before its hooks, or its imports, are taken for mistakes."""
    monkeypatch.setattr("ganzoo.registry.packages.version", lambda package: "0.1.0")
    install(folder, "new", source, needs=needs)
    problem = discover(points(folder)).plugins[-1].problem
    assert problem.startswith(reason)
    assert told in problem


def test_an_import_that_fails_for_another_reason_says_nothing_of_versions(folder):
    install(folder, "mine", "import ganzoo_mine_module.parts", needs="ganzoo-core>=0.3")
    assert "installed:" not in discover(points(folder)).plugins[-1].problem


def test_twenty_plugins_one_of_them_broken(tmp_path):
    """`ganzoo list` in a process of its own; `python -m benchmarks startup` has its time."""
    parts = GOOD.partition("@hookimpl\ndef register_commands")[0]
    for number in range(19):
        install(tmp_path, f"good{number}", parts)
    install(tmp_path, "raises", BROKEN["raises"][0])
    (tmp_path / "ask.py").write_text(
        "import sys\nfrom ganzoo.cli import app\napp(['list'], standalone_mode=False)\n"
        "print('heavy:', *{'torch', 'numpy', 'PIL'} & set(sys.modules))\n"
    )
    done = run_beside(tmp_path, str(tmp_path / "ask.py"))
    for number in range(19):
        assert f"good{number}.copy" in done.stdout
        assert f"ganzoo-good{number} 1.5: ok" in done.stdout
    assert "ganzoo-raises 1.5: failed to load: RuntimeError: no licence" in done.stdout
    assert done.stdout.endswith("heavy:\n")
    assert done.stderr == ""


def test_ready_models_are_folders_of_two_levels_and_the_first_plugin_keeps_a_name(folder):
    for place in ("streets/one", "streets/two", "deep/er/three", "alone"):
        (folder / "ready" / place).mkdir(parents=True)
        (folder / "ready" / place / "model.safetensors").touch()
    (folder / "ready" / "streets" / "empty").mkdir()
    install(folder, "a", MODELS)
    install(folder, "b", MODELS)
    models = discover(points(folder)).models
    assert list(models) == ["streets/one", "streets/two"]
    assert models["streets/one"][0] == folder / "ready" / "streets" / "one"
    assert {plugin.name for _, plugin in models.values()} == {"a"}
