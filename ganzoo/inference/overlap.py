"""Reads ahead and writes behind in threads, while the caller computes.

Results, their order and their errors are those of one item after the other. Few items are in work
at a time, so that memory is bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Content = TypeVar("Content")
Result = TypeVar("Result")
Encoded = TypeVar("Encoded")
Written = TypeVar("Written")


def read_ahead(
    items: Iterable[Item], read: Callable[[Item], Content], threads: int = 1
) -> Generator[tuple[Item, Future[Content]], None, None]:
    """Yield each item with its content, in order, while threads read the next `threads` items.

    An error of `read` is raised by the future.
    """
    with _pool(threads) as pool:
        coming: deque[tuple[Item, Future[Content]]] = deque()
        for item in items:
            coming.append((item, pool.submit(read, item)))
            if len(coming) > threads:
                yield coming.popleft()
        while coming:
            yield coming.popleft()


def write_behind(
    results: Iterator[tuple[Item, Result]],
    encode: Callable[[Item, Result], Encoded],
    write: Callable[[Item, Encoded], Written],
    threads: int = 1,
) -> Generator[tuple[Item, Written], None, None]:
    """Yield each item with what `write` returned, in order, while the next results are computed.

    results: computes each item's result when it is asked for the next one.

    `encode` runs in as many threads, `write` in one, in order. After an error nothing is written:
    an error of `results` is raised when all before it is written, one of `encode` or `write` at the
    place of its item. What waits to be written when the caller stops is still written.
    """
    with _pool(threads) as encoders, _pool(1) as writer:
        in_order = _InOrder()
        waiting: deque[tuple[Item, Future[Written]]] = deque()
        while isinstance(step := _next(results), tuple):
            encoded = encoders.submit(encode, *step)
            waiting.append((step[0], writer.submit(in_order.write, write, step[0], encoded)))
            while waiting and (len(waiting) > threads or waiting[0][1].done()):
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
        if step is not None:
            raise step


class _InOrder:
    """Writes what is encoded, and nothing after an error."""

    def __init__(self) -> None:
        self.failed = False

    def write(
        self, write: Callable[[Item, Encoded], Written], item: Item, encoded: Future[Encoded]
    ) -> Written:
        if self.failed:
            raise CancelledError
        try:
            return write(item, encoded.result())
        except BaseException:
            self.failed = True
            raise


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads; the context ends when they have done what they were given."""
    pool = ThreadPoolExecutor(threads, "overlap")
    try:
        yield pool
    finally:
        pool.shutdown()


def _next(results: Iterator[tuple[Item, Result]]) -> tuple[Item, Result] | Exception | None:
    """What comes next, the error in its place, or None at the end."""
    try:
        return next(results)
    except StopIteration:
        return None
    except Exception as error:
        return error


def _result(pair: tuple[Item, Future[Written]]) -> tuple[Item, Written]:
    return pair[0], pair[1].result()
