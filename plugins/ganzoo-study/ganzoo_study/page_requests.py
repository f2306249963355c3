"""What the page sends, checked strictly; anything else is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ganzoo_study.records import Answer

Milliseconds = Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)]


class Message(BaseModel):
    """A JSON object of known keys and exact types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Start(Message):
    """The wish to take part."""


class Show(Message):
    """The wish to see the next trial."""


class GivenAnswer(Message):
    """An answer.

    trial: its number, from 0. choice: which image was said to be fake.
    exposures, frame: as measured; null where no image was shown any more.
    """

    trial: int = Field(ge=0, le=10_000)
    choice: int = Field(ge=1, le=2)
    exposures: tuple[Milliseconds, Milliseconds] | None
    frame: Milliseconds | None
    response: Milliseconds

    def answer(self) -> Answer:
        """For the store."""
        return Answer(self.choice, self.exposures or (None, None), self.frame, self.response)
