"""The history of fakes, against sequences worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from ganzoo.components.buffers.history import History


def column(*values: float) -> Tensor:
    return torch.tensor(values).reshape(-1, 1)


class Scripted:
    """Chance decided in advance: coins (0.5 and more swaps) and places."""

    def __init__(self, coins: list[float], places: list[int]) -> None:
        self.coins, self.places = iter(coins), iter(places)

    def random(self) -> float:
        return next(self.coins)

    def integers(self, high: int) -> int:
        place = next(self.places)
        assert 0 <= place < high
        return place


def draw(history: History, rng: object, *values: float) -> list[float]:
    (drawn,) = history.draw((column(*values),), rng)
    return drawn.flatten().tolist()


def kept(history: History) -> list[float]:
    return history.state()["0"].flatten().tolist()


def test_fills_then_swaps_one_sample_at_a_time():
    history, rng = History(2), Scripted([0.1, 0.9, 0.1, 0.9, 0.9], [1, 1, 0])
    assert draw(history, rng, 1, 2, 3) == [1, 2, 3]  # two fill, the third passes
    assert kept(history) == [1, 2]
    assert draw(history, rng, 4) == [2]  # takes the place of 2
    assert kept(history) == [1, 4]
    # 5 passes, 6 takes 4's place, 7 takes 1's.
    assert draw(history, rng, 5, 6, 7) == [5, 4, 1]
    assert kept(history) == [7, 6]


def test_a_batch_may_take_what_it_has_just_stored():
    history = History(1)
    assert draw(history, Scripted([0.9], [0]), 1, 2) == [1, 1]
    assert kept(history) == [2]


def test_the_same_generator_gives_the_sequence_of_the_rule_written_out():
    history, rng, again = History(3), np.random.default_rng(7), np.random.default_rng(7)
    pool: list[float] = []
    for value in range(200):
        expected = float(value)
        if len(pool) < 3:
            pool.append(expected)
        elif again.random() >= 0.5:
            place = int(again.integers(3))
            expected, pool[place] = pool[place], expected
        assert draw(history, rng, value) == [expected]
    assert kept(history) == pool


def test_half_of_what_is_drawn_is_past():
    history, rng = History(50), np.random.default_rng(0)
    draw(history, rng, *[-1.0] * 50)
    drawn = [draw(history, rng, value)[0] for value in range(2000)]
    past = sum(value != i for i, value in enumerate(drawn))
    assert abs(past - 1000) < 4 * (2000 * 0.25) ** 0.5
    assert len(kept(history)) == 50
    # A stored sample leaves with probability 1/100 a step: it is 100 steps old on average.
    ages = [i - value for i, value in enumerate(drawn) if 0 <= value < i]
    assert 80 < np.mean(ages) < 120


def test_the_tensors_of_a_sample_stay_together():
    history, rng = History(4), np.random.default_rng(0)
    for step in range(40):
        x = torch.arange(3.0) + 3 * step
        images, labels = history.draw((x.reshape(3, 1, 1, 1), x.long()), rng)
        assert images.shape == (3, 1, 1, 1)
        assert labels.dtype == torch.int64
        assert torch.equal(images.flatten().long(), labels)


def test_samples_are_detached_copies():
    history = History(2)
    fake = torch.ones(1, 1, requires_grad=True)
    (drawn,) = history.draw((fake,), np.random.default_rng(0))
    assert not drawn.requires_grad
    with torch.no_grad():
        fake.fill_(5)
        drawn.fill_(6)
    assert kept(history) == [1]
    swapped = torch.ones(1, 1)
    full = History(1)
    draw(full, Scripted([], []), 0)
    full.draw((swapped,), Scripted([0.9], [0]))
    swapped.fill_(5)
    assert kept(full) == [1]


def test_a_restored_history_goes_on_as_if_uninterrupted():
    history, rng = History(5), np.random.default_rng(3)
    for step in range(8):
        history.draw((torch.full((2, 3, 2, 2), float(step)), torch.tensor([step, -step])), rng)
    twin = History(5)
    state = history.state()
    twin.restore(state)
    for tensor in state.values():
        tensor.fill_(99)  # neither may depend on what was handed over
    random_twin = np.random.default_rng(4)
    rng = np.random.default_rng(4)
    for step in range(8, 16):
        fakes = (torch.full((2, 3, 2, 2), float(step)), torch.tensor([step, -step]))
        one, two = history.draw(fakes, rng), twin.draw(fakes, random_twin)
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert all(torch.equal(value, twin.state()[key]) for key, value in history.state().items())


def test_an_empty_or_partly_filled_history_round_trips():
    history = History(3)
    assert history.state() == {}
    history.restore({})
    draw(history, np.random.default_rng(0), 1)
    twin = History(3)
    twin.restore(history.state())
    assert draw(twin, Scripted([], []), 2, 3) == [2, 3]
    assert kept(twin) == [1, 2, 3]


def test_a_smaller_history_forgets():
    history, smaller = History(3), History(2)
    draw(history, np.random.default_rng(0), 1, 2, 3)
    smaller.restore(history.state())
    assert kept(smaller) == [1, 2]


def test_wrong_sizes():
    with pytest.raises(ValueError, match="leave the buffer out instead"):
        History(0)
    history = History(2)
    history.draw((torch.zeros(1, 3, 4, 4),), np.random.default_rng(0))
    with pytest.raises(ValueError, match="images of one size"):
        history.draw((torch.zeros(1, 3, 4, 6),), np.random.default_rng(0))
