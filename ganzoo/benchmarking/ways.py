"""The ways to compute a model that are measured, each an engine in a precision; names only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from ganzoo.errors import GanzooError, choices
from ganzoo.inference.engines.engine_choice import ENGINES, Engine

Name = TypeVar("Name", bound=str)
WayPrecision = Literal["float32", "bf16"]
PRECISIONS: tuple[WayPrecision, ...] = ("float32", "bf16")
LARGEST = 4096  # px
# What `--engines` stands for if it is left out; torch.compile takes up to a minute for each size.
USUAL: tuple[Engine, ...] = ("eager", "onnxruntime", "openvino")


@dataclass(frozen=True)
class Way:
    """A way to compute a model.

    engine: None for the model as it was loaded, without anything that makes it faster.
    """

    engine: Engine | None
    precision: WayPrecision

    @property
    def name(self) -> str:
        """What a table calls it, precision aside."""
        return "plain eager" if self.engine is None else self.engine


PLAIN = Way(None, "float32")


def list_ways(engines: Sequence[Engine], precisions: Sequence[WayPrecision]) -> list[Way]:
    """The ways to measure: plain eager first, as others are compared with it."""
    return [PLAIN, *(Way(engine, each) for each in precisions for engine in engines)]


def read_engines(text: str) -> list[Engine]:
    """`"eager,openvino"` as engines; "" stands for the usual ones.

    Raises:
        GanzooError: there is no such engine.
    """
    return _read(text, ENGINES, USUAL, "--engines", "engine")


def read_precisions(text: str) -> list[WayPrecision]:
    """`"float32,bf16"` as precisions; "" stands for both.

    Raises:
        GanzooError: there is no such precision.
    """
    return _read(text, PRECISIONS, PRECISIONS, "--precisions", "precision")


def _read(
    text: str, known: Sequence[Name], usual: Sequence[Name], option: str, kind: str
) -> list[Name]:
    asked = [word.strip() for word in text.split(",") if word.strip()]
    by_name = {str(name): name for name in known}
    for word in asked:
        if word not in by_name:
            raise GanzooError(f"{option}: there is no {kind} '{word}'.{choices(word, by_name)}")
    return [by_name[word] for word in dict.fromkeys(asked)] or [*usual]


def read_sizes(text: str) -> list[int]:
    """`"64,256"` as sides of square images, in pixels, ascending; "" stands for none.

    Raises:
        GanzooError: one is no side of an image.
    """
    sides = set()
    for word in text.split(","):
        if not word.strip():
            continue
        side = int(word) if word.strip().isdecimal() else 0
        if not 0 < side <= LARGEST:
            raise GanzooError(f"--sizes {text}: write sides in pixels, as 64,256, up to {LARGEST}")
        sides.add(side)
    return sorted(sides)
