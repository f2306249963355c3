"""Of which variable of the data the images of each wire are, as far as the objective tells.

A discriminator is shown real images of the domain of its fakes: with `D_Y(y)` and `D_Y(G(x))`,
images of G are of y. A loss compares images of one domain: with `F(G(x))` and `x`, those of F are
of x.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ganzoo.expression import Call, Expression, Name

if TYPE_CHECKING:
    from ganzoo.builder.blueprint import Blueprint, TermPlan


METRIC = 4  # what metrics say, after terms


@dataclass(frozen=True)
class Match:
    """Two expressions whose images are of one domain.

    strength: the kind of evidence; 0 is the strongest.
    """

    one: Expression
    other: Expression
    strength: int = 0


class Domains:
    """The domains of expressions.

    variables: the names of the data's images.
    matches: the strongest first. A discriminator knows better than a loss, which may pull images of
        one domain towards another, as `G(x)` towards x.
    """

    def __init__(self, variables: Collection[str] = (), matches: Sequence[Match] = ()) -> None:
        self._variables = variables
        self._exact: dict[str, str] = {}
        self._callees: dict[str, tuple[int, set[str]]] = {}
        for strength in dict.fromkeys(match.strength for match in matches):
            alike = [match for match in matches if match.strength == strength]
            for match in alike * len(alike):  # what one shows may be what another one needs
                self._learn(match)

    def find(self, expression: Expression) -> str:
        """The variable that an expression's images are of; "" if that is not known."""
        if isinstance(expression, Name):
            return expression.name if expression.name in self._variables else ""
        if (text := str(expression)) in self._exact:
            return self._exact[text]
        _, names = self._callees.get(callee(expression), (0, set()))
        return next(iter(names)) if len(names) == 1 else ""

    def _learn(self, match: Match) -> None:
        for one, other in ((match.one, match.other), (match.other, match.one)):
            domain = self.find(other)
            if domain and isinstance(one, Call):
                self._exact.setdefault(str(one), domain)
                strength, names = self._callees.setdefault(callee(one), (match.strength, set()))
                if strength == match.strength:
                    names.add(domain)


def callee(call: Call) -> str:
    """What is called: `G`, or `G.x`."""
    return f"{call.network}.{call.head}" if call.head else call.network


def find_domains(blueprint: Blueprint) -> Domains:
    """The domains of a recipe's expressions."""
    data = blueprint.dataset
    images = {} if data is None else {n: v for n, v in data.variables.items() if v.size}
    return Domains(images, list_matches(blueprint))


def list_matches(blueprint: Blueprint) -> list[Match]:
    """All pairs of one domain, the strongest evidence first."""
    ranked = sorted(blueprint.terms, key=rank)
    matches = [match for term in ranked for match in term_matches(term)]
    for plan in blueprint.metrics.values():
        compared = plan.metric.component_class.compares  # type: ignore[attr-defined]
        wires = [blueprint.unfold(plan.wires[wire]) for wire in compared if wire in plan.wires]
        matches += [Match(*pair, METRIC) for pair in pairwise(wires)]
    return matches


def rank(term: TermPlan) -> int:
    """How much a term says of domains: 0 is the most. Terms of weight 0 say less."""
    return 2 * (not term.adversarial) + (term.weight == 0)


def term_matches(term: TermPlan) -> Iterator[Match]:
    """The pairs of one term."""
    if term.adversarial:
        sides = [term.wires["real"], term.wires["fake"]]
    else:
        compared = term.loss.component_class.compares  # type: ignore[attr-defined]
        sides = [term.wires[wire] for wire in compared if wire in term.wires]
    for one, other in pairwise(sides):
        for pair in _pairs(one, other):
            yield Match(*pair, strength=rank(term))


def _pairs(one: Expression, other: Expression) -> Iterator[tuple[Expression, Expression]]:
    """What must be alike for two expressions to be: of two calls of one network, its arguments."""
    if isinstance(one, Call) and isinstance(other, Call) and callee(one) == callee(other):
        for inner in zip(one.arguments, other.arguments, strict=False):
            yield from _pairs(*inner)
    elif one != other:
        yield one, other
