"""A recipe's wires as boxes and arrows: data and latents, calls of networks, losses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ganzoo.expression import Call, Expression, walk

Kind = Literal["variable", "latent", "generator", "discriminator", "module", "loss"]

CHARACTER, SMALL = 8.0, 6.7  # widths in pixels, of monospaced signs of 13 and 11 px
PADDING, LINE = 12.0, 16.0
LONGEST = 34  # signs; what is longer is cut, and whole in the box's title


@dataclass(frozen=True)
class WiredTerm:
    """A term of the objective: its wires by name, and its wires' outermost discriminators.

    note: the text below its name: weight and loss, `30 l1`.
    """

    name: str
    note: str
    wires: Mapping[str, Expression]
    discriminators: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Wiring:
    """The wires of a recipe.

    kinds: of networks, by name. latents: the names of latents. outputs: expressions by name."""

    terms: Sequence[WiredTerm]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    latents: frozenset[str] = frozenset()
    outputs: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    """A box of the diagram.

    key: the expression, or `loss: NAME`.
    lines: its text, the first line large. ports: the names of its inputs, if they have names.
    layer: its column, counted from the left. inputs: the number of arrows that end at it.
    """

    key: str
    kind: Kind
    lines: tuple[str, ...]
    layer: int
    inputs: int = 0
    ports: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """In pixels."""
        small = max((len(text) for text in (*self.lines[1:], *self.ports)), default=0)
        return max(len(self.lines[0]) * CHARACTER, small * SMALL, 16) + 2 * PADDING

    @property
    def height(self) -> float:
        """In pixels: its lines, its ports, and room for every arrow."""
        written = LINE * (len(self.lines) + len(self.ports)) + PADDING
        return max(written, LINE * 0.8 * self.inputs + PADDING)

    def port(self, number: int) -> float:
        """The distance from the top of the box to the end of an arrow."""
        if self.ports:
            return PADDING / 2 + LINE * (len(self.lines) + number + 0.5)
        return self.height * (number + 1) / (self.inputs + 1)


@dataclass(frozen=True)
class Arrow:
    """From a box to another one's port."""

    source: str
    target: str
    port: int = 0


@dataclass(frozen=True)
class Graph:
    """Boxes by key, in the order in which the recipe names them, and arrows."""

    boxes: Mapping[str, Box]
    arrows: Sequence[Arrow]


def graph(wiring: Wiring) -> Graph:
    """The graph of all distinct expressions; discriminators are in the column before the losses."""
    expressions = _distinct(wire for term in wiring.terms for wire in term.wires.values())
    layers = _layers(wiring, expressions)
    boxes = {key: _box(e, layers[key], wiring) for key, e in expressions.items()}
    boxes |= {(box := _loss(term, layers[""])).key: box for term in wiring.terms}
    return Graph(boxes, [*_arrows(wiring, expressions)])


def _distinct(wires: Iterable[Expression]) -> dict[str, Expression]:
    return {str(node): node for wire in wires for node in walk(wire)}


def _layers(wiring: Wiring, expressions: Mapping[str, Expression]) -> dict[str, int]:
    """The column of each expression; the key "" gives the column of the losses.

    Logits that only losses read are in the last column before the losses.
    """
    depths = {key: _depth(expression) for key, expression in expressions.items()}
    arguments = {str(a) for e in expressions.values() if isinstance(e, Call) for a in e.arguments}
    logits = {
        str(wire)
        for term in wiring.terms
        for wire in term.wires.values()
        if isinstance(wire, Call) and wire.network in term.discriminators
    } - arguments
    others = [depth for key, depth in depths.items() if key not in logits]
    last = max([*others, *(depths[key] - 1 for key in logits)], default=0) + bool(logits)
    return {**depths, **dict.fromkeys(logits, last), "": last + 1}


def _depth(expression: Expression) -> int:
    if isinstance(expression, Call):
        return 1 + max(map(_depth, expression.arguments))
    return 0


def _box(expression: Expression, layer: int, wiring: Wiring) -> Box:
    key = str(expression)
    if not isinstance(expression, Call):
        kind: Kind = "latent" if key in wiring.latents else "variable"
        return Box(key, kind, (cut(key),), layer)
    callee = f"{expression.network}.{expression.head}" if expression.head else expression.network
    named = [name for name, output in wiring.outputs.items() if output == expression]
    lines = (callee, key, *([f"output {', '.join(named)}"] if named else []))
    kind = wiring.kinds.get(expression.network, "module")
    return Box(key, kind, tuple(map(cut, lines)), layer, len(expression.arguments))


def _loss(term: WiredTerm, layer: int) -> Box:
    lines = tuple(cut(line) for line in (term.name, term.note) if line)
    ports = tuple(map(cut, term.wires))
    return Box(_key(term), "loss", lines, layer, len(ports), ports)


def _arrows(wiring: Wiring, expressions: Mapping[str, Expression]) -> Iterable[Arrow]:
    for key, expression in expressions.items():
        for port, argument in enumerate(getattr(expression, "arguments", ())):
            yield Arrow(str(argument), key, port)
    for term in wiring.terms:
        for port, wire in enumerate(term.wires.values()):
            yield Arrow(str(wire), _key(term), port)


def _key(term: WiredTerm) -> str:
    return f"loss: {term.name}"


def cut(text: str) -> str:
    """The text, cut to the widest that fits a box."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
