"""Ways take turns, and medians are those of the clock."""

from __future__ import annotations

from ganzoo.benchmarking.turns import WayLeftOut, ratios, spread, take_turns, time_images


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += seconds


def test_an_image_takes_its_share_of_the_time():
    clock, calls = FakeClock(), []

    def run():
        calls.append(None)
        clock.move(0.5)

    assert time_images(run, 4, clock) == 0.5
    assert len(calls) == 4


def test_ways_take_turns_in_an_order_that_is_reversed():
    order, rests = [], []

    def turn(name, seconds):
        return lambda: (order.append(name), seconds)[1]

    turns = {"a": turn("a", 2.0), "b": turn("b", 1.0)}
    taken = take_turns(turns, 3, 60, FakeClock(), rests.append)
    assert "".join(order) == "abbaab"
    assert taken == {"a": [2.0, 2.0, 2.0], "b": [1.0, 1.0, 1.0]}
    assert len(rests) == 6


def test_no_repeat_begins_after_the_limit_but_there_are_two():
    clock = FakeClock()

    def turn():
        clock.move(10)
        return 10.0

    assert len(take_turns({"a": turn}, 9, 1, clock, lambda _: None)["a"]) == 2
    assert len(take_turns({"a": turn}, 9, 35, clock, lambda _: None)["a"]) == 4


def test_a_way_that_fails_is_left_out_and_others_go_on():
    times = iter([1.0])

    def failing():
        for value in times:
            return value
        raise WayLeftOut

    taken = take_turns({"a": failing, "b": lambda: 3.0}, 3, 60, FakeClock(), lambda _: None)
    assert taken == {"b": [3.0, 3.0, 3.0]}


def test_medians_and_ratios():
    assert spread([3.0, 1.0, 9.0]).median == 3.0
    assert spread([4.0, 1.0]) == spread([1.0, 4.0])
    assert (spread([4.0, 1.0]).median, spread([4.0, 1.0]).low) == (2.5, 1.0)
    assert ratios([4.0, 6.0], [2.0, 2.0]) == [2.0, 3.0]
