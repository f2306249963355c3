"""`study.json`: which images a study shows, for how long, and which are real."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from ganzoo.errors import GanzooError
from ganzoo.files.untrusted import UntrustedError, inside, read_plain, read_text
from ganzoo.files.writing import write_text
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ganzoo_study.page_texts import Texts, complete, consent_digest, text_faults
from ganzoo_study.platforms import ORIGIN, is_link

STUDY, IMAGES, RESPONSES = "study.json", "images", "responses.sqlite"
Format = Literal["png", "jpeg"]
Side = Annotated[int, Field(ge=1, le=4096)]
Origin = Annotated[str, Field(pattern=ORIGIN)]
Share = Annotated[float, Field(gt=0, lt=1)]
MOST_PEOPLE = 1_000_000  # of a plan
ANSWER_MS = 1500  # that most answers take


class Frozen(BaseModel):
    """A table of known keys and exact types."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(Frozen):
    """An image of the study.

    file: its name in `images/`, which is random.
    origin: where it came from: a path in its folder, or the number of a test sample.
    """

    file: str = Field(pattern=r"^[0-9a-f]{32}\.(png|jpeg)$")
    origin: str


class StudyImages(Frozen):
    """The real images, or those of a method.

    source: the folder or model that they came from.
    """

    source: str
    images: list[Picture] = Field(min_length=1)


class Recruiting(Frozen):
    """The platform that sends participants.

    submit_to: the only origins to which the page sends the end of a participation.
    frames: the only origins whose pages may show the study in a frame.
    completion_url: where participants go at the end; `{code}` in it becomes their code.
    """

    platform: Literal["mturk", "mturk-sandbox", "prolific", "other"]
    submit_to: tuple[Origin, ...] = Field(default=(), max_length=20)
    frames: tuple[Origin, ...] = Field(default=(), max_length=20)
    completion_url: str = ""

    @field_validator("completion_url")
    @classmethod
    def _check_link(cls, url: str) -> str:
        if url and not is_link(url):
            raise ValueError("this is no address that begins with https://")
        return url


class PlannedDifference(Frozen):
    """A difference between two methods that a study is to find, fixed before anybody answers.

    between, rates, spread: the methods, and what is assumed of how often they pass for real.
    alpha, power: the error of both sides and all analyses, and how surely it is detected.
    analyses: how many participants of each method have finished at each analysis.
    """

    between: tuple[str, str]
    rates: tuple[Share, Share]
    spread: float = Field(ge=0, lt=0.5)
    alpha: float = Field(ge=0.0001, le=0.5)
    power: float = Field(ge=0.05, le=0.9999)
    analyses: tuple[int, ...] = Field(min_length=1, max_length=20)

    @field_validator("analyses")
    @classmethod
    def _check_analyses(cls, analyses: tuple[int, ...]) -> tuple[int, ...]:
        rise = all(a < b for a, b in pairwise(analyses))
        if analyses[0] < 2 or not rise or analyses[-1] > MOST_PEOPLE:
            raise ValueError(f"analyses must rise, from 2 to at most {MOST_PEOPLE}")
        return analyses


class Study(Frozen):
    """A study.

    id: part of the names of its cookies, so that studies do not share them.
    trials, practice: how many trials are scored, and how many come before, with feedback.
    exposure_ms, blank_ms: how long each image is shown, and the blank around it.
    size: of every image, (height, width).
    repeats: an image may be shown to a participant more than once.
    texts: what participants read; studies of before have none, and are shown in English.
    recruiting: None where participants are invited by their link alone.
    difference: None where nothing was planned.
    simulated: its participants are a program's.
    """

    version: Literal[1] = 1
    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    created: str
    ganzoo: str
    trials: int = Field(ge=1, le=1000)
    practice: int = Field(ge=0, le=1000)
    exposure_ms: float = Field(ge=20, le=60_000)
    blank_ms: float = Field(ge=0, le=60_000)
    size: tuple[Side, Side]
    format: Format
    repeats: bool
    real: StudyImages
    methods: dict[str, StudyImages] = Field(min_length=1)
    texts: dict[str, str] | None = None
    recruiting: Recruiting | None = None
    difference: PlannedDifference | None = None
    simulated: bool = False

    @model_validator(mode="after")
    def _check_difference(self) -> Study:
        between = self.difference.between if self.difference else ()
        if len({*between}) != len(between) or not {*between} <= {*self.methods}:
            raise ValueError("its planned difference must be between two of its methods")
        return self

    @field_validator("texts")
    @classmethod
    def _check_texts(cls, texts: dict[str, str] | None) -> dict[str, str] | None:
        faults = [*text_faults(texts or {})]
        if faults:
            raise ValueError(faults[0])
        return texts

    @property
    def shown_texts(self) -> Texts:
        """What participants read."""
        return complete(self.texts)

    @property
    def consent(self) -> str:
        """The hash of what participants agree to."""
        return consent_digest(self.shown_texts)

    @property
    def minutes(self) -> int:
        """About how long one participant takes."""
        trial = 2 * self.exposure_ms + 3 * self.blank_ms + ANSWER_MS
        return max(1, round(self.all_trials * trial / 60_000))

    @property
    def files(self) -> set[str]:
        """The names of all its images."""
        sources = [self.real, *self.methods.values()]
        return {picture.file for source in sources for picture in source.images}

    @property
    def all_trials(self) -> int:
        """How many trials a participant has, practice included."""
        return self.practice + self.trials


def read_study(folder: Path) -> Study:
    """The study of a folder.

    Raises:
        GanzooError: it is no study, or it is damaged.
    """
    try:
        text = read_text(folder / STUDY, within=folder)
    except (OSError, UntrustedError):
        raise GanzooError(
            f"{folder} is no study: it has no {STUDY} that can be read; "
            "make one with: ganzoo study create"
        ) from None
    try:
        return Study.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "all of it"
        raise GanzooError(f"{folder / STUDY} is damaged ({where}: {fault['msg']})") from None


def write_study(folder: Path, study: Study) -> None:
    """Write `study.json` of a folder.

    Raises:
        GanzooError: it cannot be written.
    """
    try:
        write_text(folder / STUDY, study.model_dump_json(indent=1) + "\n")
    except OSError as error:
        raise GanzooError(
            f"{folder / STUDY}: cannot be written ({error.strerror or error})"
        ) from error


def read_picture(folder: Path, study: Study, name: str) -> bytes:
    """The bytes of an image of a study. It must be listed, and must not be a link.

    Raises:
        UntrustedError: the study lists no such image, or the file is a link.
        OSError: it is missing, or cannot be read.
    """
    if name not in study.files:
        raise UntrustedError(f"{name}: the study has no such image")
    if inside(folder / IMAGES / name, folder) != inside(folder, folder) / IMAGES / name:
        raise UntrustedError(f"{folder / IMAGES / name}: this is a link")
    return read_plain(folder / IMAGES / name, within=folder)
