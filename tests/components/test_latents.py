"""Class labels that are drawn: all classes alike, by their own chance."""

from __future__ import annotations

import pytest
import torch

from ganzoo.components.latents import CategoricalLatent
from ganzoo.interfaces import Variable

DATA = {"y": Variable(1, (8, 8)), "c": Variable(classes=4, labels=("a", "b", "d", "e"))}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_all_classes_are_alike():
    """6,000 draws of 6 classes: each 1,000 times, give or take five standard deviations."""
    drawn = CategoricalLatent(classes=6).draw((6000,), seeded())
    assert (drawn.dtype, drawn.shape) == (torch.int64, (6000,))
    counts = drawn.bincount()
    assert len(counts) == 6
    assert ((counts - 1000).abs() < 5 * (6000 / 6 * 5 / 6) ** 0.5).all()
    assert torch.equal(drawn, CategoricalLatent(classes=6).draw((6000,), seeded()))
    assert not torch.equal(drawn, CategoricalLatent(classes=6).draw((6000,), seeded(1)))


def test_it_declares_a_label():
    assert CategoricalLatent(classes=6).variable(DATA) == Variable(classes=6)
    assert CategoricalLatent(classes=6).variable(DATA).shape == ()


def test_like_a_label_of_the_data():
    latent = CategoricalLatent(like="c")
    assert latent.variable(DATA) == DATA["c"]
    assert set(latent.draw((100,), seeded()).tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("like", "message"), [("y", "'y' is no class label"), ("d", "the data has no variable 'd'")]
)
def test_like_what_is_no_label(like, message):
    with pytest.raises(ValueError, match=message):
        CategoricalLatent(like=like).variable(DATA)


@pytest.mark.parametrize("settings", [{}, {"classes": 3, "like": "c"}, {"classes": 0}])
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ValueError, match="classes"):
        CategoricalLatent(**settings)
