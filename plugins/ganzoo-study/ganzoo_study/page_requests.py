"""The requests of the page; anything else is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ganzoo_study.records import Answer

Milliseconds = Annotated[float, Field(ge=0, le=1e8, allow_inf_nan=False)]


class Message(BaseModel):
    """A JSON object with known keys and exact types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Start(Message):
    """Begin, or go on.

    consent: the hash of the text that the participant agreed to.
    """

    consent: str = Field(pattern=r"^[0-9a-f]{64}$")


class Show(Message):
    """Show the next trial."""


class GivenAnswer(Message):
    """The answer to a trial.

    trial: its number, from 0.
    choice: which image the participant takes for the fake, 1 or 2.
    exposures, frame: milliseconds that the images and a frame lasted, as the page measured them;
        null where the trial was answered without another showing.
    """

    trial: int = Field(ge=0, le=10_000)
    choice: int = Field(ge=1, le=2)
    exposures: tuple[Milliseconds, Milliseconds] | None
    frame: Milliseconds | None
    response: Milliseconds

    def answer(self) -> Answer:
        """The answer as it is stored."""
        return Answer(self.choice, self.exposures or (None, None), self.frame, self.response)
