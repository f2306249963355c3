"""Outputs that follow their inputs, and a planted inventor of content."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ganzoo.components.metrics.palette import PaletteScore
from ganzoo.components.metrics.psnr import Psnr
from ganzoo.evaluation.following import Swapped, share_interval
from ganzoo.evaluation.measuring import Evaluation
from ganzoo.evaluation.tradeoff import Aspect, Tradeoff, WinShare, say_shares
from ganzoo.interfaces import Metric


def scene(number: int) -> Tensor:
    rng = torch.Generator().manual_seed(number)
    return torch.rand(1, 3, 8, 8, generator=rng) * 2 - 1


def shown(metric: Metric, samples: list[tuple[Tensor, Tensor]]) -> WinShare | None:
    swapped = Swapped.of(metric, {"prediction": None})
    assert swapped
    for prediction, target in samples:
        values = {"prediction": prediction, "target": target}
        metric.update(**values)  # type: ignore[attr-defined]
        swapped.update(values)
    return swapped.share()


def test_by_hand() -> None:
    """Of three that can be compared, one fits its own target, one another's, and one both alike."""
    a, b, c, gray = scene(0), scene(1), scene(2), torch.zeros(1, 3, 8, 8)
    share = shown(Psnr(), [(a, a), (gray, b), (gray, c), (a, a)])
    # gray against a for b: gray is nearer than a; gray and gray; a against gray for a
    assert share
    assert (share.value, share.samples) == (pytest.approx((1 + 0.5 + 1) / 3), 3)
    wrong = shown(Psnr(), [(b, a), (c, b), (gray, c)])
    assert wrong
    assert (wrong.value, wrong.samples) == (0, 2)


def test_outputs_of_another_size_are_not_compared() -> None:
    small = torch.zeros(1, 3, 4, 4)
    share = shown(Psnr(), [(scene(0), scene(0)), (small, small), (scene(1), scene(1))])
    assert share is None
    share = shown(Psnr(), [(small, small), (scene(0), scene(0)), (scene(1), scene(1))])
    assert share
    assert (share.value, share.samples) == (1, 1)


def test_a_single_sample_has_no_other() -> None:
    for metric in (Psnr(), PaletteScore()):
        assert shown(metric, [(scene(0), scene(0))]) is None


def test_the_metric_itself_is_as_it_was() -> None:
    alone, beside = PaletteScore(), PaletteScore()
    pairs = [(scene(n), scene(n + 20)) for n in range(4)]
    for prediction, target in pairs:
        alone.update(prediction, target)
    assert shown(beside, pairs)
    assert beside.compute() == alone.compute()
    assert beside.find_main_score(beside.compute()["model"]) == "class_iou"


@pytest.mark.parametrize(("wins", "count"), [(0, 5), (5, 10), (9, 10), (101, 200)])
def test_the_interval_is_scipy_s(wins: int, count: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    theirs = stats.binomtest(wins, count).proportion_ci(method="wilson")
    ours = share_interval(wins / count, count)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-4)


def share(value: float, count: int) -> WinShare:
    return WinShare(value, *share_interval(value, count), count)


def test_few_samples_accuse_nobody() -> None:
    assert share(0.5, 200).is_unrelated
    assert share(0.52, 100).is_unrelated
    assert not share(0.5, 9).is_unrelated
    assert not share(0.0, 9).is_unrelated
    assert share(0.0, 10).is_unrelated
    assert not share(0.6, 200).is_unrelated
    assert not share(1.0, 200).is_unrelated


TRADEOFF = Tradeoff("x2y", Aspect("kid", "kid_a", False), Aspect("layout", "structure_a", False))


def said_of(kid: float, value: float) -> list[tuple[str, str]]:
    scores = {"kid": {"model": {"kid_a": kid}, "copy the input": {"kid_a": 0.2}}}
    return [*say_shares({"layout": share(value, 200)}, [TRADEOFF], scores)]


def test_what_is_said() -> None:
    [(metric, said)] = said_of(0.01, 0.505)
    assert metric == "layout"
    assert said == (
        "its outputs do not follow their inputs: only in 50 % [44, 57] of 200 samples does an "
        "output fit its own sample better than the output of another sample does (by chance: 50 "
        "%). That they look real (kid a 0.010; a copy of the input: 0.200) is invented content"
    )
    [(_, said)] = said_of(0.3, 0.5)
    assert said.endswith("(by chance: 50 %)")
    assert said_of(0.01, 0.9) == []


def test_what_is_stored_is_read_again_and_nothing_else() -> None:
    shares = {"layout": share(0.5, 200)}
    tables = Evaluation(tradeoffs=[TRADEOFF], shares=shares).tables()
    assert Tradeoff.read(tables["tradeoffs"]) == [TRADEOFF]
    assert WinShare.read(tables["shares"]["layout"]) == share(0.5, 200)
    broken: list[Any] = [None, 3, "text", [], {}, {"realism": {}}, {"value": "1"}, [None, {"a": 1}]]
    for other in broken:
        assert Tradeoff.read(other) == []
        assert WinShare.read(other) is None
    odd = {**tables["tradeoffs"][0], "realism": {"metric": 1, "score": "a", "higher_is_better": 1}}
    assert Tradeoff.read([odd]) == []
    assert Evaluation().tables().keys() == {"scores", "intervals", "observed"}
