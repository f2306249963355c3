from __future__ import annotations

from typing import Any

import pytest

from ganzoo.interfaces.rule import Wishes
from ganzoo.testing import make_fingerprint, try_rule

Said = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("x", "y", "layout", "goal", "expected"),
    [
        (True, False, "pairs", None, [("wrong_way", "note")]),
        (True, False, "pairs", "restore", [("wrong_way", "warning")]),
        (True, False, "halves", "content", [("wrong_way", "note")]),
        (True, False, "domains", "restore", []),
        (False, True, "pairs", "restore", []),
        (True, True, "pairs", "restore", []),
    ],
)
def test_pairs_that_may_be_meant_the_other_way(
    x: bool, y: bool, layout: Any, goal: Any, expected: Said
) -> None:
    facts = make_fingerprint(x={"label_map": x}, y={"label_map": y}, layout=layout)
    draft = try_rule("wrong_way_round", facts, Wishes(goal=goal))
    assert [(each.kind, each.level) for _, each in draft.cautions] == expected
    if expected and layout == "pairs":
        advice = draft.cautions[0][1].advice
        assert advice.endswith("ganzoo plan FOLDER/trainB FOLDER/trainA --pairs")


ALMOST = {"equal_names": 0.5, "correlation": 0.2}


@pytest.mark.parametrize(
    ("gap", "layout", "pairs", "expected"),
    [
        (ALMOST, "domains", None, [("almost_pairs", "warning")]),
        ({**ALMOST, "equal_names": 0.49}, "domains", None, []),
        ({**ALMOST, "correlation": 0.19}, "domains", None, []),
        ({**ALMOST, "correlation": None}, "domains", None, []),
        (ALMOST, "pairs", None, []),
        (ALMOST, "domains", False, []),
    ],
)
def test_pairs_with_gaps(gap: Any, layout: Any, pairs: bool | None, expected: Said) -> None:
    draft = try_rule("almost_pairs", make_fingerprint(gap=gap, layout=layout), Wishes(pairs=pairs))
    assert [(each.kind, each.level) for _, each in draft.cautions] == expected
    if expected:
        caution = draft.cautions[0][1]
        assert caution.text.startswith("250 of 500 images")
        assert caution.advice.endswith("ganzoo plan FOLDER/trainA FOLDER/trainB --pairs")
