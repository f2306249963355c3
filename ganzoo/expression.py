"""Wires: parses `F(G(x))` into an immutable tree. Nothing is evaluated here.

The whole grammar: a name `x`; a call `N(e, ...)`; a call of a head `N.head(e, ...)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 500  # characters; so few cannot nest deeper than the recursion limit allows
GRAMMAR = "a wire is a name, a call G(x), or a call of a head G.features(x)"


class ExpressionError(ValueError):
    """A wire that cannot be parsed; `column` is the position of the fault."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Name:
    """A variable of the data, or a latent."""

    name: str
    column: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Call:
    """A network, or one of its heads, applied to arguments."""

    network: str
    arguments: tuple[Expression, ...]
    head: str = ""
    column: int = field(default=0, compare=False)

    def __str__(self) -> str:
        callee = f"{self.network}.{self.head}" if self.head else self.network
        return f"{callee}({', '.join(map(str, self.arguments))})"


Expression = Name | Call


def parse(text: str) -> Expression:
    """Read a wire.

    Raises:
        ExpressionError: the text is no wire; the error has the column where it leaves the grammar.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"a wire has at most {LONGEST} characters", 0)
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = min(max((getattr(error, "offset", 1) or 1) - 1, 0), max(len(text) - 1, 0))
        raise ExpressionError(f"this cannot be read; {GRAMMAR}", column) from None
    _count_characters(tree, text)
    return _convert(tree.body)


def walk(expression: Expression) -> Iterator[Expression]:
    """All subexpressions and the expression itself; arguments come before their call."""
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)
    yield expression


def calls(expression: Expression) -> Iterator[Call]:
    """Every call in the expression, inner ones first."""
    return (inner for inner in walk(expression) if isinstance(inner, Call))


def networks(expression: Expression) -> set[str]:
    """The networks the expression calls."""
    return {call.network for call in calls(expression)}


def names(expression: Expression) -> set[str]:
    """The variables and latents the expression reads."""
    return {inner.name for inner in walk(expression) if isinstance(inner, Name)}


def find_column(inner: Expression, wire: Expression) -> int:
    """The column at which `inner`, a subexpression of the wire, begins in `str(wire)`."""
    return _find(inner, wire, 0) or 0


def _count_characters(tree: ast.Expression, text: str) -> None:
    """Convert columns of the tree from bytes of UTF-8, as `ast` counts, to characters."""
    lines = text.encode().splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            before = lines[node.lineno - 1][: node.col_offset]
            node.col_offset = len(before.decode(errors="ignore"))


def _convert(node: ast.expr) -> Expression:
    if isinstance(node, ast.Name):
        return Name(node.id, node.col_offset)
    if isinstance(node, ast.Call):
        return _convert_call(node)
    raise ExpressionError(f"only names and calls can stand here; {GRAMMAR}", node.col_offset)


def _convert_call(node: ast.Call) -> Call:
    if node.keywords:
        first = node.keywords[0].value.col_offset
        raise ExpressionError("arguments are given by position, without names", first)
    if not node.args:
        raise ExpressionError("a call needs at least one argument", node.col_offset)
    arguments = tuple(_convert(argument) for argument in node.args)
    callee = node.func
    if isinstance(callee, ast.Name):
        return Call(callee.id, arguments, column=callee.col_offset)
    if isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name):
        return Call(callee.value.id, arguments, callee.attr, callee.col_offset)
    raise ExpressionError(
        "only a network or one of its heads can be called here", node.func.col_offset
    )


def _find(inner: Expression, wire: Expression, start: int) -> int | None:
    if inner is wire:
        return start
    if isinstance(wire, Name):
        return None
    place = start + len(str(Call(wire.network, (), wire.head))) - 1
    for argument in wire.arguments:
        column = _find(inner, argument, place)
        if column is not None:
            return column
        place += len(str(argument)) + 2
    return None
