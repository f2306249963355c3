"""Sizes of samples by the images, whole or cropped, on both sides of each threshold."""

from __future__ import annotations

import pytest

from ganzoo.components.rules.cutting_rules import SampleSize, WholeOrCrop, detail_at
from ganzoo.components.rules.few_image_rules import FewImages
from ganzoo.interfaces import Wishes
from ganzoo.testing import make_fingerprint, try_rule

SHARP = {"32": 0.3, "64": 0.5, "128": 0.7, "256": 0.9, "512": 1.0}


def sized(side, **fields):
    return {"median": (side, side + 40), "smallest": (side, side), **fields}


@pytest.mark.parametrize(
    ("detail", "side"),
    [
        ({"32": 0.98, "64": 0.99, "256": 1.0}, 32),
        ({"32": 0.97, "64": 0.99, "256": 1.0}, 48),  # half of the way: 0.98
        ({"32": 0.96, "64": 0.99, "256": 1.0}, 64),
        (SHARP, 256),
        ({}, 256),  # nothing is known of it
    ],
)
def test_the_smallest_side_with_enough_contrast(detail, side):
    facts = make_fingerprint(x={"detail": detail}, y={"detail": {"32": 1.0, "256": 1.0}})
    assert try_rule(SampleSize, facts).value("data.size") == side


@pytest.mark.parametrize(("shortest", "side"), [(96, 96), (95, 64), (20, 32), (3000, 256)])
def test_no_side_above_that_of_the_median_image(shortest, side):
    facts = make_fingerprint(x=sized(shortest, detail=SHARP))
    assert try_rule(SampleSize, facts).value("data.size") == min(side, 256)


def test_detail_between_two_sides_is_on_the_line_between():
    facts = make_fingerprint(x={"detail": {"64": 0.6, "128": 0.8}}, y={"detail": {"64": 1.0}})
    assert detail_at(facts, 96) == pytest.approx(0.7)
    assert detail_at(facts, 512) == pytest.approx(0.8)
    assert detail_at(facts, 32) == 0.0


def cut(facts, side, wishes=None):
    return try_rule(WholeOrCrop, facts, wishes, recipe={"data": {"size": side}})


@pytest.mark.parametrize(("left", "scale"), [(0.59, "native"), (0.60, None)])
def test_crops_at_full_resolution_where_texture_is_all(left, scale):
    facts = make_fingerprint(x={"detail": {"64": left, "256": 1.0}})
    assert cut(facts, 64).value("data.scale") == scale


def test_to_restore_is_to_work_at_full_resolution():
    assert cut(make_fingerprint(), 64, Wishes(goal="restore")).value("data.scale") == "native"
    small = make_fingerprint(x={"smallest": (63, 200)})
    assert cut(small, 64, Wishes(goal="restore")).value("data.scale") is None
    labels = make_fingerprint(y={"label_map": True})
    assert cut(labels, 64, Wishes(goal="restore")).value("data.scale") is None


@pytest.mark.parametrize(("shortest", "resize"), [(143, 143), (142, None)])
def test_the_papers_margin_where_images_have_it(shortest, resize):
    """286 / 256 of 128 is 143."""
    facts = make_fingerprint(x=sized(shortest))
    assert cut(facts, 128).value("data.resize") == resize


@pytest.mark.parametrize(("images", "resize"), [(199, 83), (200, 72)])
def test_few_images_have_a_larger_margin(images, resize):
    facts = make_fingerprint(y={"images": images})
    draft = try_rule(FewImages, facts, recipe={"data": {"size": 64, "resize": 72}})
    assert draft.value("data.resize") == resize
