"""Reading ahead and writing behind: the same results, order and errors as one after the other."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from ganzoo.inference.overlap import read_ahead, write_behind

PATIENCE = 30  # seconds until a thread that waits for another gives up; never needed


def results(count, fails_at=None):
    for item in range(count):
        if item == fails_at:
            raise ValueError(f"no result of {item}")
        yield item, 10 * item


def test_contents_come_in_order_whichever_thread_is_first():
    last_is_read = threading.Event()

    def read(item):
        if item == 2:
            last_is_read.set()
        elif item == 0:
            assert last_is_read.wait(PATIENCE)
        return -item

    assert [(i, f.result()) for i, f in read_ahead(range(3), read, 2)] == [(0, 0), (1, -1), (2, -2)]


def test_the_next_item_is_read_while_the_caller_computes_and_no_more():
    begun, second = [], threading.Event()

    def read(item):
        begun.append(item)
        if item == 1:
            second.set()

    with closing(read_ahead(range(9), read)) as contents:
        next(contents)
        assert second.wait(PATIENCE)
    assert begun == [0, 1]


def test_an_error_in_reading_stays_in_its_place():
    def read(item):
        if item == 1:
            raise OSError("broken")
        return item

    contents = list(read_ahead(range(3), read))
    assert [contents[0][1].result(), contents[2][1].result()] == [0, 2]
    with pytest.raises(OSError, match="broken"):
        contents[1][1].result()


def test_an_item_is_written_while_the_next_one_is_computed():
    computing = threading.Event()

    def computed():
        yield 0, 0
        computing.set()
        yield 1, 10

    def write(item, encoded):
        assert item or computing.wait(PATIENCE)
        return encoded

    assert list(write_behind(computed(), lambda item, result: result + 1, write)) == [
        (0, 1),
        (1, 11),
    ]


def test_what_is_encoded_sooner_is_not_written_sooner():
    later, written = threading.Event(), []

    def encode(item, result):
        if item == 0:
            assert later.wait(PATIENCE)
        else:
            later.set()
        return result

    assert [i for i, _ in write_behind(results(4), encode, lambda i, _: written.append(i), 2)] == [
        *range(4)
    ]
    assert written == [*range(4)]


def test_few_results_wait_to_be_written():
    """A result is asked for only when all but one of those before it are written."""
    written = []

    def computed():
        for item in range(9):
            assert len(written) >= item - 2
            yield item, item

    list(write_behind(computed(), lambda _, result: result, lambda item, _: written.append(item)))


@pytest.mark.parametrize("place", range(4))
def test_an_error_in_computing_comes_after_all_before_it_is_written(place):
    written, seen = [], []
    pairs = write_behind(results(5, place), lambda _, r: r, lambda item, _: written.append(item))
    with pytest.raises(ValueError, match=f"no result of {place}"):
        seen.extend(item for item, _ in pairs)
    assert written == [*range(place)]


@pytest.mark.parametrize("stage", ["encode", "write"])
@pytest.mark.parametrize("threads", [1, 3])
def test_after_an_error_nothing_is_written(stage, threads):
    written = []

    def encode(item, result):
        if (stage, item) == ("encode", 2):
            raise OSError("disk full")
        return result

    def write(item, _):
        if (stage, item) == ("write", 2):
            raise OSError("disk full")
        written.append(item)

    seen = []
    pairs = write_behind(results(9), encode, write, threads)
    with pytest.raises(OSError, match="disk full"):
        seen.extend(item for item, _ in pairs)
    assert seen == written == [0, 1]


def test_what_waits_is_written_when_the_caller_stops():
    written, second = [], threading.Event()

    def computed():
        yield 0, 0
        second.set()
        yield 1, 1
        yield 2, 2
        raise AssertionError("nobody asks for more")

    def write(item, _):
        assert second.wait(PATIENCE)
        written.append(item)

    with closing(write_behind(computed(), lambda _, result: result, write)) as pairs:
        next(pairs)
    assert written[0] == 0
    assert written == [*range(len(written))]


def test_an_interrupt_leaves_at_once_and_what_waits_is_written():
    written = []

    def computed():
        yield 0, 0
        raise KeyboardInterrupt

    pairs = write_behind(computed(), lambda _, result: result, lambda item, _: written.append(item))
    with pytest.raises(KeyboardInterrupt):
        list(pairs)
    assert written == [0]
