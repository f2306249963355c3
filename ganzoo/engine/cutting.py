"""Cuts a discriminator's wire at the arguments of its networks: `D(x, G(x))` at `x` and `G(x)`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ganzoo.expression import Call, Expression, Name, networks


def name_placeholder(side: str, index: int) -> str:
    """A name for one of the tensors that a side is shown; no recipe can use such a name."""
    return f"<{side}.{index}>"


def find_leaves(wire: Expression, own: Collection[str]) -> list[Expression]:
    """The largest subexpressions without any of the player's `own` networks, left to right."""
    if isinstance(wire, Call) and networks(wire) & set(own):
        return [leaf for argument in wire.arguments for leaf in find_leaves(argument, own)]
    return [wire]


def replace_leaves(wire: Expression, own: Collection[str], names: Sequence[str]) -> Expression:
    """The wire with a name in place of each of its leaves, in their order."""
    rest = iter(names)

    def replace(expression: Expression) -> Expression:
        if isinstance(expression, Call) and networks(expression) & set(own):
            arguments = tuple(map(replace, expression.arguments))
            return Call(expression.network, arguments, expression.head)
        return Name(next(rest))

    return replace(wire)


def number_distinct(keys: Sequence[object]) -> list[int]:
    """For each key its index among the distinct keys: `a b a` becomes `0 1 0`."""
    order = list(dict.fromkeys(keys))
    return [order.index(key) for key in keys]
