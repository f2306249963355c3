"""Plans a reproduction: which systems the tables need, each once, and their runs in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ganzoo.compare.shared_metrics import Tables, leave_out_refused
from ganzoo.compare.systems import System, SystemRun, recipe_system
from ganzoo.components.data.folder_checks import refuse_root
from ganzoo.errors import GanzooError
from ganzoo.registry.discovery import installed
from ganzoo.registry.outline import read_outline
from ganzoo.reproduce.paper_tables import Budget, PaperTable


@dataclass(frozen=True)
class Reproduction:
    """What a command reproduces.

    out: the folder of all runs: `OUT/<recipe>/seed-0`.
    systems: by key, those that can be trained. refused: why others cannot, by key.
    metrics: by system, those that are computed for it.
    """

    tables: Sequence[PaperTable]
    budget: Budget
    out: Path
    systems: Mapping[str, System]
    refused: Mapping[str, str]
    metrics: Mapping[str, Tables]

    @property
    def runs(self) -> list[tuple[System, SystemRun]]:
        """All runs: those of seed 0 first, so that what is interrupted has whole seeds."""
        most = max((len(system.trainings) for system in self.systems.values()), default=0)
        return [
            (system, system.trainings[seed])
            for seed in range(most)
            for system in self.systems.values()
            if seed < len(system.trainings)
        ]

    def system_of(self, key: str) -> System:
        """The system of a row that can be run."""
        return self.systems[self.budget.resolve(key)]

    def why_not_run(self, key: str) -> str:
        """Why a system of a table cannot be trained under the budget; "" if it can."""
        known, key = {**self.budget.not_run, **self.refused}, self.budget.resolve(key)
        if key in self.systems:
            return ""
        return known.get(key, f"budget '{self.budget.key}' has no such system")


def plan_reproduction(
    tables: Sequence[PaperTable],
    budget: Budget,
    out: Path,
    seeds: int | None = None,
    overrides: Sequence[str] = (),
    *,
    needs_data: bool = True,
) -> Reproduction:
    """Check all systems that the tables need, each once; one that has faults is left out.

    seeds: instead of each table's own number. overrides: further settings for all recipes.
    needs_data: leave a system out as well if runs are missing and the folder of its images is.
    """
    systems, refused = {}, {}
    for key, count in _seeds_of(tables, budget, seeds).items():
        try:
            settings = [*budget.overrides(key), *overrides]
            recipe = budget.systems[key].recipe
            system = recipe_system(recipe, count, settings, out, busy=True)
            if needs_data and any(run.state == "new" for run in system.trainings):
                _refuse_folder(system)
            systems[key] = replace(system, name=key, measured_on=budget.measured_on)
        except GanzooError as error:
            refused[key] = str(error)
    metrics = {key: _metrics(system, budget) for key, system in systems.items()}
    return Reproduction(tables, budget, out, systems, refused, metrics)


def without_refused_metrics(
    planned: Reproduction, *, training: bool = True
) -> tuple[Reproduction, list[str]]:
    """The plan without metrics that cannot be computed, and a sentence for each of these.

    training: whether runs will be trained; otherwise only systems with a finished run are tried.
    """
    tried = {
        key: system
        for key, system in planned.systems.items()
        if training or any(run.state == "finished" for run in system.trainings)
    }
    asked = {key: planned.metrics[key] for key in tried}
    metrics, sentences = leave_out_refused([*tried.values()], asked)
    return replace(planned, metrics={**planned.metrics, **metrics}), sentences


def _seeds_of(tables: Sequence[PaperTable], budget: Budget, seeds: int | None) -> dict[str, int]:
    """The number of seeds of each system, in the order in which the tables name them."""
    counts: dict[str, int] = {}
    for table in tables:
        for key in map(budget.resolve, table.systems):
            if key in budget.systems:
                counts[key] = max(counts.get(key, 0), seeds or table.seeds)
    return counts


def _refuse_folder(system: System) -> None:
    """Refuse a system whose images are in a folder that is missing."""
    data = system.blueprint.recipe.data
    component = installed().registry.get("data", data.type)
    outline = read_outline(component.target)
    if outline is not None:
        refuse_root(outline.bases, data.settings)


def _metrics(system: System, budget: Budget) -> Tables:
    return {
        name: metric
        for output, metrics in budget.metrics.items()
        if output in system.blueprint.outputs
        for name, metric in metrics.items()
    }
