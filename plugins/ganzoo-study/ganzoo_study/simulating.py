"""`ganzoo study simulate`: a study's copy, its real server, and participants of known skill."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ganzoo.cli.pages.columns import print_columns
from ganzoo.errors import GanzooError, choices
from ganzoo.files.untrusted import UntrustedError
from ganzoo.files.writing import duplicate, remove
from ganzoo.printing.text import say

from ganzoo_study import serving
from ganzoo_study.scoring import Score, by_participant, score
from ganzoo_study.simulated_participant import SimulatedParticipant, read_truth
from ganzoo_study.skills import Habits, Skill
from ganzoo_study.store import Store
from ganzoo_study.study_file import (
    IMAGES,
    RESPONSES,
    Study,
    read_picture,
    read_study,
    write_study,
)

AT_ONCE = 8


@dataclass(frozen=True)
class SimulatedOutcome:
    """What came of simulated participants.

    scores, truths: by method, as the report has them, and what they should be on average.
    reloads, repeats: of all, how often a page was reloaded, and an answer sent twice.
    """

    scores: Mapping[str, Score]
    truths: Mapping[str, float]
    participants: int
    finished: int
    reloads: int
    repeats: int
    seconds: float


def read_skills(
    folder: Path, given: Sequence[str], spread: float, fatigue: float, clickers: float
) -> dict[str, Skill]:
    """The skill for each method of a study, from its rates in %.

    Raises:
        GanzooError: a method has no rate, or there is no such method, or no such skill.
    """
    methods, rates = list(read_study(folder).methods), dict[str, float]()
    for text in given:
        name, _, number = text.rpartition("=")
        name = name or (methods[0] if len(methods) == 1 else "")
        if name not in methods:
            raise GanzooError(f"--rate {text}: give a method's name.{choices(name, methods)}")
        try:
            rates[name] = float(number) / 100
        except ValueError:
            rates[name] = -1.0
        if not 0 <= rates[name] <= 1:
            raise GanzooError(f"--rate {text}: a rate is 0 to 100 %")
    missing = [f"--rate {name}=27" for name in methods if name not in rates]
    if missing:
        raise GanzooError(f"say how often each method passes for real, as {' '.join(missing)}")
    return {name: Skill(rates[name], spread, fatigue, clickers) for name in methods}


def simulate(
    folder: Path, out: Path, skills: Mapping[str, Skill], habits: Habits, people: int, seed: int
) -> SimulatedOutcome:
    """Copy a study to the new folder `out`, serve it, and let participants answer over HTTP.

    Raises:
        GanzooError: `out` exists or cannot be written, or nobody finished.
    """
    serving.check_packages()
    study = copy_study(folder, out)
    truth, began = read_truth(out, study), time.perf_counter()
    with (
        closing(Store(out / RESPONSES)) as store,
        serving.served(serving.application(out, store, None)) as place,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        crew = [
            SimulatedParticipant(
                study, place, truth, skills, habits, number, np.random.default_rng([seed, number])
            )
            for number in range(people)
        ]
        ends = [*pool.map(SimulatedParticipant.participate, crew)]
        responses = store.responses()
    fooled = by_participant([r for r in responses if r.finished])
    if not fooled:
        raise GanzooError(f"{out}: no simulated participant finished; lower --dropouts")
    return SimulatedOutcome(
        {name: score(fooled[name]) for name in skills if name in fooled},
        {name: skill.expected(study.trials) for name, skill in skills.items()},
        people,
        sum(ends),
        sum(one.reloads for one in crew),
        sum(one.repeats for one in crew),
        time.perf_counter() - began,
    )


def copy_study(folder: Path, out: Path) -> Study:
    """A study's copy without its answers, marked as simulated; it is whole or not there.

    Raises:
        GanzooError: `out` exists or cannot be written, or an image is missing.
    """
    study = read_study(folder)
    if out.exists():
        raise GanzooError(f"{out} already exists; name a new folder")
    copy = study.model_copy(update={"simulated": True, "id": secrets.token_hex(8)})
    work = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        (work / IMAGES).mkdir(parents=True)
        for name in sorted(study.files):
            read_picture(folder, study, name)  # a stranger's may be a link or a pipe
            duplicate(folder / IMAGES / name, work / IMAGES / name)
        write_study(work, copy)
        Store(work / RESPONSES).close()
        work.rename(out)
    except UntrustedError as error:
        raise GanzooError(str(error)) from None
    except OSError as error:
        raise GanzooError(f"{out}: cannot be written ({error.strerror or error})") from error
    finally:
        remove(work)
    return copy


def tell_outcome(out: Path, skills: Mapping[str, Skill], outcome: SimulatedOutcome) -> None:
    """Print what was known beside what the study says."""
    say(
        f"{outcome.participants} simulated participants in {outcome.seconds:.0f} s: "
        f"{outcome.finished} finished; {outcome.reloads} reloads, {outcome.repeats} answers sent "
        "twice\n"
    )
    head = ("method", "known", "% labelled real", "95 % interval", "")
    print_columns([head, *(_row(n, s, outcome.truths[n]) for n, s in outcome.scores.items())],
                  indent=0)  # fmt: skip
    say(
        "\nBy chance alone an interval misses in about one of twenty studies: see --seed.\n"
        f"{out} has their answers: ganzoo study report {out}"
    )


def _row(name: str, score_: Score, truth: float) -> tuple[str, ...]:
    return (
        name,
        f"{100 * truth:.1f}",
        f"{100 * score_.share:.1f} ± {100 * score_.deviation:.1f}",
        f"{100 * score_.low:.1f} to {100 * score_.high:.1f}",
        "holds it" if score_.low <= truth <= score_.high else "misses it",
    )
