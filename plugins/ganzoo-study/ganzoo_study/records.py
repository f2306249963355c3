"""An answer as the page sends it, and a response as the report reads it."""

from __future__ import annotations

import math
from typing import NamedTuple


class Answer(NamedTuple):
    """A participant's answer, and the times that the page measured, in milliseconds.

    choice: which image was said to be fake, 1 or 2.
    exposures: how long each image was seen; None where neither was, after SHOWINGS.
    frame: between two of the display's frames; response: from the question to the answer.
    """

    choice: int
    exposures: tuple[float | None, float | None]
    frame: float | None
    response: float


class Response(NamedTuple):
    """An answered trial as the report reads it; times in milliseconds."""

    participant: int
    method: str
    finished: int
    number: int
    practice: int
    real: str
    fake: str
    fake_place: int
    choice: int
    showings: int
    first_ms: float | None
    second_ms: float | None
    frame_ms: float | None
    response_ms: float
    answered: str

    @property
    def fooled(self) -> bool:
        """The generated image was taken for real."""
        return self.choice != self.fake_place


def checked(response: Response) -> Response:
    """A response whose values all have their types: SQLite stores any value in any column.

    Raises:
        ValueError: one is not.
    """
    for name, value in response._asdict().items():
        if not _fits(name, value):
            raise ValueError(f"an answer's {name} cannot be {value!r:.40}")
    return response


def _fits(name: str, value: object) -> bool:
    if name in ("method", "real", "fake", "answered"):
        return isinstance(value, str)
    if name in ("fake_place", "choice"):
        return value in (1, 2)
    if name.endswith("_ms"):
        missing = value is None and name != "response_ms"
        return missing or (isinstance(value, (int, float)) and math.isfinite(value))
    return isinstance(value, int) and value >= 0
