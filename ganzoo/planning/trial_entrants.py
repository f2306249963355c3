"""What is tried: the plan as it is, and the likeliest other ways to plan the same."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from ganzoo.errors import GanzooError
from ganzoo.interfaces.rule import PlanCandidate
from ganzoo.planning.drafting import NamedRule, PlanDraft, apply_rule
from ganzoo.planning.trial_recipe import Tables, describe_obstacle, make_trial_tables, name_trial
from ganzoo.planning.trial_rounds import find_stops
from ganzoo.planning.trial_scores import TrialScores
from ganzoo.planning.trial_table import PLAN
from ganzoo.printing.memory_text import format_memory

LENGTH = "train.length"


@dataclass
class Entrant:
    """A recipe that is tried.

    place: 0 for the plan, then as they are tried. candidate: None for the plan.
    seconds: of a step. length: the steps of its trial.
    scores: after each of its stops that it came to. failure: why it is out, if it is.
    stopped: whether it was worse than others, and goes on no more.
    """

    name: str
    place: int
    draft: PlanDraft
    candidate: PlanCandidate | None = None
    seconds: float = 0.0
    length: int = 0
    scores: list[TrialScores] = field(default_factory=list)
    failure: str = ""
    stopped: bool = False

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return not self.failure and not self.stopped

    @property
    def last(self) -> TrialScores | None:
        """Its scores after the last stop that it came to."""
        return self.scores[-1] if self.scores else None

    @property
    def stops(self) -> list[int]:
        """The steps after which it is measured."""
        return find_stops(self.length)

    @property
    def reached(self) -> int:
        """The steps after which it was measured last."""
        return self.stops[len(self.scores) - 1] if self.scores else 0

    @property
    def why(self) -> str:
        """Why it might win."""
        return self.candidate.reason if self.candidate else "as the rules decided"

    def whole_training(self) -> int:
        """The steps of its whole training."""
        return self.draft.steps

    def tables(self, steps: int | None = None) -> Tables:
        """The recipe of its trial. steps: how long that is; left out, `length`."""
        whole = self.length if steps is None else steps
        return make_trial_tables(self.draft.recipe, whole, self.name)

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return name_trial(self.place, self.name, self.tables())


@dataclass(frozen=True)
class LeftOut:
    """A candidate that is not tried, and why."""

    candidate: PlanCandidate
    why: str


def choose_entrants(
    draft: PlanDraft,
    candidates: Sequence[PlanCandidate],
    number: int,
    rules: Sequence[NamedRule] = (),
) -> tuple[list[Entrant], list[LeftOut]]:
    """The plan and up to `number` - 1 others; and what does not fit into memory.

    A candidate that plans the same recipe as one before it is passed over.
    rules: those that made the plan.
    """
    entrants, left_out, recipes = [Entrant(PLAN, 0, draft)], list[LeftOut](), [draft.recipe]
    for candidate in candidates:
        if len(entrants) >= number:
            break
        other = draft.with_candidate(candidate)
        if other.recipe in recipes:
            continue
        recipes.append(deepcopy(other.recipe))
        try:
            _fit(candidate, other, rules)
        except Exception as error:  # of a stranger's rule, or what it makes of the recipe
            left_out.append(LeftOut(candidate, describe_obstacle(error)))
        else:
            entrants.append(Entrant(candidate.name, len(entrants), other, candidate))
    return entrants, left_out


def _fit(candidate: PlanCandidate, draft: PlanDraft, rules: Sequence[NamedRule]) -> None:
    """Make a candidate's plan as long as the rule says that decided the length of the other.

    Raises:
        GanzooError: its recipe has faults, or there is too little memory for it.
    """
    length, own = draft.decided.get(LENGTH), {each.path for each in candidate.decisions}
    for rule in rules:
        if length and rule.name == length.rule and LENGTH not in own:
            apply_rule(rule, draft)
    needed, most = draft.cost().memory, draft.wishes.memory or draft.facts.machine.memory
    if needed > most:
        sizes = f"{format_memory(needed)} of memory, and there are {format_memory(most)}"
        raise GanzooError(f"it takes {sizes}")
