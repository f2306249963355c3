"""The systems of a comparison: recipes, trained once for each seed, and existing runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.experiment import check_recipe
from ganzoo.errors import GanzooError, RunError
from ganzoo.files.writing import remove
from ganzoo.recipe.loading import load_recipe
from ganzoo.recipe.schema import Recipe
from ganzoo.runs.commands import resume_command
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import describe
from ganzoo.runs.model_names import find_place, names_run
from ganzoo.runs.resume_rules import adopt_choices, changed_settings

State = Literal["new", "begun", "finished", "busy"]


@dataclass(frozen=True)
class SystemRun:
    """One run of a system.

    source, overrides: the arguments of `ganzoo run` for it.
    state: whether the run has to be started, resumed, or neither; "busy" is a run that another
        process trains.
    """

    folder: Path
    source: str
    overrides: tuple[str, ...]
    state: State

    @property
    def words(self) -> list[str]:
        """The command that starts or resumes the run."""
        if self.state == "begun":
            return ["resume", str(self.folder)]
        changed = [word for each in self.overrides for word in ("--set", each)]
        return ["run", self.source, "--out", str(self.folder), *changed]


@dataclass(frozen=True)
class System:
    """A row of the table: a recipe with a run for each seed, or one existing run.

    blueprint: of the first run; the others differ only in the seed.
    measured_on: settings of the data that its scores are measured on, where they differ from those
        of training.
    """

    name: str
    blueprint: Blueprint
    trainings: Sequence[SystemRun]
    measured_on: Mapping[str, Any] = field(default_factory=dict)

    def measuring(self, metrics: Mapping[str, Any]) -> dict[str, Any]:
        """The tables of the recipe that measuring these metrics replaces."""
        data = {**_data(self), **self.measured_on}
        return {"metrics": metrics, **({"data": data} if self.measured_on else {})}

    def without(self, failed: Sequence[SystemRun]) -> System | None:
        """The system without the runs that failed; None if no run is left."""
        trained = [training for training in self.trainings if training not in failed]
        return replace(self, trainings=trained) if trained else None


def find_systems(
    sources: Sequence[str], seeds: int, overrides: Sequence[str], out: Path
) -> list[System]:
    """Find all systems to compare, and check them before anything is trained.

    seeds: how often each recipe is trained; an existing run is one system with one run.
    out: the folder for new runs: `OUT/<recipe>/seed-0`.

    Raises:
        GanzooError: recipes or runs have faults; the message lists all of them.
    """
    systems, wrong = [], []
    for source in sources:
        try:
            is_run = names_run(source)
            systems.append(_run(source) if is_run else recipe_system(source, seeds, overrides, out))
        except GanzooError as error:
            wrong.append(str(error))
    counts = Counter(system.name for system in systems)
    wrong += [f"'{name}' is given {count} times" for name, count in counts.items() if count > 1]
    if wrong:
        raise GanzooError("\n".join(wrong))
    return systems


def recipe_system(
    source: str, seeds: int, overrides: Sequence[str], out: Path, *, busy: bool = False
) -> System:
    """A recipe that is checked, with a run for each of so many seeds.

    busy: accept a run that another process trains, instead of refusing it.

    Raises:
        GanzooError: the recipe has faults, or a folder holds something else.
    """
    blueprint = check_recipe(source, [*overrides, "train.seed=0"], count=False).blueprint
    name, trainings = blueprint.recipe.name, []
    for seed in range(seeds):
        train = blueprint.recipe.train.model_copy(update={"seed": seed})
        recipe = blueprint.recipe.model_copy(update={"train": train})
        folder, seeded = out / name / f"seed-{seed}", (*overrides, f"train.seed={seed}")
        trainings.append(SystemRun(folder, source, seeded, _state(folder, recipe, busy)))
    return System(name, blueprint, trainings)


def _run(source: str) -> System:
    folder = find_place(source)
    blueprint = check_recipe(folder, count=False).blueprint
    training = SystemRun(folder, str(folder), (), _state(folder, blueprint.recipe))
    if training.state == "new":
        raise RunError(f"{folder}: this run has no checkpoint yet; start it again with ganzoo run")
    return System(str(Path(source)), blueprint, [training])


def _state(folder: Path, recipe: Recipe, busy: bool = False) -> State:
    """The state of the run of a recipe in a folder.

    Raises:
        RunError: the folder holds something else, or another process trains the run.
    """
    if not folder.exists():
        return "new"
    if not RunPaths(folder).is_run():
        raise RunError(f"{folder}: this is no run; choose another folder with --out DIR")
    before = load_recipe(folder)
    changed = changed_settings(before, adopt_choices(before, recipe))
    if str(before.train.length) != str(recipe.train.length):
        changed.append("train.length")
    if changed:
        raise RunError(
            f"{folder}: this run differs from what is asked for in {', '.join(changed[:5])}; "
            "compare in another folder with --out DIR, or delete it"
        )
    run = describe(folder)
    if run.state in ("running", "elsewhere"):
        if busy:
            return "busy"
        raise RunError(f"{folder}: this run is being trained by another process")
    if run.state == "damaged":
        go_on = resume_command(folder)
        raise RunError(f"{run.problem}\n  this goes on, with another record: {go_on}")
    if run.state == "finished":
        return "finished"
    return "begun" if RunPaths(folder).saved() else "new"


def clear(training: SystemRun) -> None:
    """Delete the folder of a run inside `--out` that ended before its first checkpoint."""
    if training.state == "new" and training.folder.exists():
        remove(training.folder)


def differing_data(systems: Sequence[System]) -> list[str]:
    """A sentence for each system whose data differ from those of the first system."""
    first = _data(systems[0])
    lines = []
    for system in systems[1:]:
        table = _data(system)
        keys = [key for key in {**first, **table} if first.get(key) != table.get(key)]
        if keys:
            said = ", ".join(f"{key} = {table.get(key)!r}" for key in keys)
            lines.append(f"{system.name} has other data than {systems[0].name}: {said}")
    return lines


def _data(system: System) -> dict[str, Any]:
    table: dict[str, Any] = system.blueprint.recipe.to_dict()["data"]
    return table
