"""The type and the range that results are written with, by hand."""

from __future__ import annotations

import pytest

from ganzoo.inference.value_type import choose_type
from ganzoo.interfaces import Variable

CT = (-1000, 400)


@pytest.mark.parametrize(
    ("source", "variable", "domain", "expected"),
    [
        # The domain's files are known.
        ("uint8", {}, {"dtype": "uint16"}, ("uint16", (0, 65535))),
        ("uint16", {}, {"dtype": "uint8"}, ("uint8", (0, 255))),
        ("uint8", {"range": (3, 5)}, {"dtype": "float32"}, ("float32", (0, 1))),
        ("uint8", {}, {"dtype": "int16", "range": CT}, ("int16", CT)),
        ("uint8", {}, {"dtype": "int32", "range": CT}, ("int16", CT)),
        ("uint8", {}, {"dtype": "uint32", "range": (0, 1e6)}, ("float32", (0, 1e6))),
        ("uint8", {}, {"dtype": "uint16", "range": (0.5, 99.5)}, ("uint16", (0.5, 99.5))),
        ("uint8", {}, {"dtype": "float64", "range": (0, 4095)}, ("float32", (0, 4095))),
        # It has no type of its own: the input's, or one that holds the range.
        ("uint16", {}, {}, ("uint16", (0, 65535))),
        ("int16", {"range": CT}, {}, ("uint8", (0, 255))),
        ("int32", {"range": CT}, {}, ("uint8", (0, 255))),
        ("uint8", {}, {"range": (0, 4095)}, ("uint16", (0, 4095))),
        ("uint8", {}, {"range": CT}, ("int16", CT)),
        ("uint8", {}, {"range": (0, 0.5)}, ("float32", (0, 0.5))),
        # Nothing is known of the domain.
        ("bool", {}, None, ("uint8", (0, 255))),
        ("uint16", {}, None, ("uint16", (0, 65535))),
        ("uint16", {"range": (0, 4095)}, None, ("uint16", (0, 4095))),
        ("uint16", {"range": CT}, None, ("int16", CT)),
        ("int8", {"range": (-128, 127)}, None, ("int16", (-128, 127))),
        ("float32", {}, None, ("float32", (0, 1))),
        ("float16", {"range": (0, 4095)}, None, ("float32", (0, 4095))),
        ("int64", {"range": (0, 70000)}, None, ("float32", (0, 70000))),
    ],
)
def test_the_type_of_results(source, variable, domain, expected):
    known = None if domain is None else Variable(**domain)
    assert choose_type(source, Variable(**variable), known) == expected
