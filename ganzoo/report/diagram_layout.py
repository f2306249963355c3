"""Lays out a diagram: boxes in columns, few crossings, arrows that bend only between columns.

The method follows Sugiyama et al. 1981.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations, pairwise

from ganzoo.report.wiring import Arrow, Box, Graph

GAP_X, GAP_Y = 56.0, 18.0
THIN = 14.0  # the height of an arrow's slot in a column that it passes
MARGIN = 8.0
SWEEPS = 8


@dataclass(frozen=True)
class Place:
    """The place of a box: its upper left corner."""

    box: Box
    x: float
    y: float


@dataclass(frozen=True)
class Route:
    """The route of an arrow: pairs of points, straight within a pair, bent between pairs."""

    arrow: Arrow
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Layout:
    """The whole drawing."""

    places: Mapping[str, Place]
    routes: Sequence[Route]
    width: float
    height: float


@dataclass
class Slot:
    """A place in a column that a box takes, or an arrow that passes the column.

    before: the slots its arrows come from, each with the offset of the port where it ends.
    """

    layer: int
    height: float
    box: Box | None = None
    before: list[tuple[Slot, float]] = field(default_factory=list)
    after: list[tuple[Slot, float]] = field(default_factory=list)
    middle: float = 0.0


Columns = list[list[Slot]]


def lay_out(graph: Graph) -> Layout:
    """Give every box a place and every arrow a route; nothing overlaps."""
    slots = {key: Slot(box.layer, box.height, box) for key, box in graph.boxes.items()}
    chains = [_chain(arrow, slots) for arrow in graph.arrows]
    columns = _columns([*slots.values(), *(slot for chain in chains for slot in chain[1:-1])])
    columns = _ordered(columns)
    _align(columns)
    lefts, widths = _horizontally(columns)
    top = min((s.middle - s.height / 2 for column in columns for s in column), default=0) - MARGIN
    places = {
        key: Place(s.box, lefts[s.layer], s.middle - s.height / 2 - top)
        for key, s in slots.items()
        if s.box
    }
    routes = [
        Route(arrow, _points(arrow, chain, places, lefts, widths, top))
        for arrow, chain in zip(graph.arrows, chains, strict=True)
    ]
    bottom = max((p.y + p.box.height for p in places.values()), default=0)
    bottom = max([bottom, *(y for route in routes for _, y in route.points)])
    right = lefts[-1] + widths[-1] if columns else 0
    return Layout(places, routes, right + MARGIN, bottom + MARGIN)


def _chain(arrow: Arrow, slots: Mapping[str, Slot]) -> list[Slot]:
    """The slots from an arrow's source to its target, one in each column."""
    source, target = slots[arrow.source], slots[arrow.target]
    between = [Slot(layer, THIN) for layer in range(source.layer + 1, target.layer)]
    chain = [source, *between, target]
    for one, other in pairwise(chain):
        ends = other.box is not None
        port = other.box.port(arrow.port) - other.height / 2 if ends and other.box else 0.0
        other.before.append((one, port))
        one.after.append((other, port))
    return chain


def _columns(slots: Sequence[Slot]) -> Columns:
    columns: Columns = [[] for _ in range(1 + max((slot.layer for slot in slots), default=-1))]
    for slot in slots:
        columns[slot.layer].append(slot)
    return columns


def _ordered(columns: Columns) -> Columns:
    """The order of slots with the fewest crossings that sweeps find.

    A sweep sorts each column by the mean positions of its slots' neighbours.
    """
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for sweep in range(SWEEPS):
        rightwards = sweep % 2 == 0
        order = range(1, len(columns)) if rightwards else range(len(columns) - 2, -1, -1)
        for index in order:
            _sort(columns[index], columns[index - 1 if rightwards else index + 1], rightwards)
        crossings = _crossings(columns)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return _upright(best)


def _upright(columns: Columns) -> Columns:
    """Turn the columns upside down if that puts the data in order without adding crossings."""
    names = [slot.box.key for slot in columns[0] if slot.box] if columns else []
    flipped = [column[::-1] for column in columns]
    wrong = sum(a > b for a, b in combinations(names, 2))
    better = 2 * wrong > len(names) * (len(names) - 1) / 2
    return flipped if better and _crossings(flipped) <= _crossings(columns) else columns


def _sort(column: list[Slot], neighbours: Sequence[Slot], rightwards: bool) -> None:
    rank = {id(slot): float(place) for place, slot in enumerate(neighbours)}
    own = {id(slot): float(place) for place, slot in enumerate(column)}

    def mean(slot: Slot) -> float:
        linked = slot.before if rightwards else slot.after
        # The port breaks ties: an arrow to a higher port gets the higher place.
        ranks = [rank[id(other)] + port / 1e4 for other, port in linked]
        return sum(ranks) / len(ranks) if ranks else own[id(slot)]

    column.sort(key=mean)


def _crossings(columns: Columns) -> int:
    return sum(_between(one, other) for one, other in pairwise(columns))


def _between(column: Sequence[Slot], following: Sequence[Slot]) -> int:
    rank = {id(slot): place for place, slot in enumerate(following)}
    lines = [
        (place, rank[id(other)] + port / 1e4)
        for place, slot in enumerate(column)
        for other, port in slot.after
    ]
    return sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(lines, 2))


def _align(columns: Columns) -> None:
    """The heights of slots: each is as near to its neighbours as the order in its column allows."""
    for column in columns:
        _place(column, [0.0] * len(column))
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            _place(column, [_wish(slot) for slot in column])


def _wish(slot: Slot) -> float:
    befores = [other.middle - port for other, port in slot.before]
    afters = [other.middle + port for other, port in slot.after]
    wishes = befores + afters
    return sum(wishes) / len(wishes) if wishes else slot.middle


def _place(column: Sequence[Slot], wishes: Sequence[float]) -> None:
    """Heights nearest to the wished ones by least squares, in order and without overlap.

    The method is that of pooling adjacent violators.
    """
    steps = [(a.height + b.height) / 2 + GAP_Y for a, b in pairwise(column)]
    offsets = [*accumulate(steps, initial=0.0)]
    pools: list[list[float]] = []
    for wish, offset in zip(wishes, offsets, strict=False):
        pools.append([wish - offset])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    levels = [_mean(pool) for pool in pools for _ in pool]
    for slot, level, offset in zip(column, levels, offsets, strict=False):
        slot.middle = level + offset


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _horizontally(columns: Columns) -> tuple[list[float], list[float]]:
    """The left edges and the widths of columns."""
    widths = [max((s.box.width for s in column if s.box), default=0.0) for column in columns]
    lefts = [*accumulate((width + GAP_X for width in widths), initial=MARGIN)]
    return lefts[: len(widths)], widths


def _points(
    arrow: Arrow,
    chain: Sequence[Slot],
    places: Mapping[str, Place],
    lefts: Sequence[float],
    widths: Sequence[float],
    top: float,
) -> list[tuple[float, float]]:
    source, target = places[arrow.source], places[arrow.target]
    layer, start = chain[0].layer, source.y + source.box.height / 2
    points = [(source.x + source.box.width, start), (lefts[layer] + widths[layer], start)]
    for slot in chain[1:-1]:
        left, y = lefts[slot.layer], slot.middle - top
        points += [(left, y), (left + widths[slot.layer], y)]
    return [*points, (target.x, target.y + target.box.port(arrow.port))]
