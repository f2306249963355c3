"""Rules applied one after the other: a draft of a recipe, a reason for each of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ganzoo.errors import GanzooError
from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.interfaces.rule import (
    STAGES,
    Aim,
    Caution,
    Decision,
    Goal,
    PlanCandidate,
    RecipeDraft,
    Rule,
    Said,
    StepCost,
    Wishes,
)
from ganzoo.recipe.duration import parse_duration
from ganzoo.registry.builtin_rules import RULES
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed

Tables = dict[str, Any]
Asked = TypeVar("Asked")
Estimate = Callable[[Mapping[str, Any]], StepCost]
"""Takes the tables of a recipe; returns what a step of it costs."""


@dataclass(frozen=True)
class NamedRule:
    """A rule, and its name in the registry."""

    name: str
    rule: Rule


@dataclass(frozen=True)
class Decided:
    """A decision, and the name of the rule that made it."""

    rule: str
    decision: Decision


@dataclass
class PlanDraft(RecipeDraft):
    """A recipe while rules decide it.

    estimate: what a step of a recipe costs.
    decided: by path, in the order of the decisions. cautions: with the names of their rules.
    aim: what rules want the recipe to be best at, and the name of the rule; None where none did.
    """

    facts: Fingerprint
    wishes: Wishes
    estimate: Estimate
    recipe: Tables = field(default_factory=dict)
    decided: dict[str, Decided] = field(default_factory=dict)
    cautions: list[tuple[str, Caution]] = field(default_factory=list)
    aim: tuple[str, Aim] | None = None

    @property
    def goal(self) -> Goal:
        """The user's, or else the one of the last rule that set one."""
        return self.wishes.goal or (self.aim[1].goal if self.aim else "style")

    @property
    def steps(self) -> int:
        """The steps of the training; 0 until a rule has decided its length."""
        length = self.value("train.length")
        if length is None:
            return 0
        batch = self.value("train.batch_size", 1) * self.value("train.accumulate", 1)
        images = max(domain.images for domain in self.facts.domains)
        return parse_duration(length).steps(images, batch)

    def value(self, path: str, default: Any = None) -> Any:
        """What was decided for a path: a value, or a table of them."""
        table: Any = self.recipe
        for key in path.split("."):
            if not isinstance(table, Mapping) or key not in table:
                return default
            table = table[key]
        return table

    def cost(self, changes: Mapping[str, Any] | None = None) -> StepCost:
        """What the recipe so far costs, with some values changed by their paths."""
        recipe = deepcopy(self.recipe)
        for path, value in (changes or {}).items():
            set_value(recipe, path, value)
        return self.estimate(recipe)

    def take(self, rule: str, each: Said) -> None:
        """Keep what a rule said; a decision takes the place of an earlier one on its path."""
        if isinstance(each, Aim):
            self.aim = rule, each
            return
        if isinstance(each, Caution):
            self.cautions.append((rule, each))
            return
        below = [p for p in self.decided if p == each.path or p.startswith(f"{each.path}.")]
        for path in below:
            del self.decided[path]
        set_value(self.recipe, each.path, deepcopy(each.value))
        if each.value is not None:
            self.decided[each.path] = Decided(rule, each)

    def with_candidate(self, candidate: PlanCandidate) -> PlanDraft:
        """The same draft with a candidate's decisions in place of its own."""
        other = replace(
            self,
            recipe=deepcopy(self.recipe),
            decided={**self.decided},
            cautions=[*self.cautions],
        )
        for decision in candidate.decisions:
            other.take(candidate.name, decision)
        return other


def set_value(tables: Tables, path: str, value: Any) -> None:
    """Set a value by its path; None takes the path away, and what it leaves empty."""
    key, _, rest = path.partition(".")
    if not rest:
        if value is None:
            tables.pop(key, None)
        else:
            tables[key] = value
        return
    below = tables.setdefault(key, {})
    set_value(below, rest, value)
    if value is None and not below:
        del tables[key]


def installed_rules() -> list[NamedRule]:
    """All rules in the order in which they are asked: by stage, in each the core's first.

    The core's stand in the order of `registry/builtin_rules.py`, plugins' in that of their names.
    """
    rules = [_load(each) for each in installed().registry if each.kind == "rule"]
    order = [*RULES]

    def place(each: NamedRule) -> tuple[int, int]:
        own = order.index(each.name) if each.name in order else len(order)
        return STAGES.index(each.rule.stage), own

    return sorted(rules, key=place)


def draft_plan(
    facts: Fingerprint, wishes: Wishes, rules: Sequence[NamedRule], estimate: Estimate
) -> PlanDraft:
    """What the rules decide, one after the other.

    Raises:
        GanzooError: a rule fails; it names the rule.
    """
    draft = PlanDraft(facts, wishes, estimate)
    for named in rules:
        apply_rule(named, draft)
    return draft


def apply_rule(named: NamedRule, draft: PlanDraft) -> None:
    """Let a draft take all that a rule says.

    Raises:
        GanzooError: the rule fails; it names the rule.
    """
    for each in _asked(named, lambda rule: rule.decide(draft)):
        draft.take(named.name, each)


def find_candidates(draft: PlanDraft, rules: Sequence[NamedRule]) -> list[PlanCandidate]:
    """Other ways that rules offer for a trial, the likeliest first.

    Raises:
        GanzooError: a rule fails; it names the rule.
    """
    offered = [c for named in rules for c in _asked(named, lambda rule: rule.candidates(draft))]
    return sorted(offered, key=lambda each: -each.rank)


def _load(component: Component) -> NamedRule:
    rule = component.load()()
    if not isinstance(rule, Rule):
        raise GanzooError(f"rule '{component.name}' of {component.package}: its class is no Rule")
    return NamedRule(component.name, rule)


def _asked(named: NamedRule, ask: Callable[[Rule], Iterable[Asked]]) -> Iterator[Asked]:
    try:
        yield from ask(named.rule)
    except GanzooError:
        raise
    except Exception as error:  # a stranger's rule may raise anything
        raise GanzooError(f"rule '{named.name}' failed: {error!r}") from error
