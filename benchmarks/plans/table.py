"""The table of docs/planning.md: copying the input, ten recipes by hand, and the planned one."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.plans.hand_made import TEN
from benchmarks.plans.image_sets import ImageSet
from benchmarks.plans.scored import COPY, LOWER, PLANNED, SCORES, Means, Scored, find_best, gather

MARKS = "<!-- planning: begin -->\n", "<!-- planning: end -->\n"
NEAR_ENOUGH = 0.05
HANDS = [each.name for each in TEN]
TEXTS = {COPY: "copying the input", PLANNED: "**planned**"} | {e.name: e.text for e in TEN}


def make_tables_of_sets(sets: Sequence[ImageSet], scored: Sequence[Scored]) -> str:
    """A table and a verdict for each set that was measured."""
    return "\n".join("".join(_describe(each, scored)) for each in sets if gather(scored, each.name))


def _describe(chosen: ImageSet, scored: Sequence[Scored]) -> Iterator[str]:
    means = gather(scored, chosen.name)
    budgets = {each.budget for each in scored if each.set == chosen.name and each.budget}
    spent = " and ".join(f"{each:g}" for each in sorted(budgets))
    merit = SCORES[chosen.merit]
    yield f"**{chosen.text}** ({chosen.side} px; goal {chosen.goal}, by {merit}; "
    yield f"{spent} s of a thread each)\n\n"
    yield _row("recipe", "seeds", *SCORES.values())
    yield _row("---", *["---:"] * (1 + len(SCORES)))
    for recipe in (COPY, *HANDS, PLANNED):
        if recipe in means:
            yield _row(TEXTS[recipe], *_cells(means[recipe], recipe))
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
    """Sentences: what won, how near the plan came, whether it beats copying, what was not run."""
    best, planned = find_best(means, HANDS, chosen.merit), means.get(PLANNED)
    sentences = []
    if best is not None:
        sentences.append(f"The best by hand is “{TEXTS[best.recipe]}”.")
    if best is not None and planned is not None:
        sentences += [_ratio(best, planned, chosen.merit), _beside_copy(chosen, means, scored)]
    sentences.append(_not_run(means))
    return " ".join(each for each in sentences if each)


def _ratio(best: Means, planned: Means, merit: str) -> str:
    """The planned recipe's score by the best one's; a KID about 0 has no ratio worth a word."""
    mine, theirs = planned.mean(merit), best.mean(merit)
    ratio = mine / theirs
    short = (ratio - 1) if merit in LOWER else (1 - ratio)
    verdict = "within 5 %" if short <= NEAR_ENOUGH else "**not within 5 %**"
    return f"Planned / best by {SCORES[merit]}: {ratio:.2f}, {verdict}."


def _beside_copy(chosen: ImageSet, means: dict[str, Means], scored: Sequence[Scored]) -> str:
    if COPY not in means:
        return ""
    if means[PLANNED].beats(means[COPY], chosen.merit):
        return "The plan beats copying the input."
    said = {each.says for each in scored if each.set == chosen.name and each.says}
    before = f"the plan said so before: {said.pop()}" if said else "and the plan did not say so"
    return f"**It does not beat copying the input**; {before}."


def _not_run(means: dict[str, Means]) -> str:
    never = [TEXTS[name] for name in (*HANDS, PLANNED) if name not in means]
    few = [TEXTS[n] for n in (*HANDS, PLANNED) if n in means and means[n].seeds < 3]
    texts = [f"Not run: {', '.join(never)}." if never else ""]
    texts += [f"Fewer than 3 seeds: {', '.join(few)}." if few else ""]
    return " ".join(each for each in texts if each)


def write_table(page: Path, table: str) -> None:
    """Put the tables between their marks in a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    page.write_text(f"{before}{MARKS[0]}{table}{MARKS[1]}{after}", encoding="utf-8")
