"""Images from above are turned, by the names of their folders."""

from __future__ import annotations

import pytest
from ganzoo.testing import make_fingerprint, try_rule

from ganzoo_earth import turning_rule


def planned(x, y):
    return try_rule("earth.turning", make_fingerprint(x={"folder": x}, y={"folder": y}))


def test_images_from_above_are_turned(monkeypatch):
    monkeypatch.setattr(turning_rule, "find_spec", lambda name: name)
    draft = planned("data/Satellite_photos", "data/relief")
    assert draft.recipe == {"augmentations": {"turn": {"type": "rot90"}}}
    assert "satellite and relief" in draft.decided["augmentations.turn"].decision.reason


@pytest.mark.parametrize(("x", "y"), [("satellite", "photos"), ("trainA", "trainB")])
def test_others_are_not(x, y):
    draft = planned(x, y)
    assert draft.recipe == {}
    assert draft.cautions == []


def test_what_turning_needs_is_said(monkeypatch):
    monkeypatch.setattr(turning_rule, "find_spec", lambda name: None)
    draft = planned("aerial", "landsat")
    assert draft.recipe == {}
    assert [each.kind for _, each in draft.cautions] == ["no_turns"]
