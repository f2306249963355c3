"""Intervals against scipy's bootstrap, theory, and how often they hold what they should."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from ganzoo.components.metrics.classes import (
    class_scores,
    scores_by_sample,
    total_intervals,
    total_scores,
)
from ganzoo.components.metrics.distribution import SubsetScores
from ganzoo.components.metrics.fid import Fid, frechet_distance
from ganzoo.components.metrics.intervals import (
    bootstrap,
    bootstrap_mean,
    bootstrap_networks,
    delete_half,
)
from ganzoo.components.metrics.kid import Kid


def test_the_mean_s_interval_is_scipy_s() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(3).gamma(2.0, 1.0, 60)
    [(low, high)] = bootstrap_mean("a", values.tolist()).values()
    wanted = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    # Monte-Carlo error of a 2.5 percentile of 1000 draws: 0.09 of a standard error.
    error = values.std() / math.sqrt(len(values))
    assert low == pytest.approx(wanted.low, abs=0.3 * error)
    assert high == pytest.approx(wanted.high, abs=0.3 * error)


def test_the_mean_s_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        [(low, high)] = bootstrap_mean("a", rng.normal(1.0, 2.0, 50).tolist()).values()
        held += low <= 1.0 <= high
    assert 0.90 <= held / 200 <= 0.98


def test_the_same_values_have_the_same_interval() -> None:
    values = torch.rand(20).tolist()
    torch.manual_seed(1)
    first = bootstrap_mean("a", values)
    torch.manual_seed(2)
    assert bootstrap_mean("a", values) == first


def test_what_is_no_number_does_not_count() -> None:
    assert bootstrap_mean("a", [1.0, math.nan, 2.0]) == bootstrap_mean("a", [1.0, 2.0])
    assert bootstrap_mean("a", [1.0]) == {}
    assert bootstrap_mean("a", []) == {}


def by_mean(means: Tensor) -> Mapping[str, Tensor]:
    return {"mean": means}


def test_networks_that_agree_have_the_interval_of_the_samples_alone() -> None:
    samples = torch.from_numpy(np.random.default_rng(1).gamma(2.0, 1.0, 40))
    wanted = bootstrap(samples, by_mean)["mean"]
    for networks in (1, 2, 5):
        alike = samples[:, None].expand(-1, networks)
        assert bootstrap_networks(alike, by_mean)["mean"] == pytest.approx(wanted)


def test_samples_that_are_alike_have_the_interval_of_the_networks_alone() -> None:
    # The mean of four draws of 0, 0, 0, 1 is k / 4 with k binomial (4, 1/4): none in 32 % of the
    # draws, at most 2 in 94.9 %, at most 3 in 99.6 %.
    values = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(20, 4)
    assert bootstrap_networks(values, by_mean)["mean"] == pytest.approx((0, 0.75))


def test_samples_and_networks_add_their_variances() -> None:
    rng = np.random.default_rng(2)
    samples, networks = rng.normal(0, 1, 100), rng.normal(0, 0.8, 30)
    values = torch.from_numpy(samples[:, None] + networks)
    low, high = bootstrap_networks(values, by_mean)["mean"]
    error = math.sqrt(samples.var() / 100 + networks.var() / 30)
    # Monte-Carlo error of a 2.5 percentile of 1000 draws: 0.09 of a standard error.
    assert low == pytest.approx(float(values.mean()) - 1.96 * error, abs=0.3 * error)
    assert high == pytest.approx(float(values.mean()) + 1.96 * error, abs=0.3 * error)


def test_chunks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.rand(30, 2, dtype=torch.float64)

    def figures(means: Tensor) -> dict[str, Tensor]:
        return {"ratio": means[:, 0] / means[:, 1]}

    whole = bootstrap(values, figures)
    monkeypatch.setattr("ganzoo.components.metrics.intervals.CHUNK", 30 * 7)
    assert bootstrap(values, figures)["ratio"] == pytest.approx(whole["ratio"], rel=0.05)


TABLES = torch.tensor(
    [
        # class 0, class 1, not finite: truths down, predictions across
        [[3, 1, 0], [0, 4, 0], [0, 0, 0]],
        [[8, 0, 0], [0, 0, 0], [0, 0, 0]],
        [[0, 2, 0], [1, 4, 1], [0, 0, 0]],
    ],
    dtype=torch.int32,
)


def test_rates_by_hand() -> None:
    """Sums: 11 3 0 / 1 8 1: accuracies 11/14 and 8/10; IoU 11/15 and 8/13."""
    assert total_scores({"model": TABLES})["model"] == {
        "pixel_accuracy": pytest.approx(19 / 24),
        "class_accuracy": pytest.approx((11 / 14 + 8 / 10) / 2),
        "class_iou": pytest.approx((11 / 15 + 8 / 13) / 2),
    }
    cases = scores_by_sample(TABLES)
    assert cases["pixel_accuracy"] == pytest.approx([7 / 8, 1.0, 4 / 8])
    assert cases["class_accuracy"] == pytest.approx([(3 / 4 + 1) / 2, 1.0, (0 + 4 / 6) / 2])
    assert cases["class_iou"] == pytest.approx([(3 / 4 + 4 / 5) / 2, 1.0, (0 + 4 / 8) / 2])


def test_rates_are_drawn_by_samples() -> None:
    """All 27 draws of three samples, counted one by one."""
    intervals = total_intervals({"model": TABLES})["model"]
    for name, (low, high) in intervals.items():
        every = sorted(
            float(class_scores(TABLES[[i, j, k]].sum(0))[name])
            for i in range(3)
            for j in range(3)
            for k in range(3)
        )
        # 1/27 of the draws are three times the worst sample, and as many the best.
        assert low == pytest.approx(every[0])
        assert high == pytest.approx(every[-1])


@pytest.mark.parametrize("count", [200, 201, 3000])
def test_halves_spread_as_the_whole_does_around_the_truth(count: int) -> None:
    values = torch.from_numpy(np.random.default_rng(count).normal(5.0, 1.0, count))
    mean = {"a": float(values.mean())}
    [(low, high)] = delete_half(lambda n: {"a": float(values[n].mean())}, count, mean).values()
    wanted = 2 * 1.96 * float(values.std()) / math.sqrt(count)
    assert high - low == pytest.approx(wanted, rel=0.12)
    assert (low + high) / 2 == pytest.approx(mean["a"], abs=0.1 * wanted)


def test_a_level_that_depends_on_the_count_is_no_error() -> None:
    """A figure that is larger of fewer samples is not said to be larger than it is."""
    values = torch.rand(100, dtype=torch.float64)

    def biased(numbers: Tensor) -> dict[str, float]:
        return {"a": float(values[numbers].mean()) + 10 / len(numbers)}

    whole = biased(torch.arange(100))
    [(low, high)] = delete_half(biased, 100, whole).values()
    assert low < whole["a"] < high
    assert high - low < 0.2


def test_too_few_samples_have_none() -> None:
    assert delete_half(lambda n: {"a": 1.0}, 3, {"a": 1.0}) == {}
    assert delete_half(lambda n: {"a": math.nan}, 30, {"a": 1.0}) == {}
    assert delete_half(lambda n: {"a": 1.0}, 30, {"a": math.nan}) == {}


def crowds(rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
    generated, real = rng.normal(0.5, 1, (count, 3)), rng.normal(0, 1.3, (count, 3))
    return torch.from_numpy(generated), torch.from_numpy(real)


@pytest.mark.parametrize("metric", [Fid(), Kid(subset_size=40, subsets=1)])
def test_distances_hold_their_level_as_often_as_they_say(metric: Fid | Kid) -> None:
    """What 60 samples give on average; a bootstrap with replacement would be beside it."""
    rng, held, runs, count = np.random.default_rng(7), 0, 30, 60
    name = metric.score_name(metric.name)

    def figure(sides: tuple[Tensor, Tensor]) -> float:
        return metric.subset_scores("model", *sides)(torch.arange(count), torch.arange(count))[name]

    level = np.mean([figure(crowds(rng, count)) for _ in range(150)])
    for _ in range(runs):
        sides = crowds(rng, count)
        part = metric.subset_scores("model", *sides)

        def of(chosen: Tensor, part: SubsetScores = part) -> Mapping[str, float]:
            return part(chosen, chosen)

        [(low, high)] = delete_half(of, count, {name: figure(sides)}, 100).values()
        held += low <= level <= high
    assert held / runs >= 0.87


@pytest.mark.case("A2")
@pytest.mark.parametrize("counts", [(40, 9), (201, 60), (3000, 40)])
def test_crowds_of_different_sizes_spread_as_both_do(counts: tuple[int, int]) -> None:
    """The error of a difference of means: the root of s²/m + t²/n. Halves of odd ones are wider."""
    rng = np.random.default_rng(1)
    one, two = (
        torch.from_numpy(rng.normal(5.0, s, n)) for s, n in zip((2, 1), counts, strict=True)
    )

    def apart(first: Tensor, second: Tensor) -> dict[str, float]:
        return {"a": float(one[first].mean() - two[second].mean())}

    whole = {"a": float(one.mean() - two.mean())}
    [(low, high)] = delete_half(apart, counts, whole).values()
    wanted = 2 * 1.96 * math.sqrt(one.var() / counts[0] + two.var() / counts[1])
    assert 0.9 * wanted < high - low < 1.25 * wanted
    assert low < whole["a"] < high


def test_with_replacement_a_distance_is_too_large() -> None:
    """Why they are not bootstrapped."""
    rng = np.random.default_rng(1)
    generated, real = crowds(rng, 40)
    whole = frechet_distance(generated, real)
    drawn = []
    for _ in range(200):
        chosen = torch.from_numpy(rng.integers(0, 40, 40))
        drawn.append(frechet_distance(generated[chosen], real[chosen]))
    assert np.mean(drawn) > 1.1 * whole
