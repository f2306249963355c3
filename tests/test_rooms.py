"""The house's order: a package imports only what stands above it, lazy imports included."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import ganzoo

ROOT = Path(__file__).parent.parent
PACKAGE = Path(ganzoo.__file__).parent
DRAWING = runpy.run_path(str(ROOT / "docs" / "draw_rooms.py"))
ORDER, DOOR, rooms, picture = (DRAWING[name] for name in ("ORDER", "DOOR", "rooms", "picture"))


def test_every_package_has_its_place():
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    loose = {p.stem for p in PACKAGE.glob("*.py")} - set(DOOR)
    assert folders | loose == set(ORDER)


def test_the_picture_shows_the_imports_as_they_are():
    drawn = (ROOT / "docs" / "images" / "rooms.svg").read_text(encoding="utf-8")
    assert drawn == picture(rooms()), "draw it again: python docs/draw_rooms.py"


def test_no_import_hides_where_it_leads():
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not any(node.level for node in froms), path


@pytest.mark.parametrize("room", ORDER)
def test_a_package_imports_only_what_stands_above_it(room):
    assert rooms()[room] <= {*ORDER[: ORDER.index(room)]}


def test_there_is_no_circle_of_modules():
    """Not between files either, but for imports inside functions, which a circle needs."""
    paths = {_module(path): path for path in PACKAGE.rglob("*.py")}
    try:
        list(TopologicalSorter({m: _at_top(m, paths) for m in paths}).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def _module(path: Path) -> str:
    module = ".".join(("ganzoo", *path.relative_to(PACKAGE).with_suffix("").parts))
    return module.removesuffix(".__init__")


def _at_top(module: str, paths: dict[str, Path]) -> set[str]:
    """The modules that one imports when it is imported itself."""
    body = ast.parse(paths[module].read_text(encoding="utf-8")).body
    found = set()
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module in paths:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & paths.keys()
            found |= inner or {node.module}
    return found - {module}


def test_the_names_layer_leaves_torch_out():
    light = ["ganzoo", "ganzoo.registry.discovery", "ganzoo.recipe.loading", "ganzoo.cli"]
    code = f"import sys, {', '.join(light)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
