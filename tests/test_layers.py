"""What may import what: names no torch, the engine no names, components no recipe."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ganzoo

PACKAGE = Path(ganzoo.__file__).parent
NAMES = (
    *("__init__", "__main__", "errors", "files", "printing/text", "expression"),
    *("registry", "recipe", "cli/early", "interfaces/variable"),
    *("components/data/roots", "components/data/image_listing"),
)
HEAVY = ("torch", "torchvision", "accelerate", "torchmetrics", "safetensors", "numpy", "matplotlib")


def modules(*names):
    for name in names:
        path = PACKAGE / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def imports(path, top_level_only=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def offenders(paths, forbidden, **how):
    pattern = re.compile(rf"({'|'.join(map(re.escape, forbidden))})(\.|$)")
    return [f"{p.name}: {m}" for p in paths for m in imports(p, **how) if pattern.match(m)]


def test_names_import_no_torch():
    assert not offenders(modules(*NAMES), [*HEAVY, "ganzoo.engine"], top_level_only=True)


def test_the_engine_imports_no_names():
    names = ("registry", "recipe", "builder", "runs", "training", "cli")
    assert not offenders(modules("engine", "interfaces"), [f"ganzoo.{name}" for name in names])


def test_components_know_nothing_of_trainer_or_recipe():
    others = ("recipe", "engine", "inference", "builder", "runs", "training", "cli")
    assert not offenders(modules("components"), [f"ganzoo.{name}" for name in others])


def test_components_ask_the_registry_for_file_formats_alone():
    """A file's reader and writer are found by the file, as no recipe names them."""
    asking = {name for name in offenders(modules("components"), ["ganzoo.registry"])}
    assert {name.partition(":")[0] for name in asking} <= {
        "installed_readers.py",
        "installed_writers.py",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "import ganzoo; ganzoo.list_components()",
        "from ganzoo.cli import app; from typer.testing import CliRunner; "
        "r = CliRunner().invoke(app, ['--help']); assert r.exit_code == 0, r.output",
        "from ganzoo.cli import app; from typer.testing import CliRunner; "
        "r = CliRunner().invoke(app, ['list']); assert r.exit_code == 0, r.output",
    ],
)
def test_the_front_door_leaves_torch_out(statement):
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip().splitlines()[-1] == "[]"


def test_nothing_is_unpickled_but_in_one_place():
    unsafe = re.compile(r"pickle|torch\.load\b|\beval\(|\bexec\(|yaml\.load|save_state|np\.load")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for line in _code_lines(path)
        if unsafe.search(line) and not re.search(r"\.eval\(|re\.compile", line)
    }
    assert found == {"components/networks/reference.py"}


def _code_lines(path):
    """Source without docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.unparse(tree).splitlines()


def test_no_method_is_known_by_name():
    """CycleGAN and the rest exist as TOML: no identifier and no file carries their name."""
    methods = re.compile(r"cycle_?gan|pix_?2_?pix|co_?gan|bi_?gan|sim_?gan|dc_?gan", re.IGNORECASE)
    assert not [p for p in PACKAGE.rglob("*.py") if methods.search(p.stem)]
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for field in ("id", "attr", "name", "arg"):
                value = getattr(node, field, None)
                assert not (isinstance(value, str) and methods.search(value)), f"{path}: {value}"


def test_files_and_functions_are_short():
    """Those of the core, and of the plugins of this repository."""
    plugins = sorted((Path(__file__).parent.parent / "plugins").glob("*/ganzoo_*/**/*.py"))
    assert plugins
    for path in [*PACKAGE.rglob("*.py"), *plugins]:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 250, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert (node.end_lineno or 0) - node.lineno < 40, f"{path}: {node.name}"


PRINTERS = {"print", "Console", "typer.echo", "typer.secho", "click.echo", "click.secho"}


def test_there_is_one_printer():
    """All else goes through `say` or `Terminal`, which make control characters visible."""
    found = [
        f"{path.relative_to(PACKAGE)}: {ast.unparse(node.func)}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name not in ("text.py", "terminal.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) in PRINTERS
            or re.search(r"std(out|err).write", ast.unparse(node.func))
        )
    ]
    assert not found
