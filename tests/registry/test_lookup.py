"""Parts whose class is not what a recipe can use are named, never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from torch import Tensor

from ganzoo.builder.lookup import Lookup
from ganzoo.interfaces import Generator, Loss
from ganzoo.recipe.tables import NetworkTable, TermTable
from ganzoo.registry.components import Component, Registry

if TYPE_CHECKING:
    from fractions import Fraction


class Reserved(Loss):
    def __init__(self, weight: float = 2.0) -> None:
        super().__init__()

    def forward(self, prediction: Tensor) -> Tensor:
        return prediction.mean()


class SharedWithWire(Loss):
    def __init__(self, target: float = 2.0) -> None:
        super().__init__()

    def forward(self, target: Tensor) -> Tensor:
        return target.mean()


class Unreadable(Generator):
    def __init__(self, ratio: Fraction | None = None) -> None:
        super().__init__()


class Stranger:
    pass


CASES = [
    ("loss", Reserved, TermTable(type="part", prediction="G(x)"), ["prediction"], "'weight'"),
    ("loss", SharedWithWire, TermTable(type="part", target="G(x)"), ["target"], "'target'"),
    ("generator", Unreadable, NetworkTable(type="part"), [], "name 'Fraction' is not defined"),
    ("generator", Stranger, NetworkTable(type="part"), [], "its class is no Network"),
]


@pytest.mark.parametrize(("kind", "found", "table", "wires", "message"), CASES)
def test_a_part_that_cannot_be_used_is_a_fault(kind, found, table, wires, message, monkeypatch):
    registry = Registry()
    registry.add(Component(kind, "part", "somewhere:Part", "", "package", "1"))
    monkeypatch.setattr(Component, "load", lambda self: found)
    lookup = Lookup(registry)
    lookup.plan(kind, table, "place", without=wires)
    assert [fault.path for fault in lookup.faults] == ["place.type"]
    assert message in lookup.faults[0].message
