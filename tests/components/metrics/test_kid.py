"""Kernel inception distances against the formula written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganzoo.components.metrics.kid import Kid
from ganzoo.components.networks import backbones
from ganzoo.registry.discovery import installed

SIZE = 32


class Shrink(nn.Module):
    """A backbone of 12 features: each channel's mean in four quarters."""

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)


@pytest.fixture
def shrink(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """In place of timm's networks; what was asked for is noted."""
    asked: list[tuple[object, ...]] = []

    def load(name: str, weights: str, **options: object) -> nn.Module:
        asked.append((name, weights, options))
        return Shrink()

    def statistics(network: nn.Module) -> tuple[Tensor, Tensor]:
        return torch.full((1, 3, 1, 1), 0.25), torch.full((1, 3, 1, 1), 0.5)

    monkeypatch.setattr(backbones, "load_backbone", load)
    monkeypatch.setattr(backbones, "input_statistics", statistics)
    return asked


def images(count: int, seed: int, shift: float = 0.0, channels: int = 3) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, channels, 4, 4, generator=rng) * 1.6 - 0.8 + shift
    return coarse.clamp(-1, 1).repeat_interleave(8, 2).repeat_interleave(8, 3)


def features(pictures: Tensor) -> np.ndarray:
    """What `Shrink` sees in pictures that are of the right size already."""
    quarters = pictures.double().unflatten(2, (2, 16)).unflatten(4, (2, 16)).mean((3, 5))
    return ((quarters - 0.25) / 0.5).flatten(1).numpy()


def squared_mmd(one: np.ndarray, two: np.ndarray) -> float:
    """The unbiased estimate, eq. 4 of Binkowski et al. 2018, sum by sum."""

    def kernel(f: np.ndarray, g: np.ndarray) -> float:
        return float((f @ g / len(f) + 1) ** 3)

    m, n = len(one), len(two)
    within = sum(kernel(one[i], one[j]) for i in range(m) for j in range(m) if i != j)
    beside = sum(kernel(two[i], two[j]) for i in range(n) for j in range(n) if i != j)
    across = sum(kernel(f, g) for f in one for g in two)
    return within / (m * (m - 1)) + beside / (n * (n - 1)) - 2 * across / (m * n)


def subsets_of(found: np.ndarray, real: np.ndarray, size: int, subsets: int) -> list[float]:
    """The estimate of each subset, drawn as torchmetrics draws them."""
    rng, drawn = torch.Generator().manual_seed(0), []
    for _ in range(subsets):
        one, two = (torch.randperm(len(s), generator=rng)[:size].numpy() for s in (real, found))
        drawn.append(squared_mmd(real[one], found[two]))
    return drawn


def kid(**settings: int) -> Kid:
    return Kid(**{"size": SIZE, "subset_size": 100, "subsets": 3, **settings})  # type: ignore[arg-type]


def test_the_formula_between_halves_of_different_scenes(shrink: list[tuple[object, ...]]) -> None:
    generated, real, source = images(8, 0), images(8, 1, 0.1), images(8, 2, -0.4)
    score = kid()
    for one, two, three in zip(generated, real, source, strict=True):
        score.update(one[None], two[None], three[None])
    rows = score.compute()
    assert list(rows) == ["model", "real, other half", "copy the input"]
    truth = features(real)
    for row, pictures in zip(rows, (generated, real, source), strict=True):
        seen = features(pictures)
        halves = (seen[::2], truth[1::2]), (seen[1::2], truth[::2])
        drawn = np.array([subsets_of(*half, 2, 3) for half in halves])
        assert rows[row] == {
            "kid_efficientnet_lite0": pytest.approx(drawn.mean(), rel=1e-4),
            "std": pytest.approx(drawn.std(1).mean(), rel=1e-4),
            "images": 8,
            "real_images": 8,
            "subset_size": 2,
            "resize_clean": SIZE,
        }
    assert shrink == [("tf_efficientnet_lite0", "wheel", {"num_classes": 0})]


def test_batches_do_not_matter(shrink: object) -> None:
    generated, real = images(9, 0), images(9, 1)
    single, batch = kid(subset_size=3), kid(subset_size=3)
    for one, two in zip(generated, real, strict=True):
        single.update(one[None], two[None])
    batch.update(generated, real)
    assert list(single.compute()) == ["model", "real, other half"]
    for row, values in single.compute().items():
        assert values == pytest.approx(batch.compute()[row], abs=1e-6)


def test_chance_is_its_own(shrink: object) -> None:
    found = []
    for seed in (1, 2):
        score = kid(subset_size=3)
        score.update(images(12, 0), images(12, 1))
        torch.manual_seed(seed)
        found.append(score.compute())
        after = torch.rand(())
        torch.manual_seed(seed)
        assert torch.equal(after, torch.rand(()))
    assert found[0] == found[1]
    assert found[0]["model"]["std"] > 0


def test_exact_pictures_are_as_near_as_real_ones(shrink: object) -> None:
    """Were they compared with the truth of their own scenes, they would come below."""
    score = kid(subset_size=5)
    score.update(images(20, 0), images(20, 0))
    rows = score.compute()
    assert rows["model"] == rows["real, other half"]
    assert abs(rows["model"]["kid_efficientnet_lite0"]) < 0.2


def test_farther_crowds_are_farther(shrink: object) -> None:
    found = []
    for shift in (0.0, 0.3, 0.6):
        score = kid(subset_size=10)
        score.update(images(40, 0, shift), images(40, 1))
        found.append(score.compute()["model"]["kid_efficientnet_lite0"])
    assert found == sorted(found)
    assert found[2] > 10 * abs(found[0])


def test_images_are_resized_and_grey_ones_are_grey(shrink: object) -> None:
    """Of one level each, images look the same at any size."""
    level = torch.linspace(-0.8, 0.8, 6)[:, None, None, None]
    small, large = kid(), kid()
    small.update(level.expand(-1, 1, 8, 12), level.expand(-1, 3, 32, 32))
    large.update(level.expand(-1, 3, 64, 64), level.expand(-1, 1, 50, 40))
    assert small.compute()["model"] == pytest.approx(large.compute()["model"], abs=1e-5)


def test_what_is_not_finite_does_not_spread(shrink: object) -> None:
    spoilt = images(8, 0)
    spoilt[3, 0, 5, 5] = math.nan
    score = kid()
    score.update(spoilt.to(torch.bfloat16).requires_grad_(), images(8, 1))
    assert math.isfinite(score.compute()["model"]["kid_efficientnet_lite0"])


@pytest.mark.parametrize("count", [1, 3])
def test_too_few_images_give_no_number(shrink: object, count: int) -> None:
    score = kid()
    score.update(images(count, 0), images(count, 1))
    row = score.compute()["model"]
    assert math.isnan(row["kid_efficientnet_lite0"])
    assert row["images"] == row["real_images"] == count
    assert "std" not in row


@pytest.mark.case("A4")
@pytest.mark.parametrize("count", range(4, 101, 8))
def test_a_spread_of_few_images_is_one_or_none(shrink: object, count: int) -> None:
    """It was 0.000 up to 100 images: each subset was the whole half."""
    score = kid(subset_size=50, subsets=20)
    score.update(images(count, 0), images(count, 1))
    for row in score.compute().values():
        if count == 4:
            assert "std" not in row
        else:
            assert row["std"] > 1e-3
            assert row["subset_size"] <= count // 4 or row["subset_size"] == 2


@pytest.mark.case("A4")
def test_the_spread_is_about_the_error_of_the_figure(shrink: object) -> None:
    """Of halves, the spread of random halves is that of the whole (Shao and Wu 1989)."""
    found, spreads = [], []
    for seed in range(60):
        score = kid(subset_size=50, subsets=30)
        score.update(images(24, 2 * seed), images(30, 2 * seed + 1, 0.3))
        row = score.compute()["model"]
        found.append(row["kid_efficientnet_lite0"])
        spreads.append(row["std"])
    assert 0.7 < np.mean(spreads) / np.std(found) < 1.6


@pytest.mark.case("A2")
@pytest.mark.filterwarnings("ignore:Metric `Kernel")
def test_different_numbers_are_torchmetrics_own(shrink: object) -> None:
    """All with all: 40 and 9 images cannot be pairs."""
    from torchmetrics.image.kid import KernelInceptionDistance

    generated, real = images(40, 0), images(9, 1, 0.2)
    score = kid(subset_size=50, subsets=25)
    for index, image in enumerate(generated):
        score.update(image[None], real[index][None] if index < 9 else None)
    rows = score.compute()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = KernelInceptionDistance(nn.Identity(), subsets=25, subset_size=4)
        theirs.update(torch.from_numpy(features(real)), real=True)
        theirs.update(torch.from_numpy(features(generated)), real=False)
        mean, std = theirs.compute()
    assert rows["model"] == {
        "kid_efficientnet_lite0": pytest.approx(float(mean), rel=1e-4),
        "std": pytest.approx(float(std), rel=1e-4),
        "images": 40,
        "real_images": 9,
        "subset_size": 4,
        "resize_clean": SIZE,
    }
    assert {r: rows["real, other half"][r] for r in ("images", "real_images")} == {
        **{"images": 9, "real_images": 9}
    }
    low, high = score.intervals()["model"]["kid_efficientnet_lite0"]
    assert low < rows["model"]["kid_efficientnet_lite0"] < high


def test_the_figure_is_named_after_its_backbone() -> None:
    assert Kid().score == "kid_efficientnet_lite0"
    assert Kid("vgg16", "hub").score == "kid_vgg16"
    assert Kid("vgg16", "none").score == "kid_vgg16_untrained"


def test_refusals(shrink: object) -> None:
    for setting, lowest in (("size", 32), ("subset_size", 2), ("subsets", 1)):
        with pytest.raises(ValueError, match=f"{setting} must be at least {lowest}, not 0"):
            kid(**{setting: 0})
    with pytest.raises(ValueError, match=r"not \(1, 2, 32, 32\)"):
        kid().update(images(1, 0, channels=2), images(1, 1))
    with pytest.raises(ValueError, match="nothing to score"):
        kid().compute()


def test_by_the_registry() -> None:
    metric = installed().registry.get("metric", "kid").load()
    assert metric is Kid
    assert not metric.needs_pairs


def test_on_streets_with_the_weights_of_the_wheel() -> None:
    """Photos are nearer to photos than label maps are, by far."""
    pytest.importorskip("timm")
    from ganzoo.components.data.streets import Streets

    data, score = Streets(), Kid(size=96, subset_size=6)
    for index in range(12):
        sample = {name: image[None] for name, image in data.test_sample(index).items()}
        score.update(data.paired_sample(index)["x"][None], sample["x"], sample["y"])
    rows = {row: values["kid_efficientnet_lite0"] for row, values in score.compute().items()}
    assert abs(rows["model"]) < rows["copy the input"] / 5
    assert abs(rows["real, other half"]) < rows["copy the input"] / 5


def test_an_untrained_backbone_is_always_the_same() -> None:
    pytest.importorskip("timm")
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        score = Kid("resnet10t", "none", size=SIZE, subset_size=2, subsets=2)
        score.update(images(4, 0), images(4, 1))
        found.append(score.compute())
    assert found[0] == found[1]
