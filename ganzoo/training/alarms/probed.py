"""Which outputs are probed, and what each should look like."""

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
    """An output that is probed.

    inputs: the variables and latents it is computed from, in the wire's order.
    source: the first image among them; None where there is none.
    real: the variable whose images it should look like, where one is known.
    mirror: what the output and its negative are compared with, to detect inverted colours: the
        paired `target`; the `input`, where a term asks to keep its colours; the `means` of the real
        images' colours; None where there is nothing to compare with.
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
    """What generators show discriminators, and the recipe's outputs, each once."""
    models: dict[Expression, str | None] = {}
    for output, real in _find_models(blueprint):
        models.setdefault(output, real)
    wires = [
        *models,
        *(wire for n, wire in blueprint.outputs.items() if n not in blueprint.component_outputs),
    ]
    probed = [_read_wire(w, models.get(w), blueprint) for w in wires if isinstance(w, Call)]
    by_text = {each.text: each for each in probed}
    return [each for each in by_text.values() if each.wire.networks <= blueprint.used]


def _read_wire(wire: Call, real: str | None, blueprint: Blueprint) -> ProbedOutput:
    names = [node.name for node in walk(wire) if isinstance(node, Name)]
    inputs = tuple(dict.fromkeys(names))
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
    if wire.network in _identities(blueprint):
        return "input"
    return "means" if real is not None else None


def _identities(blueprint: Blueprint) -> set[str]:
    """The networks that a plain term asks to keep an image as it is: G(y) = y, or G(x) = x."""
    sides = [[*t.wires.values()] for t in blueprint.live if not t.adversarial and len(t.wires) == 2]
    pairs = [pair for one, other in sides for pair in ((one, other), (other, one))]
    return {
        output.network
        for output, image in pairs
        if isinstance(output, Call) and output.arguments[:1] == (image,) and isinstance(image, Name)
    }


def _find_models(blueprint: Blueprint) -> Iterator[tuple[Call, str | None]]:
    """Generators' outputs in the terms that are trained, and the variable each should look like.

    What a discriminator compares an output with comes first: another term may compare it with its
    own input, as an l1 that keeps colours does.
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
    """Pairs of an output and a real variable that stand at the same place of two wires."""
    for one, other in zip(some, others, strict=False):
        if isinstance(one, Call) and isinstance(other, Call):
            if (one.network, one.head) == (other.network, other.head):
                yield from _matched(one.arguments, other.arguments)
            continue
        for output, real in ((one, other), (other, one)):
            if isinstance(output, Call) and isinstance(real, Name) and networks(output):
                yield output, real.name
