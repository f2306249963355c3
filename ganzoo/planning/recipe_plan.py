"""A plan: what the rules make of two domains, checked, with what it costs and what to beware of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ganzoo.builder.experiment import check_recipe
from ganzoo.errors import GanzooError, RecipeError
from ganzoo.evaluation.measuring import Tell, say_nothing
from ganzoo.evaluation.showing import Tick, no_tick
from ganzoo.interfaces.data_fingerprint import DomainFacts, Fingerprint
from ganzoo.interfaces.rule import Caution, Decision, PlanCandidate, StepCost, Wishes
from ganzoo.planning.drafting import (
    Decided,
    Estimate,
    NamedRule,
    PlanDraft,
    Tables,
    draft_plan,
    find_candidates,
    installed_rules,
)
from ganzoo.planning.estimating import make_estimate
from ganzoo.planning.fingerprinting import take_fingerprint
from ganzoo.planning.plan_request import PlanRequest, refuse_odd_bytes
from ganzoo.planning.recipe_text import write_recipe
from ganzoo.planning.trial_rounds import leave_for_training
from ganzoo.planning.trial_table import TrialTable
from ganzoo.planning.trying import try_candidates

LEVELS = ("stop", "warning", "note")
HEAD = (
    "Each value has a reason: 'fixed' is settled by papers, 'rule' follows from your images and "
    "your machine, 'trial' was measured in short trainings. Then comes the name of the rule "
    "(docs/rules.md), and after the semicolon when to change the value."
)


@dataclass(frozen=True)
class RecipePlan:
    """A recipe for two domains of images, and why it is so.

    request: what was asked for.
    draft: the values of the recipe, each with its rule and its reason; cautions, too.
    candidates: other ways that are worth a trial, the likeliest first.
    trials: how they did; None where nothing was tried.
    """

    request: PlanRequest
    draft: PlanDraft
    candidates: tuple[PlanCandidate, ...]
    trials: TrialTable | None = None

    @property
    def name(self) -> str:
        """The name of the recipe, and of its runs' folder."""
        return str(self.recipe["name"])

    @property
    def facts(self) -> Fingerprint:
        """What is known of the images and the machine."""
        return self.draft.facts

    @property
    def wishes(self) -> Wishes:
        """What the user asked for."""
        return self.request.wishes

    @property
    def recipe(self) -> Tables:
        """The tables of the recipe, as `build_recipe` and `train` take them."""
        return self.draft.recipe

    @property
    def decided(self) -> dict[str, Decided]:
        """The decisions by their paths, each with its rule."""
        return self.draft.decided

    @property
    def cautions(self) -> list[Caution]:
        """What to beware of, the worst first."""
        return sort_cautions(self.draft)

    @property
    def cost(self) -> StepCost:
        """What a step costs, as estimated."""
        return self.draft.cost()

    @property
    def steps(self) -> int:
        """The steps of the whole training."""
        return self.draft.steps

    @property
    def seconds(self) -> float:
        """How long the training takes, as estimated."""
        return self.steps * self.cost.seconds

    @property
    def text(self) -> str:
        """The recipe as a file, with a comment on every value."""
        return write_recipe(self.recipe, self.decided, [*_head(self)])


def make_plan(request: PlanRequest, tick: Tick = no_tick) -> RecipePlan:
    """Plan a recipe for the images of two domains; nothing is tried yet.

    Raises:
        DataError: a folder is missing, or holds no images.
        GanzooError: a training makes no sense, and why; or a rule fails.
    """
    facts = take_fingerprint(request.folders, request.wishes, tick)
    for each in facts.data.values():
        refuse_odd_bytes(Path(str(each)))
    return plan_for(facts, request, installed_rules(), make_estimate())


def plan_for(
    facts: Fingerprint, request: PlanRequest, rules: Sequence[NamedRule], estimate: Estimate
) -> RecipePlan:
    """The plan for what is known of the images.

    Raises:
        GanzooError: a training makes no sense, and why; or a rule fails.
    """
    wishes = leave_for_training(request.wishes) if request.tries else request.wishes
    draft = draft_plan(facts, wishes, rules, estimate)
    stops = [format_caution(each) for each in sort_cautions(draft) if each.level == "stop"]
    if stops and not request.anyway:
        raise GanzooError("\n".join([*stops, "to plan all the same, add --anyway"]))
    for decision in (_name(request.name), _summary(facts)):
        draft.take("plan", decision)
    check_draft(draft)
    return RecipePlan(request, draft, tuple(find_candidates(draft, rules)))


def try_plan(
    plan: RecipePlan,
    folder: Path,
    say: Tell = say_nothing,
    console: Console | None = None,
) -> RecipePlan:
    """The best of a plan and its likeliest candidates, by short trainings.

    folder: where trials go; those that are there go on.
    say: tells what is done. console: where a bar shows how far it is.

    Raises:
        Stopped: a signal asked to stop; the same call goes on.
    """
    number = plan.request.tries
    tried = try_candidates(
        plan.draft,
        plan.candidates,
        number,
        folder,
        say=say,
        console=console,
        rules=installed_rules(),
    )
    check_draft(tried.draft)
    return RecipePlan(plan.request, tried.draft, plan.candidates, tried.table)


def check_draft(draft: PlanDraft) -> None:
    """Check a draft as `ganzoo check` does.

    Raises:
        GanzooError: the rules' recipe is wrong; it names the rules that decided what is.
    """
    try:
        check_recipe(draft.recipe, count=False)
    except RecipeError as error:
        blamed = dict.fromkeys(
            decided.rule
            for fault in error.faults
            for path, decided in draft.decided.items()
            if _overlap(path, fault.path)
        )
        rules = ", ".join(f"'{rule}'" for rule in blamed) or "none that decided it"
        raise GanzooError(
            f"the rules made a recipe that cannot be trained (rules: {rules}); this is a fault of "
            f"theirs\n{error}"
        ) from error


def sort_cautions(draft: PlanDraft) -> list[Caution]:
    """What to beware of, the worst first."""
    said = (caution for _, caution in draft.cautions)
    return sorted(said, key=lambda each: LEVELS.index(each.level))


def format_caution(caution: Caution) -> str:
    """What was observed, and what to do, in one text."""
    return f"{caution.text}; {caution.advice}" if caution.advice else caution.text


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _name(name: str) -> Decision:
    return Decision("name", name, "the folder's name; runs/NAME is where it is trained")


def _summary(facts: Fingerprint) -> Decision:
    text = " -> ".join(map(_describe_domain, facts.domains))
    return Decision("summary", text, "what it was planned for")


def _describe_domain(domain: DomainFacts) -> str:
    """`photos (800 images)`."""
    return f"{domain.folder_name} ({domain.images:,} images)"


def _head(plan: RecipePlan) -> Iterator[str]:
    yield f"{plan.name}: a recipe by ganzoo plan, for {plan.recipe['summary']}."
    yield HEAD
    for caution in plan.cautions:
        yield f"{'Note' if caution.level == 'note' else 'Beware'}: {format_caution(caution)}"
