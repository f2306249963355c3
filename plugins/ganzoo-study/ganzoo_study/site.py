"""The study as a web application: the state of a participant, tickets for images, answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TypeVar

from ganzoo.errors import GanzooError
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ganzoo_study.page_requests import GivenAnswer, Message, Show, Start
from ganzoo_study.participants import AlreadyFinished
from ganzoo_study.plan import plan_trials
from ganzoo_study.platforms import (
    PLATFORMS,
    completion_link,
    is_preview,
    read_arrival,
    submission,
)
from ganzoo_study.site_pages import page_routes, read_sentences
from ganzoo_study.store import Refused, Store
from ganzoo_study.study_file import Study, read_picture

LARGEST_MESSAGE = 4096
MONTH = 30 * 24 * 3600
KEY_HEADER = "x-ganzoo-key"

M = TypeVar("M", bound=Message)
State = dict[str, object]


class Site:
    """Answers requests. Images are known by tickets, issued to one participant for one showing."""

    def __init__(self, folder: Path, study: Study, store: Store) -> None:
        self.folder, self.study, self.store = folder, study, store
        self.cookie = f"ganzoo_{study.id}"
        self.random = SystemRandom()
        self.consent = study.consent
        self.platform = PLATFORMS[study.recruiting.platform] if study.recruiting else None

    def application(self) -> Starlette:
        """The routes; any other path is not found."""
        calls = [
            Route("/favicon.ico", _nothing),
            Route("/api/texts", self.texts),
            Route("/api/state", self.state),
            Route("/api/start", self.start, methods=["POST"]),
            Route("/api/trial", self.trial, methods=["POST"]),
            Route("/api/answer", self.answer, methods=["POST"]),
            Route("/image/{ticket}", self.image),
        ]
        odd = dict.fromkeys((OSError, ValueError, GanzooError), _damaged)
        return Starlette(routes=[*page_routes(self.study), *calls], exception_handlers=odd)

    async def texts(self, request: Request) -> Response:
        """What participants read, and the hash of what they agree to."""
        return JSONResponse({"consent": self.consent, **read_sentences(self.study)})

    async def state(self, request: Request) -> Response:
        """The state of this participant; changes nothing."""
        person = await self._person(request)
        if person is None:
            return JSONResponse(self._state(await self._standing(request), 0))
        return JSONResponse(await self._progress(request, person))

    async def start(self, request: Request) -> Response:
        """Begin the study; a participant who has begun goes on. Nothing is stored before."""
        given = await _message(request, Start)
        if await self._person(request) is not None:
            return await self.state(request)
        if given.consent != self.consent:
            raise HTTPException(409, "this is not the text to agree to")
        standing = await self._standing(request)
        if standing != "new":
            return JSONResponse(self._state(standing, 0))
        return await self._join(request)

    async def _join(self, request: Request) -> Response:
        study = self.study
        plan = partial(plan_trials, study, random=self.random)
        arrival = read_arrival(self.platform, request.query_params) if self.platform else None
        try:
            key = await _aside(
                lambda: self.store.join([*study.methods], plan, self.consent, arrival)
            )
        except AlreadyFinished:
            return JSONResponse(self._state("already", 0))
        person = await _aside(lambda: self.store.participant(key))
        assert person is not None
        state = await self._progress(request, person)
        if self.platform:  # in a frame, where browsers keep no cookies
            return JSONResponse({**state, "key": key})
        response = JSONResponse(state)
        response.set_cookie(self.cookie, key, MONTH, httponly=True, samesite="lax")
        return response

    async def trial(self, request: Request) -> Response:
        """Show the next trial: tickets for its images."""
        await _message(request, Show)
        person = await self._known(request)
        shown = await _aside(lambda: self.store.show(person))
        if shown is None:
            return JSONResponse({**await self._progress(request, person), "images": None})
        number, tickets = shown
        return JSONResponse({**self._state("", number), "images": tickets})

    async def answer(self, request: Request) -> Response:
        """Store an answer; in a practice trial the reply says whether it was right."""
        given = await _message(request, GivenAnswer)
        person = await self._known(request)
        try:
            practice, right = await _aside(
                lambda: self.store.answer(person, given.trial, given.answer())
            )
        except Refused:
            raise HTTPException(409, "this trial was not shown") from None
        state = await self._progress(request, person)
        return JSONResponse({**state, "right": right if practice else None})

    async def image(self, request: Request) -> Response:
        """The image behind a ticket; all images have the same number of bytes."""
        person, ticket = await self._known(request), request.path_params["ticket"]
        file = await _aside(lambda: self.store.image(person, ticket))
        if file is None:
            raise HTTPException(404)
        content = await _aside(lambda: read_picture(self.folder, self.study, file))
        return Response(content, media_type=f"image/{self.study.format}")

    async def _person(self, request: Request) -> int | None:
        cookie = request.cookies.get(self.cookie, "")
        key = request.headers.get(KEY_HEADER, "") if self.platform else cookie
        return await _aside(lambda: self.store.participant(key)) if key else None

    async def _standing(self, request: Request) -> str:
        """What somebody is who does not participate: the phase that the page is told."""
        if self.platform is None:
            return "new"
        if is_preview(self.platform, request.query_params):
            return "preview"
        arrival = read_arrival(self.platform, request.query_params)
        if arrival is None:
            return "stranger"
        return "already" if await _aside(lambda: self.store.has_finished(arrival)) else "new"

    async def _progress(self, request: Request, person: int) -> State:
        """The state of a participant; after the last trial, with what a platform asks for."""
        number = await _aside(lambda: self.store.next_trial(person))
        state = self._state("", number)
        if number is not None:
            return state
        code, recruiting = await _aside(lambda: self.store.code(person)), self.study.recruiting
        if not (code and recruiting and self.platform):
            return {**state, "code": None}
        form = submission(self.platform, recruiting.submit_to, request.query_params, code)
        link = completion_link(recruiting.completion_url, code)
        return {**state, "code": code, "submit": form, "link": link}

    async def _known(self, request: Request) -> int:
        person = await self._person(request)
        if person is None:
            raise HTTPException(403, "take part first")
        return person

    def _state(self, standing: str, number: int | None) -> State:
        """What the page is told. It is equal for all methods and orders, so it betrays nothing.

        standing: what somebody is who does not participate; empty for participants.
        """
        study = self.study
        practice = number is not None and number < study.practice
        phase = "end" if number is None else "practice" if practice else "scored"
        done = study.all_trials if number is None else number
        return {
            "phase": standing or phase,
            "trial": number,
            "done": done if practice else done - study.practice,
            "practice": study.practice,
            "trials": study.trials,
            "exposure": study.exposure_ms,
            "blank": study.blank_ms,
            "height": study.size[0],
            "width": study.size[1],
        }


T = TypeVar("T")


async def _aside(work: Callable[[], T]) -> T:
    """Do disk work in a thread, so that other requests go on."""
    return await run_in_threadpool(work)


async def _message(request: Request, kind: type[M]) -> M:
    """The JSON of a request.

    Its content type makes browsers ask before another site's page may send it, which is refused.
    """
    if request.headers.get("content-type") != "application/json":
        raise HTTPException(415)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_MESSAGE:
            raise HTTPException(413)
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        raise HTTPException(400, "this is no answer") from None


def _damaged(request: Request, error: Exception) -> Response:
    """Faults of a study that may be a stranger's: missing files, nonsense in the database."""
    return PlainTextResponse("this study is damaged\n", 500)


def _nothing(request: Request) -> Response:
    return Response(status_code=204)
