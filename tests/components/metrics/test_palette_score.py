"""Palette scores against tables counted by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from ganzoo.components.metrics.classes import confusions
from ganzoo.components.metrics.palette import PaletteScore
from ganzoo.registry.discovery import installed

PALETTE = [[0, 0, 0], [255, 0, 0], [0, 0, 255], [255, 255, 255]]
BLACK, RED, BLUE, UNUSED = range(4)


def drawn(*maps: list[list[int]]) -> Tensor:
    """Label maps as images (N, 3, H, W) in [-1, 1]."""
    return (torch.tensor(PALETTE)[torch.tensor(maps)] / 127.5 - 1).permute(0, 3, 1, 2)


def row(pixel: Fraction, classes: Fraction, iou: Fraction) -> dict[str, object]:
    exact = {"pixel_accuracy": pixel, "class_accuracy": classes, "class_iou": iou}
    return {name: pytest.approx(float(value), abs=1e-12) for name, value in exact.items()}


# Two scenes of 1 x 4 pixels. Truth: 5 black, 2 red, 1 blue. Taken for:
#   black: 3 black, 1 red, 1 unused;  red: 1 red, 1 black;  blue: 1 blue
TARGETS = [[BLACK, BLACK, BLACK, RED]], [[BLACK, BLACK, RED, BLUE]]
PREDICTIONS = [[BLACK, BLACK, RED, RED]], [[BLACK, UNUSED, BLACK, BLUE]]
MODEL = row(
    Fraction(5, 8),
    (Fraction(3, 5) + Fraction(1, 2) + 1) / 3,
    (Fraction(3, 6) + Fraction(1, 3) + 1) / 3,  # the unused class is in no mean
)
# The most frequent at each pixel: black, black, a tie of black and red, a tie of red and blue;
# of equals the palette's first. Black: 5 of 6 chosen right; red: 1 of 2 right, 2 chosen.
LAYOUT = row(
    Fraction(6, 8),
    (Fraction(5, 5) + Fraction(1, 2) + 0) / 3,
    (Fraction(5, 6) + Fraction(1, 3) + 0) / 3,
)


def test_by_hand_one_at_a_time_and_in_a_batch():
    single, batch = PaletteScore(PALETTE), PaletteScore(PALETTE)
    for prediction, target in zip(PREDICTIONS, TARGETS, strict=True):
        single.update(drawn(prediction), drawn(target))
    batch.update(drawn(*PREDICTIONS), drawn(*TARGETS))
    assert single.compute() == batch.compute() == {"model": MODEL, "mean layout": LAYOUT}
    assert list(single.compute()) == ["model", "mean layout"]


def test_confusion_tables_are_torchmetrics_own():
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    rng = torch.Generator().manual_seed(0)
    predicted, truth = torch.randint(0, 5, (2, 3, 7, 9), generator=rng).to(torch.int16)
    wanted = [
        multiclass_confusion_matrix(*pair, num_classes=5)
        for pair in zip(predicted, truth, strict=True)
    ]
    tables = confusions(predicted, truth, classes=4)
    assert tables.dtype == torch.int32
    assert torch.equal(tables, torch.stack(wanted).int())


def test_copying_the_input_is_scored_as_the_model_would_be():
    score = PaletteScore(PALETTE)
    for prediction, target in zip(PREDICTIONS, TARGETS, strict=True):
        score.update(drawn(target), drawn(target), drawn(prediction))
    rows = score.compute()
    assert list(rows) == ["model", "copy the input", "mean layout"]
    assert rows["model"] == row(Fraction(1), Fraction(1), Fraction(1))
    assert rows["copy the input"] == MODEL


def test_the_nearest_colour_in_rgb():
    # distance to black and red is decided at 127.5 of red, to white far beyond
    image = torch.tensor([[[[127.0, 128.0]], [[40.0, 40.0]], [[0.0, 0.0]]]]) / 127.5 - 1
    score = PaletteScore(PALETTE)
    score.update(image, drawn([[BLACK, RED]]))
    assert score.compute()["model"]["pixel_accuracy"] == 1


def test_a_pixel_that_is_not_finite_is_wrong():
    spoilt = drawn([[BLACK, BLACK, RED]])
    spoilt[0, 1, 0, 0] = math.nan
    spoilt[0, 2, 0, 2] = math.inf
    score = PaletteScore(PALETTE)
    score.update(spoilt, drawn([[BLACK, BLACK, RED]]))
    expected = row(Fraction(1, 3), Fraction(1, 4), Fraction(1, 4))
    assert score.compute()["model"] == expected


def test_targets_of_two_sizes_have_no_mean_layout():
    score = PaletteScore(PALETTE)
    for size in ([[BLACK, RED]], [[BLACK], [RED]], [[BLACK, RED]]):
        score.update(drawn(size), drawn(size))
    assert list(score.compute()) == ["model"]


def test_half_precision_and_gradients():
    score = PaletteScore(PALETTE)
    score.update(drawn(*PREDICTIONS).to(torch.bfloat16).requires_grad_(), drawn(*TARGETS).double())
    assert score.compute()["model"] == MODEL


def test_streets_by_the_registry():
    """Held-out photos against their labels, at the size and number of the recipes."""
    from ganzoo.components.data.streets import Streets

    data = Streets()
    score = installed().registry.get("metric", "palette_score").load()()
    for index in range(data.test_count()):
        sample = {name: image[None] for name, image in data.test_sample(index).items()}
        score.update(sample["y"], sample["y"], sample["x"])
    rows = score.compute()
    assert rows["model"] == row(Fraction(1), Fraction(1), Fraction(1))
    copied, layout = rows["copy the input"], rows["mean layout"]
    assert list(copied.values()) == pytest.approx([0.301, 0.198, 0.163], abs=0.02)
    assert list(layout.values()) == pytest.approx([0.760, 0.458, 0.365], abs=0.01)


@pytest.mark.parametrize(
    ("palette", "message"),
    [
        ("street", "no palette 'street'"),
        ([[0, 0]], "three whole numbers"),
        ([[0, 0, 0], [0, 0, 256]], "three whole numbers"),
        ([[0, 0, 0]], "two or more"),
        ([[0, 0, 0], [1, 1, 1], [0, 0, 0]], "all different"),
    ],
)
def test_a_palette_that_is_none(palette: str | list[list[int]], message: str):
    with pytest.raises(ValueError, match=message):
        PaletteScore(palette)


def test_shapes_that_do_not_fit():
    score = PaletteScore(PALETTE)
    with pytest.raises(ValueError, match=r"\(1, 3, 1, 2\) against a target of \(1, 3, 1, 1\)"):
        score.update(drawn([[RED, RED]]), drawn([[RED]]))
    with pytest.raises(ValueError, match=r"needs \(N, 3, H, W\), not \(1, 1, 1, 1\)"):
        score.update(drawn([[RED]])[:, :1], drawn([[RED]])[:, :1])
    with pytest.raises(ValueError, match="nothing to score"):
        score.compute()
