"""An objective as the papers write it: each loss's own notation, with its wires filled in.

G, F against D_X, D_Y
    E[(D_Y(y) - 1)²] + E[(D_Y(G(x)))²]   adversarial_Y (history of 50)
  + 10 ‖F(G(x)) - x‖₁                    cycle_X
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDEST = 56  # a longer formula does not push the names of the others


@dataclass(frozen=True)
class Term:
    """A term as it is written down.

    notation: a loss's template (`‖{prediction} - {target}‖₁`), or "" where it has none.
    loss: the loss's name, which stands in for a missing notation.
    wires: the text of each wire.
    note: what else there is to say, as "history of 50".
    """

    name: str
    loss: str
    notation: str
    wires: Mapping[str, str]
    weight: float = 1.0
    note: str = ""

    @property
    def formula(self) -> str:
        """The term with its wires, without its weight."""
        try:
            return self.notation.format_map(self.wires) or self._called()
        except (KeyError, IndexError, ValueError, AttributeError):
            return self._called()

    @property
    def summand(self) -> str:
        """The term with its weight, which is left out where it is 1."""
        formula = self.formula
        if abs(self.weight) in (0, 1):
            return formula
        outside = _outside_brackets(formula)
        sums = " + " in outside or " - " in outside
        return f"{abs(self.weight):g} {f'({formula})' if sums else formula}"

    @property
    def caption(self) -> str:
        """The name beside the formula."""
        return f"{self.name} ({self.note})" if self.note else self.name

    def _called(self) -> str:
        return f"{self.loss}({', '.join(self.wires.values())})"


def objective(
    terms: Sequence[Term], makers: Iterable[str], discriminators: Iterable[str]
) -> list[str]:
    """The lines of an objective: who plays, the sum of the terms, and those of weight 0 apart.

    Who minimises what in an adversarial term differs between losses: with least
    squares the discriminators minimise theirs, too. So the first line says who plays against whom,
    and no more.

    makers: the networks that are trained and are no discriminators.
    discriminators: those that are trained.
    """
    live = [term for term in terms if term.weight != 0]
    dropped = [term for term in terms if term.weight == 0]
    lines = [_players(list(makers), list(discriminators))]
    sums = [(_sign(term, term is live[0]) + term.summand, term.caption) for term in live]
    lines += _in_columns(sums)
    if dropped:
        lines += ["", "dropped (weight 0)"]
        lines += _in_columns([("    " + term.formula, term.caption) for term in dropped])
    return lines


def _players(makers: list[str], discriminators: list[str]) -> str:
    if makers and discriminators:
        return f"{', '.join(makers)} against {', '.join(discriminators)}"
    return f"min over {', '.join(makers or discriminators)}"


def _sign(term: Term, first: bool) -> str:
    plus = "    " if first else "  + "
    return "  - " if term.weight < 0 else plus


def _in_columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(left) for left, _ in rows if len(left) <= WIDEST), default=0)
    return [f"{left:<{width}}   {right}" for left, right in rows]


def _outside_brackets(formula: str) -> str:
    """What stands outside all brackets and norms, where a `+` needs parentheses before a weight."""
    outside, depth, norm = [], 0, False
    for sign in formula:
        depth += (sign in "([{") - (sign in ")]}")
        norm ^= sign == "‖"
        outside.append(sign if depth == 0 and not norm else "")
    return "".join(outside)
