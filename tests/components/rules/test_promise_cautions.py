from __future__ import annotations

from typing import Any

import pytest

from ganzoo.interfaces.rule import Wishes
from ganzoo.testing import make_fingerprint, try_rule

Said = list[tuple[str, str]]
DEEP = {"kind": "gray", "bits": 12}


def said(rule: str, wishes: Wishes | None = None, **facts: Any) -> Said:
    draft = try_rule(rule, make_fingerprint(**facts), wishes)
    assert all(not each.text[0].isupper() and each.advice for _, each in draft.cautions)
    return [(each.kind, each.level) for _, each in draft.cautions]


@pytest.mark.parametrize(
    ("goal", "layout", "expected"),
    [
        (None, "domains", []),
        ("style", "domains", []),
        ("content", "domains", [("invented", "warning")]),
        ("restore", "domains", [("invented", "warning")]),
        ("restore", "pairs", []),
    ],
)
def test_a_goal_that_unpaired_images_cannot_promise(goal: Any, layout: Any, expected: Said) -> None:
    assert said("invented_things", Wishes(goal=goal), layout=layout) == expected


@pytest.mark.parametrize(
    ("x", "layout", "expected"),
    [
        ({}, "domains", []),
        ({"suffix": ".dcm"}, "domains", [("medical", "warning")]),
        ({"suffix": ".nii.gz"}, "pairs", [("medical", "note")]),
        ({"suffix": ".tif"}, "domains", []),
        ({"folder": "/data/CT2MR/trainA"}, "domains", [("medical", "warning")]),
        ({"folder": "/data/Head-CT"}, "domains", [("medical", "warning")]),
        ({"folder": "/data/ct/scans/trainA"}, "domains", []),
        ({"folder": "/data/ctenophores"}, "domains", []),
        (DEEP, "domains", [("medical", "note")]),
        ({**DEEP, "bits": 10}, "domains", [("medical", "note")]),
        ({**DEEP, "bits": 9}, "domains", []),
        ({**DEEP, "bits": 16}, "domains", [("medical", "note")]),
        ({**DEEP, "bits": 32}, "domains", []),
        ({"bits": 12}, "domains", []),
    ],
)
def test_medical_images(x: dict[str, Any], layout: Any, expected: Said) -> None:
    assert said("medical", x=x, layout=layout) == expected
    assert said("medical", y=x, layout=layout) == expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("cases/Evidence_2024", [("legal", "warning")]),
        ("evidence/trainA", [("legal", "warning")]),
        ("evidence/a/trainA", []),
        ("courtyards", []),
    ],
)
def test_legal_images(folder: str, expected: Said) -> None:
    assert said("legal", y={"folder": folder}) == expected
