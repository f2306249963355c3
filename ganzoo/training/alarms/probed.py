"""Which outputs are looked at, and what each should look like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ganzoo.builder.blueprint import Blueprint
from ganzoo.expression import Call, Expression, Name, networks, walk
from ganzoo.inference.model import OutputWire

Mirror = Literal["target", "input", "means"]


@dataclass(frozen=True)
class ProbedOutput:
    """An output that is looked at.

    inputs: the variables and latents it is made of, in the wire's order.
    source: the image among them; None where there is none.
    real: the variable whose images it should look like, where one is known.
    mirror: what tells inverted colours: the paired `target`; the `input`, where a term asks for
        its colours; the `means` of the real images' colours; None where nothing does.
    """

    wire: OutputWire
    inputs: tuple[str, ...]
    source: str | None
    real: str | None
    mirror: Mirror | None

    @property
    def text(self) -> str:
        """The wire as it is written."""
        return str(self.wire.wire)


def probed_outputs(blueprint: Blueprint) -> list[ProbedOutput]:
    """What critics are shown of generators, and the outputs, each once."""
    likes: dict[Expression, str | None] = {}
    for made, real in _likes(blueprint):
        likes.setdefault(made, real)
    wires = [*likes, *(wire for n, wire in blueprint.outputs.items() if n not in blueprint.made)]
    found = {str(w): _probed(w, likes.get(w), blueprint) for w in wires if isinstance(w, Call)}
    built = blueprint.used
    return [probed for probed in found.values() if probed.wire.networks <= built]


def _probed(wire: Call, real: str | None, blueprint: Blueprint) -> ProbedOutput:
    parts = [part.name for part in walk(wire) if isinstance(part, Name)]
    inputs = tuple(dict.fromkeys(parts))
    images = [
        n for n in inputs if n not in blueprint.latent_samplers and blueprint.variables[n].size
    ]
    source = images[0] if images else None
    mirror = _mirror(wire, source, real, blueprint)
    return ProbedOutput(blueprint.view(wire), inputs, source, real, mirror)


def _mirror(
    wire: Call, source: str | None, real: str | None, blueprint: Blueprint
) -> Mirror | None:
    if source is None:
        return None
    paired = blueprint.dataset is not None and blueprint.dataset.paired
    if paired and real is not None and real != source:
        return "target"
    if wire.network in _keepers(blueprint):
        return "input"
    return "means" if real is not None else None


def _keepers(blueprint: Blueprint) -> set[str]:
    """The networks that a plain term asks to leave an image as it is: G(y) to y, or G(x) to x."""
    sides = [[*t.wires.values()] for t in blueprint.live if not t.adversarial and len(t.wires) == 2]
    pairs = [pair for one, other in sides for pair in ((one, other), (other, one))]
    return {
        made.network
        for made, image in pairs
        if isinstance(made, Call) and made.arguments[:1] == (image,) and isinstance(image, Name)
    }


def _likes(blueprint: Blueprint) -> Iterator[tuple[Call, str | None]]:
    """What generators make for the wires of live terms, and the variable it should look like.

    What a critic compares it with comes first; an l1 to its input may stand beside that.
    """
    for term in blueprint.live:
        if term.adversarial:
            fake, real = term.wires["fake"], term.wires["real"]
            if isinstance(fake, Call) and isinstance(real, Call):
                yield from _matched(fake.arguments, real.arguments)
    for term in blueprint.live:
        if not term.adversarial and len(term.wires) == 2:
            one, other = term.wires.values()
            outputs = [w for w in (one, other) if w in blueprint.outputs.values()]
            yield from _matched(outputs, [other if w == one else one for w in outputs])


def _matched(
    some: Iterable[Expression], others: Iterable[Expression]
) -> Iterator[tuple[Call, str | None]]:
    """Expressions that stand at the same place, one made and the other real."""
    for one, other in zip(some, others, strict=False):
        if isinstance(one, Call) and isinstance(other, Call):
            if (one.network, one.head) == (other.network, other.head):
                yield from _matched(one.arguments, other.arguments)
            continue
        for made, real in ((one, other), (other, one)):
            if isinstance(made, Call) and isinstance(real, Name) and networks(made):
                yield made, real.name
