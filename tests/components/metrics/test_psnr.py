"""Peak signal-to-noise ratios against errors worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ganzoo.components.metrics.psnr import Psnr
from ganzoo.registry.discovery import installed

ROWS = ["model", "copy the input", "the target of another sample", "mean colour"]


def flat(*levels: float, channels: int = 3, size: tuple[int, int] = (4, 6)) -> Tensor:
    """Images (N, channels, *size) of one level each."""
    return torch.tensor(levels)[:, None, None, None].expand(-1, channels, *size).clone()


def figures(score: Psnr) -> dict[str, float]:
    return {row: values["psnr"] for row, values in score.compute().items()}


def test_by_hand() -> None:
    """An error of 0.2 everywhere: 10 log10(2² / 0.2²) = 20 dB; of 0.02, 40 dB."""
    score = Psnr()
    score.update(flat(0.7, -0.52), flat(0.5, -0.5), flat(-0.5, -0.5))
    found = figures(score)
    assert list(found) == ROWS
    # the mean of the images' ratios; the ratio of the mean error would be 22.97 dB
    assert found["model"] == pytest.approx(30, abs=1e-4)
    # an error of 1 is 10 log10 4 = 6.02 dB; an exact image counts as 100
    assert found["copy the input"] == pytest.approx((10 * math.log10(4) + 100) / 2, abs=1e-4)
    assert found["the target of another sample"] == pytest.approx(10 * math.log10(4), abs=1e-4)
    # the mean colour is 0, off by 0.5: 10 log10 16 = 12.04 dB
    assert found["mean colour"] == pytest.approx(10 * math.log10(16), abs=1e-4)


def test_over_all_pixels_and_channels_at_once() -> None:
    """One of 72 values is off by 0.6: a mean squared error of 0.36 / 72 = 0.005, or 29.03 dB."""
    target, prediction = flat(0.1), flat(0.1)
    prediction[0, 1, 2, 3] = 0.7
    score = Psnr()
    score.update(prediction, target)
    assert figures(score)["model"] == pytest.approx(10 * math.log10(800), abs=1e-4)


def test_a_second_way() -> None:
    rng = np.random.default_rng(0)
    predictions, targets = rng.uniform(-1, 1, (2, 5, 3, 8, 9))
    score = Psnr()
    for first, last in ((0, 2), (2, 3), (3, 5)):  # batches do not matter
        part = [torch.from_numpy(images[first:last]) for images in (predictions, targets)]
        score.update(part[0], part[1])
    colour = targets.mean((0, 2, 3))[None, :, None, None]

    def expected(one: np.ndarray, two: np.ndarray) -> float:
        return float(
            np.mean([20 * np.log10(2 / np.sqrt(e)) for e in ((one - two) ** 2).mean((1, 2, 3))])
        )

    assert figures(score) == pytest.approx(
        {
            "model": expected(predictions, targets),
            "the target of another sample": expected(targets[:-1], targets[1:]),
            "mean colour": expected(np.broadcast_to(colour, targets.shape), targets),
        },
        abs=1e-4,
    )


def test_values_beyond_the_range_are_clamped() -> None:
    score = Psnr()
    score.update(flat(1.7, -math.inf), flat(0.8, -0.8))
    assert figures(score)["model"] == pytest.approx(20, abs=1e-4)


def test_what_is_no_number_is_off_by_the_whole_range() -> None:
    score = Psnr()
    score.update(flat(math.nan), flat(0.8))
    assert figures(score)["model"] == pytest.approx(0, abs=1e-4)
    half = flat(0.8)
    half[:, :, :2] = math.nan
    score = Psnr()
    score.update(half, flat(0.8))
    assert figures(score)["model"] == pytest.approx(10 * math.log10(2), abs=1e-4)


def test_exact_images_count_as_a_hundred() -> None:
    score = Psnr()
    score.update(flat(0.3, 0.3), flat(0.3, 0.3))
    assert figures(score) == {row: 100 for row in ROWS if row != "copy the input"}


def test_half_precision_and_gradients() -> None:
    score = Psnr()
    score.update(flat(0.75).to(torch.bfloat16).requires_grad_(), flat(0.5).double())
    assert figures(score)["model"] == pytest.approx(20 * math.log10(8), abs=1e-4)
    assert not score.previous.requires_grad  # type: ignore[union-attr]


def test_rows_that_cannot_be_compared_are_left_out() -> None:
    single = Psnr()
    single.update(flat(0.5), flat(0.5), flat(0.1, channels=1))
    assert list(figures(single)) == ["model", "mean colour"]
    sizes = Psnr()
    for size in ((4, 4), (4, 6), (6, 4)):
        sizes.update(flat(0.5, size=size), flat(0.7, size=size))
    assert list(figures(sizes)) == ["model", "mean colour"]
    channels = Psnr()
    for count in (1, 3, 3):
        channels.update(flat(0.5, channels=count), flat(0.7, channels=count))
    assert list(figures(channels)) == ["model", "the target of another sample"]


def test_shapes_that_do_not_fit() -> None:
    score = Psnr()
    with pytest.raises(ValueError, match=r"\(1, 3, 4, 6\) against a target of \(2, 3, 4, 6\)"):
        score.update(flat(0.5), flat(0.5, 0.5))
    with pytest.raises(ValueError, match=r"needs images .* or volumes .*, not \(3, 4, 6\)"):
        score.update(flat(0.5)[0], flat(0.5)[0])
    with pytest.raises(ValueError, match="nothing to score"):
        score.compute()


def test_by_the_registry() -> None:
    metric = installed().registry.get("metric", "psnr").load()
    assert metric is Psnr
    assert metric.needs_pairs


def test_volumes() -> None:
    """An error of 0.2 in one slice of four: a mean squared error of 0.01, or 26.02 dB."""
    target = torch.zeros(2, 1, 4, 5, 6)
    prediction = target.clone()
    prediction[:, :, 1] = 0.2
    score = Psnr()
    score.update(prediction, target)
    assert figures(score)["model"] == pytest.approx(10 * math.log10(4 / 0.01), abs=1e-4)
