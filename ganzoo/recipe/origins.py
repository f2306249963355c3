"""Where each setting of a recipe was written: its file, a recipe that it extends, or `--set`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ganzoo.errors import Fault, RecipeError

NOTHING = object()
SET = "--set"  # the place of all overrides


@dataclass(frozen=True)
class Layer:
    """Tables as they stand in one place; later layers are laid over earlier ones."""

    place: str
    tables: Mapping[str, Any]


@dataclass(frozen=True)
class Gathered:
    """A recipe's tables, merged, and the layers that they came from.

    place: how to call the recipe in a message.
    faults: overrides that could not be read; they are not in the tables.
    """

    place: str
    tables: dict[str, Any]
    layers: Sequence[Layer]
    faults: Sequence[Fault] = ()

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Put each fault that is raised within under the place where it was written."""
        try:
            yield
        except RecipeError as error:
            raise RecipeError(self.place, self.placed(error.faults)) from error

    def placed(self, faults: Sequence[Fault]) -> list[Fault]:
        """Faults with their places, and those of overrides; those of the recipe's file first."""
        places = [layer.place for layer in reversed(self.layers) if layer.place != SET]
        order = dict.fromkeys([self.place, *places, SET])
        distinct = {
            (f.path, f.message, f.expression): replace(f, place=f.place or self._origin(f))
            for f in (*self.faults, *faults)
        }
        return sorted(distinct.values(), key=lambda f: [*order, f.place].index(f.place))

    def _origin(self, fault: Fault) -> str:
        """Where a setting was written last; what is missing is the recipe's own fault.

        Of a table that several places wrote to, the one whose settings the message speaks
        of, or else the last one.
        """
        keys = fault.path.split(".")
        holding = [layer for layer in self.layers if _at(layer.tables, keys) is not NOTHING]
        whole = _at(self.tables, keys)
        words = re.findall(r"\w+", fault.message)
        for key in words if isinstance(whole, Mapping) else ():
            about = [la for la in self.layers if _at(la.tables, [*keys, key]) is not NOTHING]
            if key in whole and about:
                return about[-1].place
        return holding[-1].place if holding else self.place


def _at(tables: Any, keys: Sequence[str]) -> Any:
    """What stands at a path, or NOTHING."""
    for key in keys:
        if isinstance(tables, Mapping) and key in tables:
            tables = tables[key]
        elif isinstance(tables, list) and key.isdigit() and int(key) < len(tables):
            tables = tables[int(key)]
        else:
            return NOTHING
    return tables
