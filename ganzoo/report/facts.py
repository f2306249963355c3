"""The facts of a recipe: its objective in the paper's notation, its wires, its networks.

With the recipe's components they are exact. Without them (a plugin is gone, the recipe is older),
they are read from the recipe's tables alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganzoo.expression import Call, Expression, ExpressionError, names, networks, parse
from ganzoo.recipe.notation import Term, objective
from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.report.wiring import Kind, WiredTerm, Wiring

if TYPE_CHECKING:
    from ganzoo.builder.assemble import Assembly
    from ganzoo.builder.blueprint import Blueprint, TermPlan

Tables = Mapping[str, Any]


@dataclass(frozen=True)
class NetworkFacts:
    """A network: its kind and type, its number of weights (None if unknown), and its player."""

    name: str
    kind: str
    type: str
    parameters: int | None
    player: str


@dataclass(frozen=True)
class Facts:
    """The facts of a recipe.

    objective: the lines of the formula. note: why something is unknown; "" if nothing is.
    """

    objective: list[str]
    wiring: Wiring
    networks: list[NetworkFacts]
    note: str = ""


def read_facts(tables: Tables) -> Facts:
    """Read the facts of a recipe from its tables; imports its components, and torch with them."""
    try:
        from ganzoo.builder.assemble import assemble
        from ganzoo.builder.resolve import read
        from ganzoo.recipe.older import up_to_date
        from ganzoo.recipe.validation import check_tables
        from ganzoo.registry.discovery import installed

        recipe = check_tables(up_to_date(dict(tables)), RECIPE_FILE)
        blueprint = read(recipe, installed().registry, "recipe")
        return facts(blueprint, assemble(blueprint, "meta", "recipe"))
    except Exception as error:  # a plugin's component may raise anything
        reason = (str(error) or type(error).__name__).splitlines()[-1].strip()
        return bare_facts(tables, f"The recipe's components cannot be read here ({reason}).")


def facts(blueprint: Blueprint, assembly: Assembly) -> Facts:
    """The facts of a recipe whose components were read."""
    from ganzoo.builder.objective import objective_lines

    owners = {name: player.name for player in assembly.players for name in player.networks}
    kinds: dict[str, Kind] = {name: _kind(plan.kind) for name, plan in blueprint.networks.items()}
    wiring = Wiring(
        [_term(term) for term in blueprint.live],
        kinds,
        frozenset(blueprint.latent_samplers),
        blueprint.outputs,
    )
    built = [
        NetworkFacts(
            name,
            blueprint.networks[name].kind,
            blueprint.networks[name].name,
            sum(p.numel() for p in network.parameters()),
            owners.get(name, "not trained"),
        )
        for name, network in assembly.networks.items()
    ]
    return Facts(objective_lines(blueprint, assembly), wiring, built)


def _term(term: TermPlan) -> WiredTerm:
    size = term.buffer.settings.get("size") if term.buffer else None
    buffer = [f"{term.buffer.name} of {size}" if size else term.buffer.name] if term.buffer else []
    penalties = [penalty.penalty.name for penalty in term.penalties]
    note = " + ".join([_weighted(term.weight, term.loss.name), *penalties])
    return WiredTerm(
        term.name, ", ".join([note, *buffer]), term.wires, frozenset(term.discriminators)
    )


def _weighted(weight: float, loss: str) -> str:
    return loss if weight == 1 else f"{weight:g} {loss}"


def _kind(kind: str) -> Kind:
    return kind if kind in ("generator", "discriminator") else "module"  # type: ignore[return-value]


def bare_facts(tables: Tables, note: str = "") -> Facts:
    """The facts from tables alone: losses stand under their names, weights are not counted."""
    known = _table(tables, "networks")
    losses = {name: loss for name, loss in _table(tables, "losses").items() if _is_component(loss)}
    variables = _variables(tables)
    read = {name: _wires(loss, known, variables) for name, loss in losses.items()}
    outermost = {name: _outermost(wires) for name, wires in read.items()}
    discriminators = {name for outer in outermost.values() for name in outer}
    terms = [(name, losses[name], _weight(losses[name])) for name in losses]
    written = [
        Term(name, loss["type"], "", {k: str(w) for k, w in read[name].items()}, weight)
        for name, loss, weight in terms
    ]
    live = [
        WiredTerm(name, _weighted(weight, loss["type"]), read[name], outermost[name])
        for name, loss, weight in terms
        if weight != 0
    ]
    used = {n for term in live for wire in term.wires.values() for n in networks(wire)}
    kinds: dict[str, Kind] = {
        n: "discriminator" if n in discriminators else "generator" for n in known
    }
    wiring = Wiring(live, kinds, frozenset(_table(tables, "latents")), dict(_outputs(tables)))
    built = [
        NetworkFacts(n, kinds[n], str(table.get("type")), None, "")
        for n, table in known.items()
        if n in used and isinstance(table, dict)
    ]
    lines = objective(
        written,
        [n for n in known if n in used - discriminators],
        [n for n in known if n in used & discriminators],
    )
    return Facts(lines, wiring, built, note)


def _table(tables: Tables, name: str) -> dict[str, Any]:
    table = tables.get(name)
    return table if isinstance(table, dict) else {}


def _is_component(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _weight(loss: Tables) -> float:
    weight = loss.get("weight", 1.0)
    weight = weight.get("value", 1.0) if isinstance(weight, dict) else weight
    return float(weight) if isinstance(weight, (int, float)) else 1.0


def _wires(loss: Tables, known: Tables, variables: Collection[str]) -> dict[str, Expression]:
    """The settings that are wires: calls of known networks, and names of known variables.

    Only known names count, as any word is a name in the grammar of wires: `backbone = "vgg16"`.
    """
    wires = {key: _parsed(value) for key, value in loss.items() if key not in ("type", "player")}
    return {
        key: wire
        for key, wire in wires.items()
        if wire is not None and networks(wire) <= set(known) and names(wire) <= set(variables)
    }


def _variables(tables: Tables) -> set[str]:
    """The names that any network is called with."""
    settings_tables = [*_table(tables, "losses").values(), *_table(tables, "outputs").values()]
    texts = [
        text
        for table in settings_tables
        for text in (table.values() if isinstance(table, dict) else [table])
    ]
    wires = [wire for text in texts if (wire := _parsed(text)) is not None]
    return {name for wire in wires if isinstance(wire, Call) for name in names(wire)}


def _parsed(value: Any) -> Expression | None:
    try:
        return parse(value) if isinstance(value, str) else None
    except ExpressionError:
        return None


def _outermost(wires: Mapping[str, Expression]) -> frozenset[str]:
    """The outermost networks of the wires of a term that has a real and a fake side."""
    if not {"real", "fake"} <= wires.keys():
        return frozenset()
    return frozenset(wire.network for wire in wires.values() if isinstance(wire, Call))


def _outputs(tables: Tables) -> Iterator[tuple[str, Expression]]:
    for name, table in _table(tables, "outputs").items():
        wire = _parsed(table.get("expression") if isinstance(table, dict) else table)
        if wire is not None:
            yield name, wire
