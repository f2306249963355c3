"""An answer as it is given, and as the report sees it."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """What a participant said, and what the page measured, in milliseconds.

    choice: which image was said to be fake, 1 or 2.
    exposures: how long each image was seen; None where neither was, after SHOWINGS.
    frame: between two of the display's frames; response: from the question to the answer.
    """

    choice: int
    exposures: tuple[float | None, float | None]
    frame: float | None
    response: float


class Response(NamedTuple):
    """An answered trial as the report sees it; times in milliseconds."""

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
