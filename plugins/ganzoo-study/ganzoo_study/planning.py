"""`ganzoo study plan`: reads what is assumed, prints the plan, keeps it in a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ganzoo.cli.pages.columns import print_columns
from ganzoo.errors import GanzooError, choices
from ganzoo.printing.text import say

from ganzoo_study.sample_size import Assumed, SampleSizePlan
from ganzoo_study.store import Store
from ganzoo_study.study_file import (
    RESPONSES,
    PlannedDifference,
    Study,
    read_study,
    write_study,
)

HOW = "give two rates in %, as --rate ours=27 --rate theirs=20"


def read_rates(given: Sequence[str]) -> list[tuple[str, float]]:
    """Names, which may be empty, and rates in 0 ... 1.

    Raises:
        GanzooError: they are not two, or one is no percentage.
    """
    rates = []
    for text in given:
        name, _, number = text.rpartition("=")
        try:
            value = float(number) / 100
        except ValueError:
            value = math.nan
        if not 0 < value < 1:
            raise GanzooError(f"--rate {text}: a rate is above 0 and below 100 %; {HOW}")
        rates.append((name, value))
    if len(rates) != 2:
        raise GanzooError(f"--rate: {len(rates)} were given; {HOW}")
    return rates


def open_unbegun(folder: Path) -> Study:
    """A study in which nobody has begun.

    Raises:
        GanzooError: somebody has; a rule that is set after looking decides nothing.
    """
    study = read_study(folder)
    with closing(Store(folder / RESPONSES)) as store:
        begun = len(store.participations())
    if begun:
        many = "1 participant has" if begun == 1 else f"{begun} participants have"
        raise GanzooError(
            f"{folder}: {many} begun; a plan is made before, so that nobody fits it to answers. "
            "Leave STUDY out to see how many participants a difference needs"
        )
    return study


def name_rates(study: Study | None, rates: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The rates by method; names may be left out where a study has two methods, or there is none.

    Raises:
        GanzooError: the study has no such method.
    """
    methods = list(study.methods) if study else ["first", "second"]
    nameless = [name for name, _ in rates] == ["", ""]
    if nameless and len(methods) == 2:
        return {method: rate for method, (_, rate) in zip(methods, rates, strict=True)}
    if study and nameless:
        raise GanzooError(f"the study has {len(methods)} methods: say which two; {HOW}")
    for name, _ in rates:
        if study and name not in methods:
            hint = choices(name, methods)
            raise GanzooError(f"--rate {name}: the study has no such method.{hint}")
    named = dict(rates)
    if len(named) != 2:
        raise GanzooError(f"--rate: give each method once; {HOW}")
    return named


def assume(
    study: Study | None,
    named: Mapping[str, float],
    spread: float,
    trials: int,
    power: float,
    alpha: float,
    analyses: int,
) -> Assumed:
    """What the plan rests on; a study's own trials cannot be changed.

    Raises:
        GanzooError: other trials are asked for than the study has.
    """
    if study and trials not in (0, study.trials):
        raise GanzooError(f"--trials {trials}: the study has {study.trials} scored trials")
    first, second = named.values()
    count = study.trials if study else trials or 40
    return Assumed((first, second), spread, count, alpha, power, analyses)


def keep_plan(
    folder: Path, study: Study, between: tuple[str, ...], assumed: Assumed, plan: SampleSizePlan
) -> None:
    """Write the plan into the study's file.

    Raises:
        GanzooError: the file cannot be written.
    """
    first, second = between
    difference = PlannedDifference(
        between=(first, second),
        rates=assumed.rates,
        spread=assumed.spread,
        alpha=assumed.alpha,
        power=assumed.power,
        analyses=plan.analyses,
    )
    write_study(folder, study.model_copy(update={"difference": difference}))


def tell_plan(assumed: Assumed, plan: SampleSizePlan) -> None:
    """Print how many participants, when to look, and what simulated studies made of it."""
    first, second = (100 * rate for rate in assumed.rates)
    say(
        f"To tell {first:g} from {second:g} % labelled real (spread {100 * assumed.spread:g} "
        f"between participants, {assumed.trials} trials each):\n"
        f"at most {plan.analyses[-1]} participants a method, {plan.average:.0f} on average; "
        f"{plan.fixed} with one analysis at the end\n"
    )
    head = ("analysis", "participants a method", "decided from |z|", "decided here")
    table = zip(plan.analyses, plan.bounds, plan.stops, strict=True)
    lines = [
        (f"{number}", f"{people}", f"{bound:.2f}", f"{100 * stop:.0f} %")
        for number, (people, bound, stop) in enumerate(table, 1)
    ]
    print_columns([head, *lines], indent=0)
    say(
        f"\nIn {plan.studies:,} simulated studies the difference was detected in "
        f"{100 * plan.detected:.1f} %, and one that was not there in {100 * plan.alarms:.1f} %."
    )
