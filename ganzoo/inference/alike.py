"""Images of one size are computed together where that is faster: on an accelerator."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from ganzoo.components.data.transforms import Size
from ganzoo.inference.light_images import are_independent
from ganzoo.inference.model import Model, OutputWire

Item = TypeVar("Item")
Content = TypeVar("Content")

# At most so many images and pixels at once.
IMAGES, PIXELS = 8, 2**20
# Threads that read and that encode beside an accelerator, which is faster than one of them.
THREADS = 4


def images_together(model: Model, output: OutputWire, size: Size) -> int:
    """How many images of a size (height, width) are computed together.

    One on a CPU, where more are not faster, and one if an image's result depends on others or is
    drawn at random, as all would follow one seed.
    """
    if model.device.type == "cpu" or not are_independent(model, output):
        return 1
    return max(1, min(IMAGES, PIXELS // math.prod(size)))


def threads_beside(model: Model, lanes: int = 1) -> int:
    """How many threads read files, and how many encode them, while the networks compute.

    lanes: how many images are computed at a time on a CPU.
    """
    return lanes if model.device.type == "cpu" else min(THREADS, os.cpu_count() or 1)


def group_alike(
    read: Iterable[tuple[Item, Future[Content]]],
    kind: Callable[[Content], tuple[object, int]],
) -> Iterator[list[tuple[Item, Content]]]:
    """Group neighbours of one kind.

    kind: the kind of an item, and how many of it form a group at most.

    An error in reading is raised after the group of what was read before it.
    """
    group: list[tuple[Item, Content]] = []
    last: object = None
    for item, future in read:
        if group and (future.exception() or kind(future.result())[0] != last):
            yield group
            group = []
        content = future.result()
        last, most = kind(content)
        group.append((item, content))
        if len(group) >= most:
            yield group
            group = []
    if group:
        yield group
