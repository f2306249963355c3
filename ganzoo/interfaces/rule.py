"""The contract of a rule: one thing that `ganzoo plan` decides, from what is known of the images.

    class Satellite(Rule):
        \"\"\"Images from above have no upside: turn them as well as mirror them.\"\"\"

        stage = "data"

        def decide(self, draft: RecipeDraft) -> Iterator[Decision | Caution]:
            yield Decision("augmentations.turn.type", "rot90", "images from above have no upside")

A rule has no settings. Rules are asked stage by stage, in each the core's first; a later decision
on the same path takes the place of the earlier one. No torch is needed here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from ganzoo.interfaces.data_fingerprint import Fingerprint

Goal = Literal["style", "content", "restore"]
Level = Literal["stop", "warning", "note"]
How = Literal["fixed", "rule", "trial"]
"""How a value was decided: by the papers, by a rule, or by what trials showed."""
Stage = Literal["goal", "data", "objective", "networks", "training", "measuring", "cautions"]
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True)
class Wishes:
    """What the user asked for.

    budget: seconds that the training may take; None for what the recipe needs.
    memory: bytes that it may take; None for what the fingerprint says of the machine.
    goal: "style": look like the other domain; "content": keep what is there; "restore": get the
        true image back. None where the rules decide.
    pairs: whether images of equal names are pairs; None where the images decide.
    """

    budget: float | None = None
    memory: int | None = None
    goal: Goal | None = None
    pairs: bool | None = None


@dataclass(frozen=True)
class Decision:
    """One value of the recipe, and why.

    path: where it stands: `networks.G.width`. value: as in TOML; None takes the path away.
    reason: a rule or a measurement, in a few words, with its numbers.
    change: when to change it; "" where one line says enough.
    """

    path: str
    value: Any
    reason: str
    change: str = ""
    how: How = "rule"


@dataclass(frozen=True)
class Caution:
    """Something to know before a night is spent.

    kind: a word for programs. level: "stop" if a training makes no sense, else "warning" or "note".
    text: what was seen, with its numbers. advice: what to do.
    """

    kind: str
    level: Level
    text: str
    advice: str = ""


@dataclass(frozen=True)
class Aim:
    """What the recipe is to be best at, where the user did not say so; and why."""

    goal: Goal
    reason: str


Said: TypeAlias = Decision | Caution | Aim
"""What a rule may say."""


@dataclass(frozen=True)
class PlanCandidate:
    """Another way to plan the same, worth a trial.

    name: a word or two. decisions: what differs from the plan. reason: why it might win.
    rank: how likely that is; the highest are tried first.
    """

    name: str
    decisions: tuple[Decision, ...]
    reason: str
    rank: float = 0.0


@dataclass(frozen=True)
class StepCost:
    """What a recipe costs. memory: at its peak, in bytes. seconds: a step."""

    memory: int
    seconds: float


class RecipeDraft(ABC):
    """The plan so far, as a rule sees it.

    facts: of the images and the machine. wishes: the user's.
    recipe: the tables decided so far, as in TOML.
    """

    facts: Fingerprint
    wishes: Wishes
    recipe: Mapping[str, Any]

    @property
    @abstractmethod
    def goal(self) -> Goal:
        """The user's, or else the one of the last rule that set one."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """The steps of the training; 0 until a rule has decided its length."""

    @abstractmethod
    def value(self, path: str, default: Any = None) -> Any:
        """What was decided for a path: a value, or a table of them."""

    @abstractmethod
    def cost(self, changes: Mapping[str, Any] | None = None) -> StepCost:
        """What the recipe so far costs, with some values changed by their paths."""


class Rule(ABC):
    """Decides values of a recipe. Its docstring is its entry in the rule book (docs/rules.md).

    stage: when it is asked.
    """

    stage: ClassVar[Stage] = "training"

    @abstractmethod
    def decide(self, draft: RecipeDraft) -> Iterable[Said]:
        """Values of the recipe, each with its reason, and what to beware of."""

    def candidates(self, draft: RecipeDraft) -> Iterable[PlanCandidate]:
        """Other ways that are worth a trial, once all rules have decided."""
        return ()
