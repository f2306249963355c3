"""Where a critic's own networks begin in its wire: what stands there is what it is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ganzoo.expression import Call, Expression, Name, networks


def placeholder(side: str, index: int) -> str:
    """A name no wire can hold, for the index-th tensor of a side's sample."""
    return f"<{side}.{index}>"


def find_leaves(wire: Expression, own: Collection[str]) -> list[Expression]:
    """Every largest part of the wire that holds none of the player's own networks, in order."""
    if isinstance(wire, Call) and networks(wire) & set(own):
        return [leaf for argument in wire.arguments for leaf in find_leaves(argument, own)]
    return [wire]


def replace_leaves(wire: Expression, own: Collection[str], names: Sequence[str]) -> Expression:
    """The wire with a name in place of each of its leaves, in their order."""
    rest = iter(names)

    def replace(part: Expression) -> Expression:
        if isinstance(part, Call) and networks(part) & set(own):
            return Call(part.network, tuple(map(replace, part.arguments)), part.head)
        return Name(next(rest))

    return replace(wire)


def number_distinct(keys: Sequence[object]) -> list[int]:
    """For each key, which one it is of the different ones."""
    order = list(dict.fromkeys(keys))
    return [order.index(key) for key in keys]
