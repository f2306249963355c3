"""How metrics move, in words."""

from __future__ import annotations

from ganzoo.interfaces import Scores
from ganzoo.training.trends import Trends


def scores(value: float, copying: float | None = 0.038, better: bool = False) -> Scores:
    rows = {"model": {"kid": value, "images": 16}}
    rows |= {} if copying is None else {"copy the input": {"kid": copying}}
    return Scores({"kid_x2y": rows}, {"kid_x2y": {"kid": better, "images": True}})


def test_first_and_latest_beside_copying() -> None:
    trends = Trends()
    (one,) = trends.add(scores(0.105))
    assert str(one) == "kid_x2y 0.105, worse than copying the input 0.038"
    trends.add(scores(0.2))
    (one,) = trends.add(scores(0.021))
    assert str(one) == "kid_x2y 0.105 -> 0.021, better than copying the input 0.038"
    assert one.draw() == "▄█▁"


def test_of_scores_that_should_be_high() -> None:
    (one,) = Trends().add(scores(0.1, better=True))
    assert "better than copying" in str(one)
    (one,) = Trends().add(scores(0.038, better=True))
    assert "no better than copying" in str(one)


def test_without_copying_and_of_one_value() -> None:
    (one,) = Trends().add(scores(float("nan"), copying=None))
    assert str(one) == "kid_x2y nan"
    assert one.draw() == ""


def test_bars_of_equal_values_are_level() -> None:
    trends = Trends([scores(0.1), scores(0.1)])
    assert len(set(trends.by_metric["kid_x2y"].draw())) == 1
