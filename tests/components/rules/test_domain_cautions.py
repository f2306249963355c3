from __future__ import annotations

from typing import Any

import pytest

from ganzoo.testing import make_fingerprint, try_rule

Said = list[tuple[str, str]]


def said(rule: str, **facts: Any) -> Said:
    draft = try_rule(rule, make_fingerprint(**facts))
    assert all(not each.text[0].isupper() and each.advice for _, each in draft.cautions)
    return [(each.kind, each.level) for _, each in draft.cautions]


ONE = {"separation": 0.54, "copy_kid": (0.024, 0.024)}
HALVES = {"spread": 0.02}


@pytest.mark.parametrize(
    ("kid", "steps", "size", "warned"),
    [
        (0.059, 1919, 32, True),
        (0.059, 1920, 32, False),
        (0.059, 1920, 33, True),
        (0.06, 1919, 32, False),
        (0.059, 0, 32, False),
    ],
)
def test_copies_that_a_short_training_does_not_beat(
    kid: float, steps: int, size: int, warned: bool
) -> None:
    recipe = {"data": {"size": size}, "train": {"length": f"{steps} steps"} if steps else {}}
    facts = make_fingerprint(gap={"copy_kid": (0.01, kid)})
    draft = try_rule("hard_to_beat", facts, recipe=recipe)
    assert [each.level for _, each in draft.cautions] == ["warning"] * warned


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"gap": {"shared": 250}}, [("same_images", "stop")]),
        ({"gap": {"shared": 50}, "x": {"looked_at": 100}}, [("same_images", "stop")]),
        ({"gap": {"shared": 249}}, [("shared_images", "warning")]),
        ({"gap": {"shared": 250}, "layout": "pairs"}, [("same_images", "stop")]),
        ({"gap": {"shared": 1}, "x": {"images": 1}}, [("same_images", "stop")]),
        ({"gap": ONE, "x": HALVES}, [("one_kind", "stop")]),
        ({"gap": ONE, "x": HALVES, "layout": "pairs"}, []),
        ({"gap": {**ONE, "separation": 0.56}, "x": HALVES}, []),
        ({"gap": {**ONE, "copy_kid": (0.026, 0.0)}, "x": HALVES}, []),
        ({"gap": ONE, "x": {**HALVES, "images": 19}}, []),
        ({"gap": {**ONE, "separation": 0.6}, "x": {**HALVES, "images": 25}, "y": {"images": 30}},
         [("one_kind", "stop")]),
        ({"gap": {"separation": 0.5}}, []),
    ],
)  # fmt: skip
def test_x_and_y_that_are_one(facts: dict[str, Any], expected: Said) -> None:
    assert said("same_images", **facts) == expected


def test_swapped_test_folders_name_the_settings_that_exchange_them() -> None:
    assert said("swapped_tests") == []
    gap = {"swapped": True}
    usual = try_rule("swapped_tests", make_fingerprint(gap=gap))
    assert "data.test_x = 'testB' and data.test_y = 'testA'" in usual.cautions[0][1].advice
    own = {"data": {"test_x": "test/a", "test_y": "test/b"}}
    named = try_rule("swapped_tests", make_fingerprint(gap=gap), recipe=own)
    assert "data.test_x = 'test/b' and data.test_y = 'test/a'" in named.cautions[0][1].advice


NEAR = {"colour_distance": 0.099, "structure_distance": 0.099, "separation": 0.7}


@pytest.mark.parametrize(
    ("gap", "spread", "layout", "expected"),
    [
        ({"copy_kid": (0.025, 0.02)}, 0.02, "domains", [("no_better_than_copy", "warning")]),
        ({"copy_kid": (0.026, 0.02)}, 0.02, "domains", []),
        ({"copy_kid": (0.005, -0.01)}, -0.02, "domains", [("no_better_than_copy", "warning")]),
        ({"copy_kid": (0.006, 0)}, None, "domains", []),
        ({"copy_kid": (0.005, 0.0)}, 0.02, "pairs", []),
        ({**NEAR, "copy_kid": (0.005, 0.0)}, 0, "domains", [("no_better_than_copy", "warning")]),
        ({**NEAR, "copy_kid": (0.2, 0.2)}, 0, "domains", [("hard_to_beat", "note")]),
        (NEAR, None, "domains", [("hard_to_beat", "note")]),
        (NEAR, None, "pairs", []),
        ({**NEAR, "colour_distance": 0.1}, None, "domains", []),
        ({**NEAR, "structure_distance": 0.1}, None, "domains", []),
    ],
)
def test_whether_a_copy_can_be_beaten(
    gap: Any, spread: float | None, layout: Any, expected: Said
) -> None:
    assert said("hard_to_beat", gap=gap, y={"spread": spread}, layout=layout) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"x": {"likeness": 0.5}, "y": {"likeness": 0.24}}, [("other_composition", "warning")]),
        ({"x": {"likeness": 0.24}, "y": {"likeness": 0.5}}, [("other_composition", "warning")]),
        ({"x": {"likeness": 0.5, "label_map": True}, "y": {"likeness": 0.1}}, []),
        ({"x": {"likeness": 0.49}, "y": {"likeness": 0.24}}, []),
        ({"x": {"likeness": 0.5}, "y": {"likeness": 0.25}}, []),
        ({"x": {"likeness": 0.5}, "y": {"likeness": 0.1}, "layout": "pairs"}, []),
        ({"x": {"aspects": (1, 1.5, 2)}}, [("other_proportions", "note")]),
        ({"x": {"aspects": (1, 1.49, 2)}}, []),
    ],
)
def test_domains_that_show_other_things(facts: dict[str, Any], expected: Said) -> None:
    assert said("other_content", **facts) == expected


def test_numbers_stand_in_the_text() -> None:
    draft = try_rule("hard_to_beat", make_fingerprint(gap={**NEAR, "copy_kid": (0.03, 0.04)}))
    said_ = draft.cautions[0][1].text
    assert "distances: colour 0.10, structure 0.10; 70% of the images" in said_
    assert "quick KID of copies 0.040" in said_
