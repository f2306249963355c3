"""The study as a web application: a page, its state, tickets for images, answers."""

from __future__ import annotations

from collections.abc import Callable
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
from ganzoo_study.plan import plan_trials
from ganzoo_study.store import Refused, Store
from ganzoo_study.study_file import Study, read_picture

PAGES = Path(__file__).with_name("pages")
FILES = {"/": "index.html", "/study.css": "study.css", "/study.js": "study.js"}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
LARGEST_MESSAGE = 4096
MONTH = 30 * 24 * 3600

M = TypeVar("M", bound=Message)
State = dict[str, object]


class Site:
    """Answers requests. Images are known by tickets, issued to one participant for one showing."""

    def __init__(self, folder: Path, study: Study, store: Store) -> None:
        self.folder, self.study, self.store = folder, study, store
        self.cookie = f"ganzoo_{study.id}"
        self.random = SystemRandom()

    def application(self) -> Starlette:
        """The routes; any other path is not found."""
        pages = [Route(path, _page(name)) for path, name in FILES.items()]
        calls = [
            Route("/favicon.ico", _nothing),
            Route("/api/state", self.state),
            Route("/api/start", self.start, methods=["POST"]),
            Route("/api/trial", self.trial, methods=["POST"]),
            Route("/api/answer", self.answer, methods=["POST"]),
            Route("/image/{ticket}", self.image),
        ]
        odd = dict.fromkeys((OSError, ValueError, GanzooError), _damaged)
        return Starlette(routes=[*pages, *calls], exception_handlers=odd)

    async def state(self, request: Request) -> Response:
        """The state of this participant; changes nothing."""
        person = await self._person(request)
        number = 0 if person is None else await _aside(lambda: self.store.next_trial(person))
        return JSONResponse(self._state(person is not None, number))

    async def start(self, request: Request) -> Response:
        """Begin the study; a participant who has begun goes on."""
        await _message(request, Start)
        person = await self._person(request)
        if person is not None:
            return await self.state(request)
        methods, study = list(self.study.methods), self.study
        key = await _aside(
            lambda: self.store.join(methods, lambda m: plan_trials(study, m, self.random))
        )
        response = JSONResponse(self._state(True, 0))
        response.set_cookie(self.cookie, key, MONTH, httponly=True, samesite="lax")
        return response

    async def trial(self, request: Request) -> Response:
        """Show the next trial: tickets for its images."""
        await _message(request, Show)
        person = await self._known(request)
        shown = await _aside(lambda: self.store.show(person))
        number, tickets = shown or (None, None)
        return JSONResponse({**self._state(True, number), "images": tickets})

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
        number = await _aside(lambda: self.store.next_trial(person))
        return JSONResponse({**self._state(True, number), "right": right if practice else None})

    async def image(self, request: Request) -> Response:
        """The image behind a ticket; all images have the same number of bytes."""
        person, ticket = await self._known(request), request.path_params["ticket"]
        file = await _aside(lambda: self.store.image(person, ticket))
        if file is None:
            raise HTTPException(404)
        content = await _aside(lambda: read_picture(self.folder, self.study, file))
        return Response(content, media_type=f"image/{self.study.format}")

    async def _person(self, request: Request) -> int | None:
        key = request.cookies.get(self.cookie, "")
        return await _aside(lambda: self.store.participant(key)) if key else None

    async def _known(self, request: Request) -> int:
        person = await self._person(request)
        if person is None:
            raise HTTPException(403, "take part first")
        return person

    def _state(self, participates: bool, number: int | None) -> State:
        """What the page is told. It is equal for all methods and orders, so it betrays nothing."""
        study = self.study
        practice = number is not None and number < study.practice
        phase = "end" if number is None else "practice" if practice else "scored"
        done = study.all_trials if number is None else number
        return {
            "phase": phase if participates else "new",
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


def _page(name: str) -> Callable[[Request], Response]:
    def page(request: Request) -> Response:
        path = PAGES / name
        return Response(path.read_bytes(), media_type=TYPES[path.suffix])

    return page


def _damaged(request: Request, error: Exception) -> Response:
    """Faults of a study that may be a stranger's: missing files, nonsense in the database."""
    return PlainTextResponse("this study is damaged\n", 500)


def _nothing(request: Request) -> Response:
    return Response(status_code=204)
