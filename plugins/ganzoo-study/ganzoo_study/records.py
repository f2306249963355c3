"""An answer as the page sends it, and a response as the report reads it."""

from __future__ import annotations

import math
import re
from typing import NamedTuple, TypeVar


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


class Participation(NamedTuple):
    """A participant as the report reads it.

    finished: when; None if not yet.
    consent: the hash of the text that they agreed to; given: when they did.
    code: the completion code of one whom a platform sent.
    """

    participant: int
    method: str
    started: str
    finished: str | None
    consent: str | None
    given: str | None
    code: str | None


R = TypeVar("R", Response, Participation)
OPTIONAL = ("consent", "given", "code")
HASH = re.compile("[0-9a-f]{64}")


def checked(record: R) -> R:
    """A record whose values all have their types: SQLite stores any value in any column.

    Raises:
        ValueError: one is not.
    """
    kind = "an answer" if isinstance(record, Response) else "a participant"
    for name, value in record._asdict().items():
        if not _fits(name, value, kind):
            raise ValueError(f"{kind}'s {name} cannot be {value!r:.40}")
    return record


def _fits(name: str, value: object, kind: str) -> bool:
    if name == "consent" and value is not None:
        return isinstance(value, str) and HASH.fullmatch(value) is not None
    if name in OPTIONAL or (name == "finished" and kind == "a participant"):
        return value is None or isinstance(value, str)
    if name in ("method", "real", "fake", "answered", "started"):
        return isinstance(value, str)
    if name in ("fake_place", "choice"):
        return value in (1, 2)
    if name.endswith("_ms"):
        missing = value is None and name != "response_ms"
        return missing or (isinstance(value, (int, float)) and math.isfinite(value))
    return isinstance(value, int) and value >= 0
