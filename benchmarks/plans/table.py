"""The table of docs/planning.md: copying the input, ten recipes by hand, and the planned one."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.plans.hand_made import TEN
from benchmarks.plans.image_sets import ImageSet
from benchmarks.plans.scored import COPY, LOWER, PLANNED, SCORES, Means, Scored, find_best, gather

NEAR_ENOUGH, SEEDS = 0.05, 3
KID_NOISE = 0.01
NOT_RUN = ["0", "not run", *[""] * (len(SCORES) - 1)]
HANDS = [each.name for each in TEN]
TEXTS = {COPY: "copying the input", PLANNED: "**planned**"} | {e.name: e.text for e in TEN}


def make_tables_of_sets(sets: Sequence[ImageSet], scored: Sequence[Scored]) -> str:
    """A table and a verdict for each set that was measured."""
    return "\n".join("".join(_describe(each, scored)) for each in sets if gather(scored, each.name))


def _describe(chosen: ImageSet, scored: Sequence[Scored]) -> Iterator[str]:
    means = gather(scored, chosen.name)
    budgets = {line.budget for line in scored if line.set == chosen.name and line.budget}
    spent = " and ".join(f"{seconds:g}" for seconds in sorted(budgets))
    merit = SCORES[chosen.merit]
    each = f"; {spent} s of a thread each" if spent else ""
    yield f"**{chosen.text}** ({chosen.side} px; goal {chosen.goal}, by {merit}{each})\n\n"
    yield _row("recipe", "seeds", *SCORES.values())
    yield _row("---", *["---:"] * (1 + len(SCORES)))
    for recipe in (COPY, *HANDS, PLANNED):
        cells = _cells(means[recipe], recipe) if recipe in means else NOT_RUN
        yield _row(TEXTS[recipe], *cells)
    yield f"\n{judge(chosen, means, scored)}\n"


def _cells(found: Means, recipe: str) -> list[str]:
    seeds = "–" if recipe == COPY else str(found.seeds)
    return [seeds, *(_format(found.values[score], score) for score in SCORES)]


def _format(values: list[float], score: str) -> str:
    digits = 2 if score == "psnr" else 3
    text = f"{statistics.mean(values):.{digits}f}"
    spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return text + spread


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def judge(chosen: ImageSet, means: dict[str, Means], scored: Sequence[Scored]) -> str:
    """Sentences: what won, of how many, how near the plan came, whether it beats copying."""
    best, planned = find_best(means, HANDS, chosen.merit), means.get(PLANNED)
    sentences = []
    if best is not None:
        sentences.append(f"{_count_run(means)}, “{TEXTS[best.recipe]}” is the best by hand.")
    if best is not None and planned is not None:
        sentences += [_ratio(best, planned, chosen.merit), _beside_copy(chosen, means, scored)]
    sentences.append(_few_seeds(means))
    return " ".join(each for each in sentences if each)


def _ratio(best: Means, planned: Means, merit: str) -> str:
    """The planned recipe's score by the best one's."""
    ratio = _value(planned, merit) / _value(best, merit)
    short = (ratio - 1) if merit in LOWER else (1 - ratio)
    verdict = "within 5 %" if short <= NEAR_ENOUGH else "**not within 5 %**"
    return f"Planned / best by {SCORES[merit]}: {ratio:.2f}, {verdict}."


def _value(found: Means, merit: str) -> float:
    """The mean; a KID below its noise counts as that."""
    return max(found.mean(merit), KID_NOISE) if merit == "kid" else found.mean(merit)


def _beside_copy(chosen: ImageSet, means: dict[str, Means], scored: Sequence[Scored]) -> str:
    if COPY not in means:
        return ""
    planned, copied = (_value(means[name], chosen.merit) for name in (PLANNED, COPY))
    if planned < copied if chosen.merit in LOWER else planned > copied:
        return "The plan beats copying the input."
    said = {each.says for each in scored if each.set == chosen.name and each.says}
    before = f"the plan said so before: {said.pop()}" if said else "and the plan did not say so"
    return f"**It does not beat copying the input**; {before}."


def _count_run(means: dict[str, Means]) -> str:
    """Of how many recipes by hand the best is the best."""
    count = sum(name in means for name in HANDS)
    return "Of all ten" if count == len(HANDS) else f"Of **{count} of ten** that were run"


def _few_seeds(means: dict[str, Means]) -> str:
    """A recipe of one seed has no spread, and may be the best by chance."""
    few = [name for name in (*HANDS, PLANNED) if name in means and means[name].seeds < SEEDS]
    return f"{len(few)} of the recipes have fewer than {SEEDS} seeds." if few else ""
