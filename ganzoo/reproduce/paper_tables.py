"""The papers' tables and the budgets they are trained by, from TOML files, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ganzoo.errors import GanzooError, choices
from ganzoo.recipe.toml_text import read_toml

HERE = Path(__file__).parent


class StrictTable(BaseModel):
    """A table of a TOML file that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperRow(StrictTable):
    """A system in a paper's table.

    name: as the paper calls it.
    system: its key in a budget's systems; "" where none can be trained.
    published: the paper's values as texts, one for each score; empty where they are unknown here.
    """

    name: str
    system: str = ""
    published: list[str] = []


class PaperTable(StrictTable):
    """A table of a paper.

    data: what the paper measured on.
    note: what differs here, beside the data.
    also: metrics without a published counterpart, each with a sentence on what it says.
    scores: our counterparts of the paper's columns, as `photos.class_iou`; headings: their titles.
    output: the recipes' output of which pictures are drawn; "" draws none.
    seeds: how often each system is trained.
    not_run: why no row of the table can be trained; "" where they can.
    baselines: published values of baselines, by our name for them.
    """

    key: str
    title: str
    paper: str
    data: str
    scores: list[str]
    headings: list[str]
    output: str = ""
    note: str = ""
    also: dict[str, str] = {}
    seeds: int = Field(default=1, ge=1)
    not_run: str = ""
    rows: list[PaperRow]
    baselines: dict[str, list[str]] = {}

    @model_validator(mode="after")
    def _columns_fit(self) -> PaperTable:
        counts = {len(self.scores), len(self.headings)}
        published = [*(row.published for row in self.rows), *self.baselines.values()]
        counts |= {len(values) for values in published if values}
        if len(counts) > 1:
            raise ValueError("scores, headings and published need equally many entries")
        return self

    @property
    def systems(self) -> list[str]:
        """The keys of the systems in its rows."""
        return [row.system for row in self.rows if row.system]


class Selection(StrictTable):
    """How the best model of a run is chosen while training; set: settings of the recipe."""

    set: list[str]


class BudgetSystem(StrictTable):
    """How a budget trains a system.

    selection: the name of one of the budget's selections. set: further settings of the recipe.
    """

    recipe: str
    selection: str = ""
    set: list[str] = []


class Budget(StrictTable):
    """How long and on what the papers' systems are trained.

    metrics: by output, computed for every system that has it.
    measured_on: settings of the data for measuring, where they differ from training's.
    systems: by the keys that tables use.
    same: keys that mean another key's system.
    not_run: why a system is not trained under this budget, by its key.
    """

    key: str
    summary: str
    data: str
    metrics: dict[str, dict[str, dict[str, Any]]]
    measured_on: dict[str, Any] = {}
    selection: dict[str, Selection] = {}
    systems: dict[str, BudgetSystem]
    same: dict[str, str] = {}
    not_run: dict[str, str] = {}

    @model_validator(mode="after")
    def _selections_exist(self) -> Budget:
        for key, system in self.systems.items():
            if system.selection and system.selection not in self.selection:
                raise ValueError(f"systems.{key}: there is no selection '{system.selection}'")
        for key, other in self.same.items():
            if other not in self.systems:
                raise ValueError(f"same.{key}: there is no system '{other}'")
        return self

    def resolve(self, key: str) -> str:
        """The key of the system that a row of a table names."""
        return self.same.get(key, key)

    def overrides(self, key: str) -> list[str]:
        """The settings of a system's recipe that the budget changes, as arguments of `--set`."""
        system = self.systems[key]
        chosen = self.selection[system.selection].set if system.selection else []
        return _last_of_each([*chosen, *system.set])


def find_tables(names: Sequence[str]) -> list[PaperTable]:
    """The tables of these names or files; without names, all that ship.

    Raises:
        GanzooError: there is no such table, or a file has faults.
    """
    return [_find(PaperTable, "papers", name) for name in dict.fromkeys(names or shipped("papers"))]


def find_budget(name: str) -> Budget:
    """The budget of this name or file.

    Raises:
        GanzooError: there is none, or its file has faults.
    """
    return _find(Budget, "budgets", name)


def shipped(kind: str) -> list[str]:
    """The names of the shipped "papers" or "budgets"; numbered tables come first."""
    names = [path.stem for path in (HERE / kind).glob("*.toml")]
    return sorted(names, key=lambda name: (not name.startswith("table"), name))


Read = TypeVar("Read", PaperTable, Budget)


def _find(model: type[Read], kind: str, name: str) -> Read:
    path = Path(name) if name.endswith(".toml") else HERE / kind / f"{name}.toml"
    if path.stem not in shipped(kind) and not name.endswith(".toml"):
        what = "table" if model is PaperTable else "budget"
        raise GanzooError(f"there is no {what} '{name}'.{choices(name, shipped(kind))}")
    try:
        return model.model_validate({**read_toml(path), "key": path.stem})
    except ValidationError as error:
        raise GanzooError(f"{path}: {_faults(error)}") from None


def _faults(error: ValidationError) -> str:
    """What is wrong with a file, a line each."""
    faults = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
    return "\n".join(["these entries are wrong", *(f"  {place}  {why}" for place, why in faults)])


def _last_of_each(settings: Sequence[str]) -> list[str]:
    """The settings without those that a later one replaces."""
    return list({each.partition("=")[0].strip(): each for each in settings}.values())
