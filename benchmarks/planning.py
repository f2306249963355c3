"""Planned recipes beside ten that are made by hand, at an equal budget, and beside a mere copy.

    python -m benchmarks planning --work DIR --emoji DIR/node_modules  # hours on two cores
    python -m benchmarks planning --work DIR --sets scans --recipes planned,identity --seeds 0
    python -m benchmarks planning --show                              # only write the tables

Seven data sets are written as folders below DIR. Each recipe is trained on each for as many steps
as the budget is worth, by the time that its steps take here on one thread, and translates test
images whose true translations are known. What is in benchmarks/planning.jsonl is not trained again,
so a command that was stopped goes on. The tables are printed, and written into docs/planning.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.output import write_between_marks
from benchmarks.plans.hand_made import ALL, TEN, make_tables
from benchmarks.plans.image_sets import TESTING, TRAINING, ImageSet, list_sets, write_set
from benchmarks.plans.scored import COPY, PLANNED, Scored, add_scored, read_scored
from benchmarks.plans.table import make_tables_of_sets
from benchmarks.plans.training import measure_step, train_for, use_one_thread
from benchmarks.refused import Refused
from benchmarks.result import Result

ROUNDS = 0
RECORD = ROOT / "benchmarks" / "planning.jsonl"
PAGE = ROOT / "docs" / "planning.md"
SECONDS_A_PIXEL = 5 / 4  # of a side: 40 s at 32 px, 60 s at 48 px


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    recipes = ",".join([*(each.name for each in TEN), PLANNED])
    parser.add_argument("--work", type=Path, metavar="DIR", help="folders of images and runs")
    parser.add_argument("--emoji", type=Path, default=Path("node_modules"), metavar="DIR")
    parser.add_argument("--sets", default="", metavar="NAMES", help="only these, with commas")
    parser.add_argument("--recipes", default=recipes, metavar="NAMES", help=recipes)
    parser.add_argument("--seeds", default="0,1,2", metavar="NUMBERS")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="[default: 1.25 side]")
    parser.add_argument("--training", type=int, default=TRAINING, help="images of each domain")
    parser.add_argument("--testing", type=int, default=TESTING, help="pairs")
    parser.add_argument("--record-file", type=Path, default=RECORD, metavar="FILE")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE")
    parser.add_argument("--show", action="store_true", help="train nothing")
    parser.set_defaults(record=False, json=None)


def run(options: argparse.Namespace) -> Iterator[Result]:
    """Train and score what is missing; print and write the tables."""
    use_one_thread()
    sets = _choose_sets(options)
    if not options.show:
        if options.work is None:
            raise Refused("--work DIR is missing: a folder for images and runs")
        for chosen in sets:
            Comparison(chosen, options).carry_out()
    table = make_tables_of_sets(
        [*list_sets(options.emoji).values()], read_scored(options.record_file)
    )
    print(table)
    write_between_marks(options.page, "planning", table)
    yield from ()


def _choose_sets(options: argparse.Namespace) -> list[ImageSet]:
    known = list_sets(options.emoji)
    names = options.sets.split(",") if options.sets else [*known]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refused(f"--sets: there is no '{unknown[0]}', only {', '.join(known)}")
    return [known[name] for name in names]


class Comparison:
    """All trainings on one data set."""

    def __init__(self, chosen: ImageSet, options: argparse.Namespace) -> None:
        self.chosen, self.options = chosen, options
        self.folder = options.work / "sets" / chosen.name
        self.budget = options.budget or chosen.side * SECONDS_A_PIXEL
        self.recipes = options.recipes.split(",")
        unknown = [name for name in self.recipes if name not in (*ALL, PLANNED)]
        if unknown:
            raise Refused(f"--recipes: there is no '{unknown[0]}', only {', '.join(ALL)}, planned")

    def carry_out(self) -> None:
        """Train and score what is not in the record; seed 0 of all recipes first."""
        if not self.folder.exists():
            write_set(self.chosen, self.folder, self.options.training, self.options.testing)
        self._add(COPY, 0)
        for seed in map(int, self.options.seeds.split(",")):
            for recipe in self.recipes:
                self._add(recipe, seed)

    def _add(self, recipe: str, seed: int) -> None:
        known = read_scored(self.options.record_file)
        if any((e.set, e.recipe, e.seed) == (self.chosen.name, recipe, seed) for e in known):
            return
        self.options.report(f"{self.chosen.name}: {recipe}, seed {seed}")
        add_scored(self.options.record_file, self._measure(recipe, seed))

    def _measure(self, recipe: str, seed: int) -> Scored:
        from benchmarks.plans.scoring import score_copy, score_model

        name = self.chosen.name
        if recipe == COPY:
            return Scored(name, COPY, 0, 0, 0, **score_copy(self.chosen, self.folder))
        tables, says = self._tables(recipe, seed)
        steps = max(1, round(self.budget / self._step_seconds(recipe, tables)))
        run = self.options.work / "runs" / name / f"{recipe}-{seed}"
        train_for(tables, run, steps)
        scores = score_model(self.chosen, self.folder, run)
        return Scored(name, recipe, seed, steps, self.budget, **scores, says=says)

    def _tables(self, recipe: str, seed: int) -> tuple[dict[str, Any], str]:
        """The recipe for a seed, and what its plan says of copying the input."""
        from benchmarks.plans.planned import plan_tables

        if recipe == PLANNED:
            return plan_tables(self.chosen, self.folder, self.budget, seed)
        return make_tables(ALL[recipe], self.chosen, self.folder, 1, seed), ""

    def _step_seconds(self, recipe: str, tables: dict[str, Any]) -> float:
        """What a step takes, measured once and kept in DIR/seconds.json."""
        file = self.options.work / "seconds.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        key = f"{self.chosen.name} {recipe}"
        if key not in known:
            known[key] = max(1e-4, measure_step(tables))
            file.write_text(json.dumps(known, indent=1))
        return float(known[key])
