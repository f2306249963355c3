"""Kernel inception distances of few images, against the formula written out."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from ganzoo.components.data.street_photo import street_labels, street_scene
from ganzoo.components.data.street_scene import PALETTE
from ganzoo.components.metrics.feature_extractor import FeatureExtractor
from ganzoo.components.metrics.quick_kid import QuickKid

MODEL, REAL, COPY = "model", "real, other half", "copy the input"


def images(count: int, seed: int, shift: float = 0.0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return (torch.rand(count, 3, 8, 8, generator=rng) * 1.2 - 0.6 + shift).clamp(-1, 1)


@pytest.fixture
def means(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backbone of 3 features, each channel's mean."""

    def opened(self: FeatureExtractor, device: torch.device) -> None:
        self.name, self.network = "means", lambda batch: batch.mean((2, 3))

    monkeypatch.setattr(FeatureExtractor, "open", opened)
    monkeypatch.setattr("ganzoo.components.metrics.feature_extractor._shared", {})


def kernel(f: np.ndarray, g: np.ndarray) -> float:
    return float((f @ g / 3 + 1) ** 3)


def mmd(one: np.ndarray, two: np.ndarray, matched: bool) -> float:
    """Unbiased, sum by sum; matched: without the pairs of one sample."""
    m, n = len(one), len(two)
    within = [kernel(one[i], one[j]) for i in range(m) for j in range(m) if i != j]
    beside = [kernel(two[i], two[j]) for i in range(n) for j in range(n) if i != j]
    across = [
        kernel(one[i], two[j]) for i in range(m) for j in range(n) if not (matched and i == j)
    ]
    return float(np.mean(within) + np.mean(beside) - 2 * np.mean(across))


def seen(pictures: Tensor) -> np.ndarray:
    return pictures.double().mean((2, 3)).numpy()


@pytest.mark.parametrize("real_count", [6, 9])
def test_the_formula(means: None, real_count: int) -> None:
    generated, real, source = images(6, 0, 0.2), images(real_count, 1), images(6, 2, -0.3)
    score = QuickKid()
    for index in range(real_count):
        one, two, three = (
            each[index : index + 1] if index < len(each) else None
            for each in (generated, real, source)
        )
        score.update(one, two, three)
    rows = score.compute()
    assert list(rows) == [MODEL, REAL, COPY]
    truth, matched = seen(real), real_count == 6
    expected = {
        MODEL: mmd(seen(generated), truth, matched),
        REAL: mmd(truth[::2], truth[1::2], False),
        COPY: mmd(seen(source), truth, matched),
    }
    for row, value in expected.items():
        assert rows[row]["kid_ganzoo_tiny"] == pytest.approx(value, rel=1e-4, abs=1e-7)
    assert rows[MODEL]["images"] == 6
    assert rows[MODEL]["real_images"] == real_count
    assert rows[MODEL]["resize_clean"] == 128


def test_distance_is_zero_for_a_copy_and_one_for_another_input(means: None) -> None:
    generated, real, source = images(5, 0), images(5, 1), images(5, 2)
    score = QuickKid()
    score.update(generated, real, source)
    rows = score.compute()
    one, two, three = seen(generated), seen(real), seen(source)
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    apart = np.mean([np.sum((three[i] - three[j]) ** 2) for i, j in pairs])
    own = np.mean([np.sum((one[i] - three[i]) ** 2) for i in range(5)]) / apart
    unrelated = np.mean([np.sum((y - x) ** 2) for y in two for x in three]) / apart
    assert rows[MODEL]["distance_ganzoo_tiny"] == pytest.approx(own, rel=1e-4)
    assert rows[REAL]["distance_ganzoo_tiny"] == pytest.approx(unrelated, rel=1e-4)
    assert rows[COPY]["distance_ganzoo_tiny"] == 0.0
    shifted = QuickKid()
    shifted.update(source.roll(1, 0), real, source)  # each output is another input
    assert shifted.compute()[MODEL]["distance_ganzoo_tiny"] > 0.5


def test_without_inputs_there_is_no_distance_and_no_copy(means: None) -> None:
    score = QuickKid()
    score.update(images(5, 0), images(7, 1))
    rows = score.compute()
    assert list(rows) == [MODEL, REAL]
    assert "distance_ganzoo_tiny" not in rows[MODEL]
    assert set(score.intervals()) == {MODEL, REAL}


def test_too_few_images_have_no_kid(means: None) -> None:
    score = QuickKid()
    score.update(images(3, 0), images(5, 1), images(3, 2))
    assert math.isnan(score.compute()[MODEL]["kid_ganzoo_tiny"])
    assert score.compute()[MODEL]["distance_ganzoo_tiny"] > 0


def test_intervals_hold_the_scores_and_leave_chance_alone(means: None) -> None:
    score = QuickKid()
    score.update(images(12, 0, 0.2), images(12, 1), images(12, 2))
    torch.manual_seed(3)
    np.random.seed(3)
    rows, ends = score.compute(), score.intervals()
    drawn = torch.rand(()), np.random.rand()
    torch.manual_seed(3)
    np.random.seed(3)
    assert drawn == (torch.rand(()), np.random.rand())
    for row, intervals in ends.items():
        for name, (low, high) in intervals.items():
            assert low <= rows[row][name] <= high
    assert ends == score.intervals()


def test_a_copy_that_is_better_is_told(means: None) -> None:
    near, far, real = images(12, 2), images(12, 0, 0.4), images(12, 1)
    worse, better, equal = QuickKid(), QuickKid(), QuickKid()
    for score, generated, source in (
        (worse, far, near),
        (better, near, far),
        (equal, near, near),
    ):
        score.update(generated, real, source)
        score.compute()
        score.intervals()
    assert better.findings() == []
    (told,) = worse.findings()
    assert told.startswith("worse than copying the input")
    assert f"{worse.compute()[COPY]['kid_ganzoo_tiny']:.3f}" in told
    assert equal.findings()[0].startswith("no better than copying the input")


def test_the_name_says_the_network() -> None:
    assert QuickKid().score_name("kid") == "kid_ganzoo_tiny"
    assert QuickKid("tf_efficientnet_lite0").score_name("kid") == "kid_efficientnet_lite0"
    assert QuickKid(weights="none").score_name("kid") == "kid_ganzoo_tiny_untrained"
    assert not QuickKid().higher_is_better("kid_ganzoo_tiny")
    assert not QuickKid().higher_is_better("distance_ganzoo_tiny")


def streets(first: int, count: int = 24, blur: float = 0, noise: float = 0) -> Tensor:
    rng, drawn = np.random.default_rng(0), []
    for seed in range(first, first + count):
        photo = Image.fromarray(street_scene(seed, 48, 48)[0])
        photo = photo.filter(ImageFilter.GaussianBlur(blur)) if blur else photo
        drawn.append(np.asarray(photo, float) + noise * rng.standard_normal((48, 48, 3)))
    return torch.from_numpy(np.stack(drawn)).float().permute(0, 3, 1, 2).clamp(0, 255) / 127.5 - 1


def tiny_kid(generated: Tensor, real: Tensor) -> float:
    score = QuickKid()
    score.update(generated, real)
    return score.compute()[MODEL]["kid_ganzoo_tiny"]


def test_the_tiny_backbone_orders_what_is_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without timm: it needs torch alone."""
    monkeypatch.setitem(sys.modules, "timm", None)
    real = streets(100)
    alike = tiny_kid(streets(0), real)
    blurred = [tiny_kid(streets(0, blur=sigma), real) for sigma in (0.7, 1.5, 3)]
    noisy = [tiny_kid(streets(0, noise=level), real) for level in (15, 40, 90)]
    red = streets(0)
    red[:, 0] = (red[:, 0] + 0.5).clamp(-1, 1)
    labels = np.stack([PALETTE[street_labels(seed, 48, 48)] for seed in range(24)])
    other = torch.from_numpy(labels).float().permute(0, 3, 1, 2) / 127.5 - 1
    assert alike < blurred[0] < blurred[1] < blurred[2]
    assert alike < noisy[0] < noisy[1] < noisy[2]
    assert alike < tiny_kid(red, real)
    assert max(blurred[0], noisy[0]) < tiny_kid(other, real)
