"""Cross-entropy by hand, and what it refuses."""

from __future__ import annotations

import math

import pytest
import torch

from ganzoo import testing
from ganzoo.builder.experiment import check_recipe
from ganzoo.components.losses.classification import CrossEntropy
from ganzoo.errors import RecipeError


def test_by_hand():
    # Shares of e^0 : e^log 3 are 1 : 3, of e^log 2 : e^0 they are 2 : 1.
    logits = torch.tensor([[0.0, math.log(3)], [math.log(2), 0.0]], dtype=torch.float64)
    loss = CrossEntropy()
    right = -(math.log(3 / 4) + math.log(2 / 3)) / 2
    wrong = -(math.log(1 / 4) + math.log(1 / 3)) / 2
    assert loss(logits, torch.tensor([1, 0])).item() == pytest.approx(right, rel=1e-14)
    assert loss(logits, torch.tensor([0, 1])).item() == pytest.approx(wrong, rel=1e-14)
    assert loss(logits + 5, torch.tensor([1, 0])).item() == pytest.approx(right, rel=1e-14)
    assert loss(torch.zeros(3, 10), torch.arange(3)).item() == pytest.approx(math.log(10))


def test_the_gradient_is_share_minus_one_for_the_right_class():
    logits = torch.tensor([[0.0, math.log(3)]], requires_grad=True)
    CrossEntropy()(logits, torch.tensor([1])).backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[0.25, -0.25]]))


def test_maps_are_averaged_over_their_pixels():
    logits = torch.randn(2, 5, 3, 4, generator=torch.manual_seed(0))
    labels = torch.arange(24).reshape(2, 3, 4) % 5
    pixels = logits.permute(0, 2, 3, 1).reshape(24, 5)
    one_by_one = CrossEntropy()(pixels, labels.flatten())
    torch.testing.assert_close(CrossEntropy()(logits, labels), one_by_one)


@pytest.mark.parametrize(
    ("prediction", "target", "message"),
    [
        ((2, 3), torch.zeros(2), "must be a class label"),
        ((2, 3), torch.zeros(3, dtype=torch.int64), "2 x 3 and 3 do not fit"),
        ((2, 3, 4, 4), torch.zeros(2, dtype=torch.int64), "2 x 3 x 4 x 4 and 2 do not fit"),
        ((2,), torch.zeros(2, dtype=torch.int64), "2 and 2 do not fit"),
    ],
)
def test_what_is_no_label_or_does_not_fit_is_refused(prediction, target, message):
    with pytest.raises(ValueError, match=message):
        CrossEntropy()(torch.zeros(prediction), target)


def test_it_is_a_part_whose_labels_stay_labels_in_the_checks_for_authors():
    logits = torch.randn(3, 4, generator=torch.manual_seed(0))
    testing.check_loss("cross_entropy", logits, torch.tensor([0, 3, 3]))


def test_a_wire_that_is_no_label_is_told_before_training():
    term = {"type": "cross_entropy", "prediction": "D(y, c)", "target": "y"}
    with pytest.raises(RecipeError, match="must be a class label") as caught:
        check_recipe("cgan", {"losses.told": term})
    assert caught.value.faults[0].path == "losses.told"
