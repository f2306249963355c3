"""Finds the networks in a file: wrappers taken off, several told apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ganzoo.errors import ModelError
from ganzoo.importing.matching import ComparedGuess, matches
from ganzoo.interfaces.recogniser import Guess, Options, Shapes

DEEPEST = 16  # wrappers around a network
FEWEST = 4  # tensors of a network
MOST_TRIED = 512  # groups of tensors that are compared
SEPARATOR = re.compile(r"[./]")


@dataclass(frozen=True)
class StoredNetwork:
    """A network in a file.

    file: where. wrapper: what stands before its names there, as `state_dict.netG_A.`
    guess: what it is. places: what the file calls each of its tensors.
    """

    file: Path
    wrapper: str
    guess: Guess
    places: Mapping[str, str]

    @property
    def label(self) -> str:
        """Its file's name and its wrapper: `latest_net_G_A`, `last.state_dict.netG_A`."""
        return f"{self.file.stem}.{self.wrapper}".rstrip("./")


@dataclass
class Search:
    """A search in one file; `tried` counts groups of tensors, `nearest` is the best that failed."""

    file: Path
    options: Options
    networks: list[StoredNetwork] = field(default_factory=list)
    nearest: ComparedGuess | None = None
    nearest_wrapper: str = ""
    tried: int = 0

    def look(self, shapes: Shapes, wrapper: str = "", depth: int = 0) -> None:
        """Look for networks in tensors whose names come after `wrapper`."""
        self.tried += 1
        if len(shapes) < FEWEST or depth > DEEPEST or self.tried > MOST_TRIED:
            return
        for match in matches(shapes, self.options, self.file):
            if not match.odd:
                places = {name: f"{wrapper}{place}" for name, place in match.places.items()}
                self.networks.append(StoredNetwork(self.file, wrapper, match.guess, places))
                return
            if self.nearest is None or match.distance < self.nearest.distance:
                self.nearest, self.nearest_wrapper = match, wrapper
        for before, inside in _by_beginning(shapes).items():
            self.look(inside, f"{wrapper}{before}", depth + 1)


def find_networks(file: Path, shapes: Shapes, options: Options) -> list[StoredNetwork]:
    """The networks that a file holds whole.

    Raises:
        ModelError: there is none; it names the nearest settings and what disagrees.
    """
    search = Search(file, options)
    search.look(shapes)
    if search.networks:
        return search.networks
    if search.nearest is None:
        raise ModelError(f"{file}: {_unlike(shapes)}")
    inside = f" in {search.nearest_wrapper.rstrip('./')}" if search.nearest_wrapper else ""
    raise ModelError(f"{file}: no network that ganzoo knows{inside}: {search.nearest.explain()}")


def _by_beginning(shapes: Shapes) -> dict[str, dict[str, tuple[int, ...]]]:
    """Tensors in groups of equal first words, each without it."""
    groups: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, shape in shapes.items():
        if match := SEPARATOR.search(name):
            groups.setdefault(name[: match.end()], {})[name[match.end() :]] = shape
    return groups


def _unlike(shapes: Shapes) -> str:
    """That the names are nobody's, and which they are."""
    first = ", ".join(f"{name:.80} {shape}" for name, shape in [*shapes.items()][:3])
    return (
        f"its {len(shapes):,} tensors have names of no network that ganzoo knows ({first} ...); "
        "a plugin may bring a recogniser: ganzoo list components --kind recogniser"
    )
