from __future__ import annotations

from typing import Any

import pytest

from ganzoo.testing import make_fingerprint, try_rule

RECIPE = {"data": {"type": "folders", "size": 128}}
Said = list[tuple[str, str]]


def said(rule: str, recipe: dict[str, Any] = RECIPE, **facts: Any) -> Said:
    draft = try_rule(rule, make_fingerprint(**facts), recipe=recipe)
    for _, each in draft.cautions:
        assert not each.text[0].isupper()
        assert each.advice
        assert "  " not in each.text + each.advice
    return [(each.kind, each.level) for _, each in draft.cautions]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ({}, []),
        ({"images": 200}, []),
        ({"images": 199}, [("too_few", "note")]),
        ({"images": 50}, [("too_few", "note")]),
        ({"images": 49}, [("too_few", "warning")]),
        ({"images": 500, "duplicates": 301}, [("too_few", "note")]),
        ({"images": 500, "duplicates": 300}, []),
        ({"images": 1, "largest": (511, 512)}, [("single_image", "stop")]),
        ({"images": 1, "largest": (512, 512)}, [("too_few", "warning")]),
        ({"images": 5000, "looked_at": 256, "duplicates": 240}, []),
        ({"images": 5000, "looked_at": 256, "duplicates": 250}, [("too_few", "note")]),
        ({"images": 9, "duplicates": 8}, [("single_image", "stop")]),
    ],
)
def test_few_images(x: dict[str, Any], expected: Said) -> None:
    assert said("too_few", x=x) == expected
    assert said("too_few", y=x) == expected


def test_two_small_domains_are_one_caution() -> None:
    draft = try_rule("too_few", make_fingerprint(x={"images": 60}, y={"images": 40}))
    ((_, caution),) = draft.cautions
    assert (caution.kind, caution.level) == ("too_few", "warning")
    assert "(60 in x ('trainA'), 40 in y ('trainB'))" in caution.text


def test_only_scores_that_are_measured_are_named() -> None:
    few = make_fingerprint(x={"images": 60})
    assert try_rule("too_few", few).cautions[0][1].advice == "add more images"
    recipe = {"metrics": {"copies_x2y": {"type": "memorisation"}, "truth": {"type": "psnr"}}}
    advice = try_rule("too_few", few, recipe=recipe).cautions[0][1].advice
    assert advice.endswith("among the scores (copies_x2y)")


def test_samples_that_are_no_squares_are_counted_by_their_shorter_side() -> None:
    recipe = {"data": {"size": [128, 512]}}
    assert said("too_few", recipe, x={"images": 1, "largest": (511, 512)}) == [
        ("single_image", "stop")
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(99, []), (100, [("empty_images", "warning")]), (0, [])],
)
def test_images_of_one_value(count: int, expected: Said) -> None:
    facts = make_fingerprint(x={"looked_at": 500}, y={"looked_at": 500})
    object.__setattr__(facts, "kinds", {"constant": count})
    draft = try_rule("equal_values", facts)
    assert [(e.kind, e.level) for _, e in draft.cautions] == expected


def test_a_domain_of_one_value_is_a_reason_to_stop() -> None:
    assert said("equal_values", y={"values": (7.0, 7.0)}) == [("one_value", "stop")]
    assert said("equal_values", y={"values": (7.0, 8.0)}) == []


@pytest.mark.parametrize(
    ("unreadable", "expected"),
    [(0, []), (1, [("broken", "note")]), (9, [("broken", "note")]), (10, [("broken", "warning")])],
)
def test_broken_files(unreadable: int, expected: Said) -> None:
    x = {"images": 80, "held_out": 20 - unreadable, "unreadable": unreadable}
    assert said("broken_files", x=x) == expected


@pytest.mark.parametrize(
    ("x", "share", "expected"),
    [
        ({"duplicates": 24}, 0, []),
        ({"duplicates": 25}, 0, [("copies", "note")]),
        ({"duplicates": 5, "looked_at": 100}, 0, [("copies", "note")]),
        ({"near_duplicates": 99}, 0.1, []),
        ({"near_duplicates": 100}, 0.1, [("near_copies", "warning")]),
        ({"near_duplicates": 100}, 0, [("near_copies", "note")]),
    ],
)
def test_copies(x: dict[str, Any], share: float, expected: Said) -> None:
    assert said("repeated_images", {"data": {"hold_out": share}}, x=x) == expected


def test_leaks() -> None:
    assert said("leaks") == []
    draft = try_rule("leaks", make_fingerprint(gap={"leaked": 3}))
    ((_, caution),) = draft.cautions
    assert caution.level == "warning"
    assert caution.text.startswith("3 of 100 test images")
    apart = {"x": {"folder": "my data/a", "held_out": 9}, "y": {"folder": "my data/b"}}
    for facts, advised in (
        (apart, "; to see which: ganzoo data check 'my data'"),
        (apart | {"y": {"folder": "other/b"}}, "from the training folders"),
    ):
        ((_, caution),) = try_rule("leaks", make_fingerprint(gap={"leaked": 3}, **facts)).cautions
        assert caution.advice.endswith(advised)


def test_the_advised_command_names_the_folder() -> None:
    draft = try_rule("broken_files", make_fingerprint(x={"unreadable": 1, "folder": "my photos"}))
    ((_, caution),) = draft.cautions
    assert caution.advice.endswith("ganzoo data check 'my photos' --as images")
