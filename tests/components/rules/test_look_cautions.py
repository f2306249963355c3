from __future__ import annotations

from typing import Any

import pytest

from ganzoo.testing import make_fingerprint, try_rule

Said = list[tuple[str, str]]
LABELS = {"label_map": True, "colours": 8, "flat": 0.9}


def said(rule: str, data: dict[str, Any], **facts: Any) -> Said:
    draft = try_rule(rule, make_fingerprint(**facts), recipe={"data": {"size": 128, **data}})
    assert all(not each.text[0].isupper() and each.advice for _, each in draft.cautions)
    return [(each.kind, each.level) for _, each in draft.cautions]


@pytest.mark.parametrize(
    ("y", "data", "expected"),
    [
        ({}, {}, []),
        (LABELS, {}, [("labels_as_photos", "warning")]),
        (LABELS, {"interpolation": "nearest"}, []),
        (LABELS, {"interpolation": {"y": "nearest"}}, []),
        (LABELS, {"interpolation": {"x": "nearest"}}, [("labels_as_photos", "warning")]),
        ({**LABELS, "kind": "gray"}, {"interpolation": "nearest"}, [("label_numbers", "warning")]),
        ({**LABELS, "kind": "gray", "colours": 2}, {"interpolation": "nearest"}, []),
        ({"flat": 0.6, "colours": 256}, {}, [("maybe_labels", "note")]),
        ({"flat": 0.59, "colours": 256}, {}, []),
        ({"flat": 0.6, "colours": 257}, {}, []),
    ],
)
def test_label_maps(y: dict[str, Any], data: dict[str, Any], expected: Said) -> None:
    assert said("labels_as_photos", data, y=y) == expected


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ({}, []),
        ({"smallest": (32, 500)}, []),
        ({"smallest": (31, 500)}, [("tiny_images", "warning")]),
        ({"aspects": (0.5, 1, 1.5)}, [("mixed_proportions", "note")]),
        ({"aspects": (0.5, 1, 1.49)}, []),
        ({"aspects": (0.25, 1, 1)}, [("mixed_proportions", "note")]),
        ({"aspects": (0.24, 1, 1)}, [("strips", "warning")]),
        ({"aspects": (1, 1, 4.1)}, [("strips", "warning")]),
        ({"aspects": (1, 1, 5000), "smallest": (1, 5000)},
         [("tiny_images", "warning"), ("strips", "warning")]),
    ],
)  # fmt: skip
def test_sizes(x: dict[str, Any], expected: Said) -> None:
    assert said("odd_sizes", {}, x=x) == expected


@pytest.mark.parametrize(
    ("pages", "data", "expected"),
    [
        (1, {}, []),
        (2, {}, [("pages", "warning")]),
        (2, {"pages": "each"}, []),
        (2, {"pages": {"x": "each"}}, []),
    ],
)
def test_pages(pages: int, data: dict[str, Any], expected: Said) -> None:
    assert said("many_pages", data, x={"pages": pages}) == expected


def test_what_is_enlarged_is_said_in_pixels() -> None:
    recipe = {"data": {"size": [64, 128]}}
    draft = try_rule("odd_sizes", make_fingerprint(x={"smallest": (8, 20)}), recipe=recipe)
    assert "as small as 20 x 8 pixels, which are enlarged 8 times for samples of 64" in (
        draft.cautions[0][1].text
    )
