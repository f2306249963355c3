"""How large samples and networks may be, by time and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ganzoo.components.rules.cutting_rules import SIDES
from ganzoo.components.rules.time_limits import (
    describe_limit,
    describe_seconds,
    memory_limit,
    time_limit,
    training_seconds,
)
from ganzoo.interfaces.rule import Caution, Decision, RecipeDraft, Rule, Said, Stage, StepCost

STEPS_A_PIXEL = 60  # steps that a training needs, for each pixel of a sample's side
SMALL = 64  # pixels, below which a step hardly gets faster
LARGE = 128  # pixels, from which on the paper's kernels and patches pay
ANY_LENGTH = {"train.length": "1000 steps", "optimizers.default": {"type": "adam"}}


@dataclass(frozen=True)
class Rung:
    """Sizes that go together; each rung costs more than the one before.

    side: of a sample. width, blocks: of generators. kernel: of their first and last convolution.
    """

    side: int
    width: int
    blocks: int
    kernel: int

    @property
    def layers(self) -> int:
        """Of discriminators: patches of 34 px below 128 px, of 70 px from there on."""
        return 2 if self.side < LARGE else 3


# From cyclegan.toml (64 px, minutes on two cores) to the sizes of Zhu et al. 2017. A smaller side
# than the images call for has the least networks that do, the wanted side any.
LEAST = {
    32: (16, 4),
    48: (16, 4),
    64: (16, 4),
    96: (24, 6),
    128: (32, 6),
    192: (32, 6),
    256: (48, 9),
}
WIDER = ((24, 6), (32, 6), (48, 9), (64, 9))


class Capacity(Rule):
    """The largest samples and networks that time and memory allow.

    First the side, up to the one that the images call for, then the width: from 64 px with 16
    channels and 4 blocks to the paper's 256 px with 64 channels and 9 blocks; smaller sides where
    images are smaller. Taken is the highest rung that fits into the memory and of which the time
    allows 60 steps for each pixel of a sample's side (3,840 at 64 px, 15,360 at 256 px), as larger
    images take longer to learn; the lowest one whatever it costs. First and last convolutions have
    7 px as in the paper, below 128 px 5 px: they cost most in narrow networks, and those of 3 px
    leave a chequered pattern. Costs are estimates (`ganzoo check --memory`).
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Said]:
        """The sizes of samples and networks."""
        rungs = list_rungs(draft.value("data.size", SIDES[0]))
        rung, cost = _highest(draft, rungs)
        reason = _explain(draft, rung, cost, last=rung == rungs[-1])
        for path, value in settings_of(rung, draft).items():
            if value != draft.value(path):
                yield Decision(path, value, reason[path.rpartition(".")[2]])
        yield from _warn(draft, rung, cost)


def list_rungs(wanted: int) -> list[Rung]:
    """All rungs up to the side that is wanted, the cheapest first."""
    lowest = max(SIDES[0], min(wanted, SMALL))
    sides = [side for side in LEAST if lowest <= side <= max(wanted, lowest)]
    top, least = sides[-1], LEAST[sides[-1]]
    sizes = [(side, *LEAST[side]) for side in sides]
    sizes += [(top, *each) for each in WIDER if each > least]
    return [Rung(*each, kernel=7 if each[0] >= LARGE else 5) for each in sizes]


def steps_needed(draft: RecipeDraft) -> int:
    """Steps that images of the recipe's size need."""
    return STEPS_A_PIXEL * int(draft.value("data.size", SIDES[0]))


def settings_of(rung: Rung, draft: RecipeDraft) -> dict[str, Any]:
    """The values of a recipe on a rung, by their paths."""
    settings: dict[str, Any] = {"data.size": rung.side}
    for name, table in draft.value("networks", {}).items():
        for key, value in _sizes(table, rung).items():
            settings[f"networks.{name}.{key}"] = value
    return settings


def _sizes(table: Mapping[str, Any], rung: Rung) -> dict[str, int]:
    """Of a network; those of kinds that are not known here stay as they are."""
    if table.get("type") == "resnet":
        return {"width": rung.width, "blocks": rung.blocks, "kernel": rung.kernel}
    if table.get("type") == "patchgan" and "receptive_field" not in table:
        return {"width": rung.width, "layers": rung.layers}
    return {}


def _highest(draft: RecipeDraft, rungs: Sequence[Rung]) -> tuple[Rung, StepCost]:
    """The highest rung that is affordable, by halving; the lowest if none is."""
    costs: dict[int, StepCost] = {}

    def affordable(place: int) -> bool:
        costs[place] = draft.cost({**ANY_LENGTH, **settings_of(rungs[place], draft)})
        return _fits(draft, rungs[place], costs[place])

    low, high = 0, len(rungs) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if affordable(middle) else (low, middle - 1)
    if low not in costs:
        affordable(low)
    return rungs[low], costs[low]


def _fits(draft: RecipeDraft, rung: Rung, cost: StepCost) -> bool:
    return cost.memory <= memory_limit(draft) and _is_in_time(draft, rung, cost)


def _is_in_time(draft: RecipeDraft, rung: Rung, cost: StepCost) -> bool:
    return STEPS_A_PIXEL * rung.side * cost.seconds <= training_seconds(time_limit(draft))


def _explain(draft: RecipeDraft, rung: Rung, cost: StepCost, last: bool) -> dict[str, str]:
    """A reason for each setting of a rung."""
    costs = f"{cost.seconds:.2g} s a step and {cost.memory / 2**30:.2g} GiB, by estimate"
    limit = describe_limit(draft)
    fits = _fits(draft, rung, cost)
    largest = f"the largest for {limit}" if fits else f"the smallest, though beyond {limit}"
    return {
        "size": f"{largest}: {costs}",
        "width": f"{'goes with' if last else largest + ' at'} {rung.side} px: {costs}",
        "blocks": f"goes with {rung.side} px; 6 at 128 px and 9 from 256 px on in the paper",
        "kernel": "7 as in the paper" if rung.kernel == 7 else "7 costs much below 128 px",
        "layers": f"patches of {34 if rung.layers == 2 else 70} px, for samples of {rung.side} px",
    }


def _warn(draft: RecipeDraft, rung: Rung, cost: StepCost) -> Iterator[Caution]:
    """Where not even the lowest rung is affordable."""
    if cost.memory > memory_limit(draft):
        needed, free = (each / 2**30 for each in (cost.memory, memory_limit(draft)))
        text = f"the smallest networks need {needed:.2g} GiB, and may take {free:.2g} GiB"
        yield Caution("memory_short", "warning", text, "give it more by --memory")
    if not _is_in_time(draft, rung, cost):
        wanted = STEPS_A_PIXEL * rung.side
        seconds = describe_seconds(wanted * cost.seconds)
        text = f"the time is short: {wanted} steps, which such images need, would take {seconds}"
        yield Caution("time_short", "warning", text, "give it more by --budget")
