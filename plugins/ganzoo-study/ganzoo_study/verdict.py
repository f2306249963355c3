"""What the report says of the planned difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganzoo.printing.text import one_line

from ganzoo_study.difference import Analysis, analyse, shares_in_order
from ganzoo_study.records import Participation, Response
from ganzoo_study.study_file import PlannedDifference, Study


def difference_remarks(
    study: Study, responses: Sequence[Response], participations: Sequence[Participation]
) -> list[str]:
    """Whether the planned difference is decided; nothing where none was planned.

    It is analysed at fixed numbers of participants alone, so it may be asked for at any time.
    """
    plan = study.difference
    if plan is None:
        return []
    finished = {p.participant: p.finished for p in participations if p.finished}
    shares = shares_in_order(responses, finished)
    analyses = analyse(plan, shares, study.trials)
    first, second = map(one_line, plan.between)
    return [f"Planned difference {first} - {second}: {_say(plan, analyses, shares)}."]


def _say(
    plan: PlannedDifference, analyses: Sequence[Analysis], shares: Mapping[str, Sequence[float]]
) -> str:
    if not analyses:
        return f"no analysis yet. {_next(plan, 1, shares)}"
    last = analyses[-1]
    values = (
        f"{100 * last.difference:+.1f} points [{100 * last.low:+.1f}, {100 * last.high:+.1f}] at "
        f"analysis {last.number} of {len(plan.analyses)}, {last.people} participants a method, z "
        f"{last.z:.2f} where {last.bound:.2f} decides"
    )
    if last.decided:
        more = one_line(plan.between[0] if last.difference > 0 else plan.between[1])
        return f"DECIDED, {more} is taken for real more often: {values}. It needs nobody more"
    if last.number == len(plan.analyses):
        return f"NOT FOUND: {values}. It was the last analysis; more participants decide nothing"
    return f"not decided: {values}. {_next(plan, last.number + 1, shares)}"


def _next(plan: PlannedDifference, number: int, shares: Mapping[str, Sequence[float]]) -> str:
    people = plan.analyses[number - 1]
    have = " and ".join(str(len(shares.get(name, ()))) for name in plan.between)
    return (
        f"Analysis {number} of {len(plan.analyses)} needs {people} participants of each method; "
        f"{have} have finished"
    )
