"""Nested tables read as a recipe, and what is wrong with them in the words of a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from ganzoo.errors import Fault, RecipeError, cut, did_you_mean, listed
from ganzoo.recipe.schema import (
    AlarmsTable,
    AveragesTable,
    CheckpointsTable,
    Recipe,
    SamplesTable,
    TrainTable,
)
from ganzoo.recipe.standins import without_faulty
from ganzoo.recipe.tables import ExpressionTable, PlayerTable
from ganzoo.registry.former import new_name, renamed
from ganzoo.registry.signature import as_written
from ganzoo.registry.synonyms import same_key, synonym

# Tables whose keys are looked through for one that stands elsewhere.
APART = ("train", "samples", "checkpoints", "alarms")


class TableError(RecipeError):
    """Tables that cannot be read as a recipe.

    rest: the recipe with stand-ins for what is at fault, so that all else can be checked as well;
        None where the meaning of the rest depends on it.
    """

    def __init__(self, source: str, faults: Sequence[Fault], rest: Recipe | None) -> None:
        super().__init__(source, faults)
        self.rest = rest


def check_tables(tables: dict[str, Any], source: str, also: Sequence[Fault] = ()) -> Recipe:
    """Read nested tables as a recipe.

    also: faults that were found before.

    Raises:
        TableError: every key that is unknown, missing or of the wrong type, at once.
    """
    faults = {fault.path: fault for fault in also}
    try:
        recipe = Recipe.model_validate(tables)
    except ValidationError as error:
        entries = [e for e in error.errors() if _meant(e["loc"], e["input"])]
        faults |= {fault.path: fault for fault in (_fault(e, tables) for e in entries)}
        rest = without_faulty(tables, faults.values())
        raise TableError(source, list(faults.values()), rest) from None
    if faults:
        raise TableError(source, list(faults.values()), recipe)
    return recipe


# What pydantic's complaints are in the words of a recipe; `{...}` is filled from the complaint.
WORDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list, as [{example}]",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_long": "at most {max_length} of them",
    "literal_error": "{expected}",
}


def _meant(place: tuple[Any, ...], given: Any) -> bool:
    """Whether a complaint is about what was meant, of two types that may stand at a place.

    `players.order` is a list, the other players are tables; a weight is a number or a table, an
    output a table with an expression or one with a type.
    """
    if place[0] == "players" and len(place) > 2:
        return bool(("list[str]" in place) == (place[1] == "order"))
    if place[0] == "outputs":
        return "OutputTable" not in place  # whatever has a type is a sound one
    if place[2:3] == ("weight",) and len(place) > 3:
        return len(place) > 4 if "WeightTable" in place else not isinstance(given, dict)
    return True


# What pydantic adds to a place where several types may stand.
BRANCHES = ("PlayerTable", "list[str]", "float", "WeightTable", "ExpressionTable")


def _fault(entry: Any, tables: Mapping[str, Any]) -> Fault:
    place = [str(key) for key in entry["loc"] if key not in BRANCHES]
    path, given = ".".join(place), entry["input"]
    at, name = (place[:-1], place[-1]) if entry["type"] == "extra_forbidden" else (place, given)
    if new := new_name(at, name):
        return Fault(path, renamed(str(name), new))
    if entry["type"] == "extra_forbidden":
        return Fault(path, f"there is no '{cut(place[-1])}' here.{_known(place, given, tables)}")
    if entry["type"] == "missing":
        return Fault(path, "this is required")
    if entry["type"] == "value_error":
        return Fault(path, f"{entry['ctx']['error']}, not {as_written(given)}")
    if entry["type"] in ("model_type", "dict_type"):
        return Fault(path, f"this should be a table, as {_example(place)}, not {as_written(given)}")
    blanks = {"example": _items(place), "msg": entry["msg"], **entry.get("ctx", {})}
    wanted = WORDS.get(entry["type"], "otherwise ({msg})").format(**blanks)
    return Fault(path, f"this should be {wanted}, not {as_written(given)}")


def _example(place: list[str]) -> str:
    """A table as it would stand at this place."""
    if len(place) == 1 and place[0] not in ("data", "schedule"):
        return f"[{place[0]}]"
    examples = {
        "outputs": '{ expression = "G(x)" }',
        "players": '{ networks = ["G"] }',
        "trackers": '{ project = "..." }',
    }
    return examples.get(place[0], '{ type = "..." }')


def _items(place: list[str]) -> str:
    """What a list holds at this place."""
    if place[-1] == "penalties":
        return '{ type = "r1", weight = 5 }'
    examples = {
        "samples": '"x", "G(x)"',
        "ema": '"G", "F"',
        "alarms": '"inverted_colours"',
    }
    return examples.get(place[0], '"generators", "discriminators"')


def _known(place: list[str], given: Any, recipe: Mapping[str, Any]) -> str:
    """The key that was meant, in this table or in another one; else all keys of this one."""
    tables: dict[str, type[BaseModel]] = {
        "train": TrainTable,
        "samples": SamplesTable,
        "checkpoints": CheckpointsTable,
        "alarms": AlarmsTable,
        "outputs": ExpressionTable,
        "players": PlayerTable,
        "ema": AveragesTable,
    }
    key, table = place[-1], tables.get(place[0], Recipe) if len(place) > 1 else Recipe
    known = list(table.model_fields)
    elsewhere = [f"{t}.{key}" for t in APART if key in tables[t].model_fields]
    if elsewhere:
        return f" Did you mean '{elsewhere[0]}'?"
    others = {name: table for name, table in recipe.items() if name != place[0]}
    said = synonym(key, given, others) or did_you_mean(key, known) or same_key(key, others)
    return said or f" Use {listed(known)}."
