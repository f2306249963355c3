"""Channels settled: counts that follow are filled in, and what contradicts is told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganzoo.builder.blueprint import Blueprint, TermPlan
from ganzoo.builder.channels import IN, OUT, Count, Counts
from ganzoo.builder.domains import find_domains, list_matches, rank, term_matches
from ganzoo.builder.lookup import Lookup
from ganzoo.expression import Call, Expression, Name, calls, find_column


@dataclass(frozen=True)
class WirePlace:
    """A wire, where it stands, and the term that it belongs to."""

    path: str
    wire: Expression
    term: TermPlan | None = None


def settle_channels(blueprint: Blueprint, lookup: Lookup) -> None:
    """Give networks the channels that follow from the wires; note what contradicts.

    The blueprint then also knows the domains of its outputs.
    """
    blueprint.domains = find_domains(blueprint)
    if blueprint.dataset is None:
        return
    counts, live = Counts(blueprint), _live_places(blueprint)
    _learn(counts, blueprint, [place.wire for place in live])
    for name, plan in blueprint.networks.items():
        settings = {**plan.settings, **counts.settings(name)}
        blueprint.networks[name] = replace(plan, settings=settings)
    _check_given(counts, blueprint, lookup)
    _check_taken(counts, live, lookup)


def _learn(counts: Counts, blueprint: Blueprint, live: Sequence[Expression]) -> None:
    """From what is evaluated first, then from heads, modules and terms of weight 0."""
    terms = sorted(blueprint.terms, key=rank)
    matches = [match for match in list_matches(blueprint) if match.strength in (0, 2)]
    counts.learn(live, matches, heads=False)
    if not counts.open():
        return
    every = [*live, *(wire for term in terms for wire in term.wires.values())]
    counts.tries = True
    for heads in (False, True):
        counts.learn(every, list_matches(blueprint), heads)


def _live_places(blueprint: Blueprint) -> list[WirePlace]:
    """Every wire that is evaluated, adversarial terms first: they say most of domains."""
    places = [
        WirePlace(f"{term.path}.{name}", wire, term)
        for term in sorted(blueprint.live, key=rank)
        for name, wire in term.wires.items()
    ]
    for name, wire in blueprint.outputs.items():
        if name not in blueprint.component_outputs:
            places.append(WirePlace(f"outputs.{name}", wire))
    for name, plan in blueprint.component_outputs.items():
        places += [WirePlace(f"outputs.{name}.{wire}", e) for wire, e in plan.wires.items()]
    places += [WirePlace("samples.show", wire) for wire in blueprint.samples]
    for name, metric in blueprint.metrics.items():
        places += [WirePlace(f"metrics.{name}.{wire}", e) for wire, e in metric.wires.items()]
    return places


def _check_given(counts: Counts, blueprint: Blueprint, lookup: Lookup) -> None:
    """Whether fakes have the channels of what a discriminator is shown as real."""
    for term in filter(lambda term: term.adversarial, blueprint.live):
        for match in term_matches(term):
            _check_fake(match.one, match.other, counts, lookup)
            _check_fake(match.other, match.one, counts, lookup)


def _check_fake(fake: Expression, real: Expression, counts: Counts, lookup: Lookup) -> None:
    wanted, given = counts.channels(real), counts.channels(fake)
    if not isinstance(fake, Call) or wanted is None or given in (None, wanted):
        return
    key = fake.network, OUT
    if key in counts.known and not counts.known[key].of:
        lookup.fault(
            f"networks.{fake.network}.{OUT}",
            f"this is {given}, and a discriminator is shown {fake} beside {real}, which has "
            f"{_channels(wanted)}: leave it out, it follows from the data",
        )
        counts.known[key] = Count(wanted, str(real))  # what follows from it is not told as well


def _check_taken(counts: Counts, live: Sequence[WirePlace], lookup: Lookup) -> None:
    """Whether each call brings what its network takes."""
    reported: set[str] = set()
    for place in live:
        for call in calls(place.wire):
            brought, taken = counts.brought(call), counts.known.get((call.network, IN))
            odd = taken is not None and brought not in (None, taken.channels)
            if call.head or not odd or str(call) in reported or _is_vector(call, counts):
                continue
            assert taken is not None
            reported.add(str(call))
            if taken.of or _fits_another(call, taken, live, counts):
                message = _odd_wire(call, place, taken, counts)
                lookup.fault(place.path, message, str(place.wire), find_column(call, place.wire))
            else:
                lookup.fault(f"networks.{call.network}.{IN}", _odd_setting(call, taken, counts))
                counts.known[call.network, IN] = _whose(call, counts)


def _is_vector(call: Call, counts: Counts) -> bool:
    """Whether a network takes numbers that are no image; it says itself what it needs of them."""
    variables = counts.blueprint.variables
    first = counts.images_of(call)[0]
    return isinstance(first, Name) and first.name in variables and not variables[first.name].size


def _fits_another(call: Call, taken: Count, live: Sequence[WirePlace], counts: Counts) -> bool:
    """Whether another call brings what the recipe says that the network takes."""
    others = [other for place in live for other in calls(place.wire)]
    own = [other for other in others if other.network == call.network and not other.head]
    return any(counts.brought(other) == taken.channels for other in own)


def _whose(call: Call, counts: Counts) -> Count:
    return Count(counts.brought(call) or 0, " and ".join(map(str, counts.images_of(call))))


def _odd_setting(call: Call, taken: Count, counts: Counts) -> str:
    return (
        f"this is {taken.channels}, and {_brings(call, counts)} to {call}: leave it out, it "
        "follows from the data"
    )


def _odd_wire(call: Call, place: WirePlace, taken: Count, counts: Counts) -> str:
    whose = f", as {taken.of} {_verb(taken.of)}" if taken.of else ""
    advice = f"give it images of {_channels(taken.channels)}, or leave this out"
    if _is_identity(call, place):
        advice = "leave this term out, as an identity term needs domains of equal channels"
    return f"{_brings(call, counts)}, and '{call.network}' takes {taken.channels}{whose}: {advice}"


def _brings(call: Call, counts: Counts) -> str:
    """`x brings 5 channels`."""
    whose = _whose(call, counts)
    verb = "bring" if " and " in whose.of else "brings"
    return f"{whose.of} {verb} {_channels(whose.channels)}"


def _verb(of: str) -> str:
    return "have" if " and " in of else "has"


def _is_identity(call: Call, place: WirePlace) -> bool:
    """Whether a term compares G(y) with y."""
    return (
        place.term is not None
        and place.wire == call
        and set(call.arguments) <= set(place.term.wires.values())
    )


def _channels(count: int) -> str:
    return f"{count} channel{'' if count == 1 else 's'}"
