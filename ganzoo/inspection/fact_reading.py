"""All images of a folder read once, in threads."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ganzoo.errors import DataError
from ganzoo.inspection.folder_subsets import Contents, Subset
from ganzoo.inspection.glance import Glance
from ganzoo.inspection.image_facts import ImageFacts, read_facts

# Decoding is the work, and a thread more than there are processors waits for the disk.
THREADS = min(8, (os.cpu_count() or 1) + 1)

File: TypeAlias = tuple[Path, bool]
"""An image file, and whether it holds two images side by side."""
Tick = Callable[[int, int, str], None]
"""Takes how many are done, of how many, and what is being done."""


@dataclass(frozen=True)
class Entry:
    """An image, or one of two side by side, in its subset. domain: x, y, a class, or ""."""

    subset: Subset
    facts: ImageFacts
    glance: Glance
    domain: str


@dataclass(frozen=True)
class Gallery:
    """A folder's contents and the facts of its images.

    facts: of each subset's readable images, in order. wrong: the errors of the others.
    """

    contents: Contents
    facts: dict[str, list[ImageFacts]]
    wrong: dict[Path, DataError]

    @property
    def folder(self) -> Path:
        """The folder that is checked."""
        return self.contents.folder

    def everything(self) -> list[tuple[Subset, ImageFacts]]:
        """All readable images with their subsets."""
        return [
            (subset, each) for subset in self.contents.subsets for each in self.facts[subset.name]
        ]

    def entries(self, domain: str | None = None, held_out: bool | None = None) -> list[Entry]:
        """The images of a domain, held out or not; of all, where it is None."""
        return [
            Entry(subset, facts, glance, shows)
            for subset, facts in self.everything()
            for shows, glance in zip(subset.domains, facts.glances, strict=False)
            if domain in (None, shows) and held_out in (None, subset.held_out)
        ]


def read_all(contents: Contents, tick: Tick) -> Gallery:
    """Read the images of all subsets."""
    files = [(path, subset.halves) for subset in contents.subsets for path in subset.images]
    facts: dict[Path, ImageFacts] = {}
    wrong: dict[Path, DataError] = {}
    for done, (path, result) in enumerate(_read_in_threads(files), 1):
        if isinstance(result, DataError):
            wrong[path] = result
        else:
            facts[path] = result
        tick(done, len(files), "reading images")
    by_subset = {p.name: [facts[f] for f in p.images if f in facts] for p in contents.subsets}
    return Gallery(contents, by_subset, wrong)


def _read_in_threads(files: list[File]) -> Iterator[tuple[Path, ImageFacts | DataError]]:
    pool = ThreadPoolExecutor(THREADS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, which name no file
            yield from pool.map(_read, files)
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C the files that wait are not read


def _read(file: File) -> tuple[Path, ImageFacts | DataError]:
    path, halves = file
    try:
        return path, read_facts(path, halves)
    except DataError as error:
        return path, error
