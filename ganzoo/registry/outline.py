"""A component as its source text shows it, so that a recipe's settings are known without torch.

Nothing is imported. What the text does not say plainly (a decorated class, a base of another make)
is unknown here, never guessed: then the component itself is asked later.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FURTHEST = 12  # how many modules a name is followed through
# Types that a recipe may write; of all others (Tensor) it can write none.
PLAIN = {"int": int, "float": float, "str": str, "bool": bool, "None": type(None), "dict": dict}
# Bases that add nothing which a recipe may write.
BARE = ("nn.Module", "torch.nn.Module", "ABC", "object")
GENERIC: dict[str, Any] = {
    "list": list,
    "dict": dict,
    "tuple": tuple,
    "Sequence": Sequence,
    "Mapping": Mapping,
    "Literal": typing.Literal,
    "Union": typing.Union,
}


@dataclass(frozen=True)
class Outline:
    """A class.

    settings: its constructor's parameters: the type, and whether it is required.
    methods: the parameters of each of its methods, and whether each is required.
    bases: the classes it is first of, as `package.module:Class`.
    """

    settings: Mapping[str, tuple[Any, bool]]
    methods: Mapping[str, Mapping[str, bool]]
    bases: Sequence[str]


@dataclass(frozen=True)
class Definition:
    """A class or a value, and the module whose text it stands in."""

    module: str
    node: ast.AST


@dataclass(frozen=True)
class ClassDefinition(Definition):
    """A class."""

    node: ast.ClassDef


def read_outline(target: str, skip: int = 0) -> Outline | None:
    """The outline of `package.module:Class`, or None where its text does not tell.

    skip: leading parameters that the host supplies (an optimizer's `params`).
    """
    try:
        return _outline(target, skip)
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None


@functools.cache
def _outline(target: str, skip: int) -> Outline:
    """What was read once is kept; what could not be read is tried again."""
    module, _, name = target.partition(":")
    line = list(_line(module, name))
    methods = {n: m for each in reversed(line) for n, m in _methods(each.node).items()}
    first = next((each for each in line if "__init__" in _methods(each.node)), None)
    return Outline(
        _settings(first, skip) if first else {},
        {name: _required(method) for name, method in methods.items()},
        [f"{each.module}:{each.node.name}" for each in line],
    )


def _line(module: str, name: str, further: int = FURTHEST) -> Iterator[ClassDefinition]:
    """A class and its bases, the nearest first.

    Raises:
        ValueError: one of them is not to be definition, or is first by a decorator.
    """
    definition = _find(module, name, further)
    if (
        definition is None
        or not isinstance(definition.node, ast.ClassDef)
        or definition.node.decorator_list
    ):
        raise ValueError(f"{module}:{name} is no plain class")
    yield ClassDefinition(definition.module, definition.node)
    for base in definition.node.bases:
        if ast.unparse(base) not in BARE:
            yield from _line(definition.module, ast.unparse(base), further - 1)


def _find(module: str, name: str, further: int = FURTHEST) -> Definition | None:
    """What a name means in a module: a class, or the value it is given."""
    tree = _tree(module) if further > 0 else None
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return Definition(module, node)
        if isinstance(node, ast.Assign) and any(_is(target, name) for target in node.targets):
            return Definition(module, node.value)
        if isinstance(node, ast.AnnAssign) and _is(node.target, name) and node.value:
            return Definition(module, node.value)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _find(_source(module, node), alias.name, further - 1)
    return None


def _source(module: str, node: ast.ImportFrom) -> str:
    """The module that a `from ... import` names."""
    file = _file(module)
    is_package = file is not None and file.name == "__init__.py"
    above = module.split(".")[: len(module.split(".")) - node.level + is_package]
    return ".".join([*(above if node.level else ()), *([node.module] if node.module else ())])


def _is(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _tree(module: str) -> ast.Module | None:
    path = _file(module)
    return _parsed(path) if path else None


@functools.cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def _file(module: str) -> Path | None:
    """A module's source; only the top package is looked for, as that imports nothing."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or (not rest and not spec.submodule_search_locations):
        return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *rest)
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


def _methods(node: ast.AST) -> dict[str, ast.FunctionDef]:
    body = node.body if isinstance(node, ast.ClassDef) else ()
    return {item.name: item for item in body if isinstance(item, ast.FunctionDef)}


def _settings(definition: ClassDefinition, skip: int) -> dict[str, tuple[Any, bool]]:
    init = _methods(definition.node)["__init__"]
    required = _required(init)
    typed = {a.arg: a.annotation for a in _arguments(init)}
    names = list(required)[skip:]
    return {name: (_hint(definition.module, typed[name]), required[name]) for name in names}


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    spec = function.args
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]


def _required(function: ast.FunctionDef) -> dict[str, bool]:
    """A method's parameters after `self`, and whether each is required."""
    spec = function.args
    placed = [*spec.posonlyargs, *spec.args]
    free = len(placed) - len(spec.defaults)
    parameters = {argument.arg: place < free for place, argument in enumerate(placed)}
    parameters |= {a.arg: d is None for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)}
    return dict(list(parameters.items())[1:])


def _hint(module: str, node: ast.AST | None, further: int = FURTHEST) -> Any:
    """An annotation as a type; Any where the text does not tell."""
    if isinstance(node, ast.Constant):
        return type(None) if node.value is None else Any
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [side for side in (node.left, node.right) if not _is(side, "Tensor")]
        hints = [_hint(module, side, further) for side in sides]
        return Any if Any in hints or not hints else typing.Union[tuple(hints)]  # noqa: UP007
    if isinstance(node, ast.Subscript):
        return _generic(module, node, further)
    name = node.id if isinstance(node, ast.Name) else ""
    if name in PLAIN:
        return PLAIN[name]
    definition = _find(module, name) if name and further else None
    if definition is None or isinstance(definition.node, ast.ClassDef):
        return Any
    return _hint(definition.module, definition.node, further - 1)


def _generic(module: str, node: ast.Subscript, further: int) -> Any:
    name = getattr(node.value, "id", getattr(node.value, "attr", ""))
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        return typing.Literal[tuple(ast.literal_eval(item) for item in inner)]
    dots = [isinstance(item, ast.Constant) and item.value is ... for item in inner]
    types = [
        ... if dot else _hint(module, item, further) for dot, item in zip(dots, inner, strict=True)
    ]
    return GENERIC[name][tuple(types)] if name in GENERIC else Any
