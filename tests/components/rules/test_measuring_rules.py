"""What is measured, and who chooses the best model."""

from __future__ import annotations

import pytest

from ganzoo.components.rules.measuring_rules import (
    BestModel,
    MeasuredScores,
    SavedStates,
    ValidationSplit,
)
from ganzoo.testing import make_fingerprint, try_rule

LENGTH = {"train": {"length": "1234 steps"}}
BOTH = {**LENGTH, "outputs": {"x2y": "G(x)", "y2x": "F(y)"}}


@pytest.mark.parametrize(("held_out", "share"), [(13, 0.0), (14, 0.3)])
def test_four_images_at_least_choose(held_out, share):
    draft = try_rule(ValidationSplit, make_fingerprint(y={"held_out": held_out}))
    assert draft.value("checkpoints.validation") == share


def test_images_that_a_share_holds_out_count():
    facts = make_fingerprint(x={"held_out": 0, "images": 200})
    draft = try_rule(ValidationSplit, facts, recipe={"data": {"hold_out": 0.1}})
    assert draft.value("checkpoints.validation") == 0.3


def test_unpaired_outputs_are_measured_by_realism_layout_and_copies():
    metrics = try_rule(MeasuredScores, make_fingerprint(), recipe=BOTH).value("metrics")
    types = {name: table["type"] for name, table in metrics.items()}
    assert types["kid_x2y"] == types["kid_y2x"] == "quick_kid"
    assert types["layout_y2x"] == "structure_distance"
    assert metrics["kid_y2x"]["target"] == "x"
    assert metrics["kid_x2y"]["every"] == "130 steps"  # a tenth of 1,234, rounded up


def test_pairs_are_measured_by_the_truth():
    facts = make_fingerprint(layout="pairs")
    draft = try_rule(MeasuredScores, facts, recipe={**LENGTH, "outputs": {"x2y": "G(x)"}})
    assert {table["type"] for table in draft.value("metrics").values()} == {"psnr", "ssim"}


def test_bands_cannot_be_measured_by_networks_of_pictures():
    facts = make_fingerprint(x={"kind": "bands", "channels": 5})
    assert try_rule(MeasuredScores, facts, recipe=BOTH).value("metrics") is None


@pytest.mark.parametrize(("share", "best"), [(0.0, None), (0.3, "kid_x2y.kid_ganzoo_tiny")])
def test_the_score_that_chooses(share, best):
    scored = try_rule(MeasuredScores, make_fingerprint(), recipe=BOTH).recipe
    before = {**scored, "checkpoints": {"validation": share}}
    assert try_rule(BestModel, make_fingerprint(), recipe=before).value("checkpoints.best") == best


def test_a_run_can_be_resumed_from_twenty_places():
    draft = try_rule(SavedStates, make_fingerprint(), recipe=LENGTH)
    assert draft.value("checkpoints.every") == "61 steps"
