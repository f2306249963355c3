"""How files are read, by what they hold."""

from __future__ import annotations

import pytest

from ganzoo.components.rules.reading_rules import Files, ImageChannels, LabelMaps, ValueRange
from ganzoo.testing import make_fingerprint, try_rule

GRAY = {"kind": "gray", "channels": 1}


def test_files_are_those_of_the_fingerprint():
    draft = try_rule(Files, make_fingerprint(data={"type": "folders", "root": "here", "x": "cats"}))
    assert draft.recipe == {"data": {"type": "folders", "root": "here", "x": "cats"}}


@pytest.mark.parametrize(("broken", "unreadable"), [(0, None), (1, "skip")])
def test_broken_files_are_skipped(broken, unreadable):
    draft = try_rule(Files, make_fingerprint(y={"unreadable": broken}))
    assert draft.value("data.unreadable") == unreadable


@pytest.mark.parametrize(
    ("x", "y", "channels"),
    [
        ({}, {}, 3),
        (GRAY, GRAY, 1),
        (GRAY, {}, {"x": 1, "y": 3}),
        ({"saturation": 0.003}, {"saturation": 0.003}, 1),
        ({"saturation": 0.003}, GRAY, 1),
        ({"saturation": 0.003}, {"saturation": 0.004}, 3),
        ({"kind": "bands", "channels": 5, "saturation": 0.0}, {}, {"x": 5, "y": 3}),
        ({"kind": "cmyk", "channels": 4}, {}, 3),
    ],
)
def test_channels(x, y, channels):
    draft = try_rule(ImageChannels, make_fingerprint(x=x, y=y))
    assert draft.value("data.channels") == channels


def test_a_range_for_the_domains_that_need_one():
    twelve = {"range": (0.0, 4095.0), "values": (3.0, 4000.0), "dtype": "uint16"}
    both = make_fingerprint(x=twelve, y=twelve)
    assert try_rule(ValueRange, both).value("data.range") == [0.0, 4095.0]
    one = make_fingerprint(y=twelve)
    assert try_rule(ValueRange, one).value("data.range") == {"y": [0.0, 4095.0]}
    assert try_rule(ValueRange, make_fingerprint()).recipe == {}


def test_label_maps_are_read_to_the_nearest_pixel():
    labels = {"label_map": True}
    one = try_rule(LabelMaps, make_fingerprint(y=labels))
    assert one.value("data.interpolation") == {"y": "nearest"}
    both = try_rule(LabelMaps, make_fingerprint(x=labels, y=labels))
    assert both.value("data.interpolation") == "nearest"
    assert try_rule(LabelMaps, make_fingerprint()).recipe == {}
