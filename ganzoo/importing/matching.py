"""Guesses compared with a file: every name and shape agrees, or the guess is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganzoo.builder.bounds import bounded_by_file
from ganzoo.builder.likely import UNTOLD, misfits, shapes_of
from ganzoo.components.networks.backbones import weights_follow
from ganzoo.errors import ModelError, reason
from ganzoo.interfaces.recogniser import Guess, Options, Recogniser, Shapes
from ganzoo.registry.components import UnknownComponent
from ganzoo.registry.discovery import installed
from ganzoo.registry.signature import as_written

NAMED = 3  # tensors that a refusal names


@dataclass(frozen=True)
class ComparedGuess:
    """A guess, and how its names and shapes differ from the file's.

    own: the shapes of the guessed network; there: the file's, by the same names.
    places: what the file calls each tensor.
    """

    guess: Guess
    own: Shapes
    there: Shapes
    places: Mapping[str, str]

    @property
    def odd(self) -> set[str]:
        """The names that only one of them has, or both with different shapes."""
        return misfits(self.own, self.there)

    @property
    def distance(self) -> float:
        """The share of tensors that differ, 0 if none does."""
        return len(self.odd) / max(1, len({**self.own, **self.there}))

    def explain(self) -> str:
        """`nearest is resnet with blocks = 9, but model.19.weight is (3, 3) and not (9, 3)`."""
        odd = self.odd
        settings = ", ".join(f"{k} = {as_written(v)}" for k, v in self.guess.settings.items())
        differences = [self._differs(n) for n in {**self.there, **self.own} if n in odd]
        more = f"; {len(odd) - NAMED} more differ" if len(odd) > NAMED else ""
        whole = len({**self.own, **self.there})
        first = "; ".join(differences[:NAMED])
        return (
            f"nearest is {self.guess.component} with {settings}, but {first}{more} "
            f"({whole - len(odd)} of {whole} tensors fit)"
        )

    def _differs(self, name: str) -> str:
        place = self.places.get(name, name)
        if name not in self.there:
            return f"{place} {self.own[name]} is missing"
        if name not in self.own:
            return f"{place} {self.there[name]} is not part of it"
        return f"{place} is {self.there[name]} and not {self.own[name]}"


def matches(shapes: Shapes, options: Options, file: Path) -> Iterator[ComparedGuess]:
    """Every guess of every recogniser, compared with the shapes of one network."""
    for recogniser in _recognisers():
        for guess in _guesses(recogniser, shapes, options):
            match = _compare(guess, shapes, file)
            if match is not None:
                yield match


def _recognisers() -> tuple[Recogniser, ...]:
    """The installed recognisers, the core's first."""
    components = [c for c in installed().registry if c.kind == "recogniser"]
    return tuple(component.load()() for component in components)


def _guesses(recogniser: Recogniser, shapes: Shapes, options: Options) -> list[Guess]:
    """What a recogniser makes of shapes; a plugin's may fail at odd ones."""
    try:
        return [*recogniser.recognise(shapes, options)][:16]
    except Exception as error:
        if type(recogniser).__module__.startswith("ganzoo."):
            raise
        raise ModelError(f"{type(recogniser).__name__} fails: {reason(error)}") from error


def _compare(guess: Guess, shapes: Shapes, file: Path) -> ComparedGuess | None:
    """Build the guessed network without memory; None where its settings are refused."""
    own = _own_shapes(guess, len(shapes), file)
    needed = [name for name in shapes if name not in guess.unneeded]
    places = {guess.names.get(name, name): name for name in needed}
    if own is None or len(places) < len(needed):
        return None
    counted = {name: shapes[place] for name, place in places.items()}
    there = {name: shape for name, shape in counted.items() if not name.endswith(UNTOLD)}
    return ComparedGuess(guess, own, there, places)


def _own_shapes(guess: Guess, tensors: int, file: Path) -> Shapes | None:
    try:
        network: Any = installed().registry.get(guess.kind, guess.component).load()
        with torch.device("meta"), weights_follow(), bounded_by_file(tensors, file):
            return shapes_of(network(**guess.settings).state_dict())
    except (UnknownComponent, ModelError, ValueError, TypeError, RuntimeError, OverflowError):
        return None
