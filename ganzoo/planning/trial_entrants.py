"""What is tried: the plan as it is, and the likeliest other ways to plan the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ganzoo.errors import GanzooError
from ganzoo.interfaces.rule import PlanCandidate
from ganzoo.planning.drafting import NamedRule, PlanDraft, apply_rule
from ganzoo.planning.trial_recipe import Tables, make_trial_tables, name_trial
from ganzoo.planning.trial_rounds import find_stops, training_steps
from ganzoo.planning.trial_scores import TrialScores
from ganzoo.planning.trial_table import PLAN
from ganzoo.printing.text import short_count

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
        return training_steps(self.draft)

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
    for candidate, other in _with_drafts(draft, candidates, rules):
        if len(entrants) >= number:
            break
        if other.recipe in recipes:
            continue
        recipes.append(other.recipe)
        if obstacle := _find_obstacle(other):
            left_out.append(LeftOut(candidate, obstacle))
        else:
            entrants.append(Entrant(candidate.name, len(entrants), other, candidate))
    return entrants, left_out


def _with_drafts(
    draft: PlanDraft, candidates: Iterable[PlanCandidate], rules: Iterable[NamedRule]
) -> Iterator[tuple[PlanCandidate, PlanDraft]]:
    """Each candidate as a plan, as long as the rule says that decided the plan's length."""
    length = draft.decided.get(LENGTH)
    deciding = [each for each in rules if length and each.name == length.rule]
    for candidate in candidates:
        other = draft.with_candidate(candidate)
        for rule in [] if LENGTH in {each.path for each in candidate.decisions} else deciding:
            apply_rule(rule, other)
        yield candidate, other


def _find_obstacle(draft: PlanDraft) -> str:
    """Why a recipe cannot be tried here; "" if it can."""
    most = draft.wishes.memory or draft.facts.machine.memory
    try:
        needed = draft.cost().memory
    except GanzooError as error:  # a recipe that cannot be built costs nothing
        return " ".join(str(error).split())
    if needed <= most:
        return ""
    return f"it takes {short_count(needed, 'B')} of memory, and there are {short_count(most, 'B')}"
