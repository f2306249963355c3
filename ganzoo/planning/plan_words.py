"""A plan in words, for its pages: folders, distances, cost, the recipe in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ganzoo.interfaces.data_fingerprint import DomainFacts, Fingerprint, Size
from ganzoo.interfaces.rule import Decision, Wishes
from ganzoo.planning.drafting import Decided
from ganzoo.planning.recipe_plan import RecipePlan
from ganzoo.printing.memory_text import format_memory
from ganzoo.recipe.toml_values import write_value
from ganzoo.registry.signature import as_written
from ganzoo.report.text_sections import format_time

LAYOUTS = {
    "domains": "two kinds of images, not paired",
    "pairs": "pairs of images",
    "halves": "pairs of images, side by side in each file",
}
GOALS = {
    "style": "to look like y",
    "content": "to look like y, and to keep what is there",
    "restore": "to get the true image back",
}
KINDS = {
    "fixed": "Fixed: settled by papers",
    "rule": "By rule: from your images and your machine",
    "trial": "By trial: compared in short trainings",
}
MOST = 4  # changes of a candidate that are named
Rows = list[tuple[str, str]]


def describe_layout(plan: RecipePlan) -> str:
    """`two kinds of images, not paired; to look like y`."""
    return f"{LAYOUTS[plan.facts.layout]}; {GOALS[plan.draft.goal]}"


def describe_wishes(wishes: Wishes) -> str:
    """`2 h 0 min at most, 8.0 GiB at most`; empty where nothing was asked for."""
    said = [f"{format_time(wishes.budget)} at most"] if wishes.budget else []
    said += [f"{format_memory(wishes.memory)} at most"] if wishes.memory else []
    return ", ".join(said)


def describe_images(domain: DomainFacts) -> str:
    """`800 images, 120 held out; 256 x 256 ... 512 x 512 px; rgb, 8 bits`."""
    counts = [f"{domain.images:,} image{'' if domain.images == 1 else 's'}"]
    counts += [f"{domain.held_out:,} held out"] if domain.held_out else []
    counts += [f"{domain.unreadable:,} unreadable"] if domain.unreadable else []
    kind = f"{domain.channels} bands" if domain.kind == "bands" else domain.kind
    look = "label maps, " if domain.label_map else ""
    return f"{', '.join(counts)}; {describe_sizes(domain)}; {look}{kind}, {domain.bits} bits"


def describe_sizes(domain: DomainFacts) -> str:
    """`all 256 x 256 px`, or from the smallest to the largest one."""
    if domain.smallest == domain.largest:
        return f"all {_size(domain.smallest)} px"
    return f"{_size(domain.smallest)} ... {_size(domain.largest)} px"


def describe_gap(facts: Fingerprint) -> str:
    """How far x and y are apart."""
    gap = facts.gap
    text = f"colours {gap.colour_distance:.2g} apart, structure {gap.structure_distance:.2g}"
    if facts.paired:
        return text
    return f"{text}; simple statistics tell {gap.separation:.0%} of the images apart"


def describe_copying(facts: Fingerprint) -> str:
    """What copying the input is worth, by the quick KID; lower is better."""
    kids = facts.gap.copy_kid
    if kids is None:
        return "too few images to say how far the domains are apart"
    return f"quick KID {kids[0]:.3g} from x to y, {kids[1]:.3g} from y to x, at no cost"


def describe_cost(plan: RecipePlan) -> str:
    """`2,600 steps of 0.35 s: 15 min; 1.2 GiB of memory at most; on cpu`."""
    machine, cost = plan.facts.machine, plan.cost
    return (
        f"{plan.steps:,} steps of {cost.seconds:.2g} s: {format_time(plan.seconds)}; "
        f"{format_memory(cost.memory)} of memory at its peak; on {machine.name or machine.device}"
    )


def decisions_of(plan: RecipePlan, how: str) -> list[tuple[str, Decided]]:
    """The decisions of a kind, in the order of the recipe's tables."""
    order = [*plan.recipe]
    every = [(path, each) for path, each in plan.decided.items() if each.decision.how == how]
    return sorted(every, key=lambda pair: order.index(pair[0].partition(".")[0]))


def group_by_reason(decided: Sequence[tuple[str, Decided]]) -> list[tuple[str, Rows]]:
    """Settings and their values, below the reason that they share."""
    groups: dict[tuple[str, str, str], Rows] = {}
    for path, each in decided:
        decision = each.decision
        why = (each.rule, decision.reason, decision.change)
        groups.setdefault(why, []).append((path, write_value(decision.value)))
    return [("; ".join(filter(None, why[1:])), rows) for why, rows in groups.items()]


def describe_candidates(plan: RecipePlan) -> Rows:
    """The candidates by name: why, and what differs. Copying the input is always one."""
    rows = [(each.name, f"{each.reason} ({_changes(each.decisions)})") for each in plan.candidates]
    return [*rows, ("copying the input", describe_copying(plan.facts))]


def _changes(decisions: Sequence[Decision]) -> str:
    """What decisions change, in a line: of tables their names alone, and no more than MOST."""
    texts = [_describe_change(each) for each in decisions]
    more = len(texts) - MOST
    return ", ".join([*texts[:MOST], *([f"{more} more"] if more > 0 else [])])


def _describe_change(decision: Decision) -> str:
    if decision.value is None:
        return f"no {decision.path}"
    if isinstance(decision.value, (Mapping, list, tuple)):
        return decision.path
    return f"{decision.path} = {as_written(decision.value)}"


def summarize(plan: RecipePlan) -> Iterator[tuple[str, str]]:
    """The plan in a few lines, each under a word."""
    for name, domain in plan.facts.named_domains:
        yield name, f"{domain.folder_name}: {describe_images(domain)}"
    yield "networks", _describe_tables(plan.recipe.get("networks", {}))
    yield "losses", _describe_tables(plan.recipe.get("losses", {}))
    yield "training", _describe_training(plan.recipe)
    yield "expected", describe_cost(plan)


def _describe_tables(tables: Mapping[str, Any]) -> str:
    """`G, F: resnet; D_X, D_Y: patchgan`, with the numbers that stand beside the types."""
    names: dict[str, list[str]] = {}
    for name, table in tables.items():
        names.setdefault(_describe_table(table), []).append(name)
    return "; ".join(f"{', '.join(who)}: {what}" for what, who in names.items())


def _describe_table(table: Mapping[str, Any]) -> str:
    numbers = (
        f"{key} {value}"
        for key, value in table.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    )
    return " ".join([str(table.get("type", "")), *numbers])


def _describe_training(recipe: Mapping[str, Any]) -> str:
    train, data = recipe.get("train", {}), recipe.get("data", {})
    said = [str(train.get("length", ""))]
    said += [f"{key} {as_written(data[key])}" for key in ("size", "resize") if key in data]
    said += [f"{key} {as_written(train[key])}" for key in ("batch_size", "accumulate", "precision")
             if key in train]  # fmt: skip
    return ", ".join(filter(None, said))


def _size(size: Size) -> str:
    height, width = size
    return f"{width:,} x {height:,}"
