"""The demo as a web application: a page, and the interface that it uses."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ganzoo import __version__
from ganzoo.components.data.image_source import ImageContent
from ganzoo.demo.asked import Asked, choose_output, read_asked, read_number
from ganzoo.demo.awaiting import carry_out
from ganzoo.demo.demo_examples import MOST, find_examples
from ganzoo.demo.demo_models import DemoModel
from ganzoo.demo.demo_page import build_page
from ganzoo.demo.fault_replies import ON_FAULTS
from ganzoo.demo.job_queue import Job, JobQueue
from ganzoo.demo.limits import MOST_WAITING, describe_limits
from ganzoo.demo.openapi import describe_interface
from ganzoo.demo.picture_reply import PictureReply
from ganzoo.demo.picture_work import check_picture, draw_samples, show_original, translate_picture
from ganzoo.demo.uploads import HOW, Upload, UploadRoom, read_upload

CHECKED_TOGETHER = 2  # pictures whose headers are read at a time


class DemoSite:
    """Answers requests about some models; what they compute is done one after the other.

    local: whether only this machine can visit.
    """

    def __init__(self, models: Sequence[DemoModel], local: bool = True) -> None:
        self.models: Mapping[str, DemoModel] = {model.name: model for model in models}
        self.queue, self.room, self.local = JobQueue(MOST_WAITING), UploadRoom(), local
        self.checking, self.looking = asyncio.Semaphore(CHECKED_TOGETHER), asyncio.Lock()
        self.examples: dict[tuple[str, str], list[bytes]] = {}
        self.page, self.policy = build_page()
        self.interface = describe_interface(models)

    def application(self) -> Starlette:
        """The routes; any other path is not found."""
        routes = [
            Route("/", self.index),
            Route("/models", self.list_models),
            Route("/health", self.health),
            Route("/openapi.json", self.openapi),
            Route("/progress", self.progress),
            Route("/examples", self.list_examples),
            Route("/example", self.example),
            Route("/translate", self.translate, methods=["POST"]),
            Route("/original", self.original, methods=["POST"]),
            Route("/sample", self.sample, methods=["POST"]),
        ]
        return Starlette(routes=routes, exception_handlers=ON_FAULTS)

    async def index(self, request: Request) -> Response:
        """The page."""
        return HTMLResponse(self.page)

    async def list_models(self, request: Request) -> Response:
        """The models, their outputs, and what is taken at most."""
        models = [model.describe() for model in self.models.values()]
        return JSONResponse({"models": models, "limits": describe_limits()})

    async def health(self, request: Request) -> Response:
        """That the demo works, and how many jobs wait or are under way."""
        return JSONResponse({"status": "ok", "jobs": len(self.queue), "version": __version__})

    async def openapi(self, request: Request) -> Response:
        """The description of this interface."""
        return JSONResponse(self.interface)

    async def progress(self, request: Request) -> Response:
        """How far a job is, by the key that its request gave."""
        key = request.query_params.get("job", "")
        state = self.queue.find_state(key) if key else None
        if state is None:
            return JSONResponse({"ahead": None, "share": None})
        return JSONResponse({"ahead": state.ahead, "share": state.share})

    async def list_examples(self, request: Request) -> Response:
        """The addresses of pictures to try an output with."""
        model, output, pictures = await self._find_examples(request)
        queries = [
            urlencode({"model": model, "output": output, "number": number})
            for number in range(len(pictures))
        ]
        return JSONResponse({"examples": [f"example?{query}" for query in queries]})

    async def example(self, request: Request) -> Response:
        """One of these pictures."""
        _, _, pictures = await self._find_examples(request)
        number = read_number(request.query_params, "number", 0, MOST)
        if number >= len(pictures):
            raise HTTPException(404, f"there are {len(pictures)} examples")
        return PictureReply(pictures[number], f"example-{number + 1}.png")

    async def _find_examples(self, request: Request) -> tuple[str, str, list[bytes]]:
        """The model and the output that are asked for, and their examples, found once."""
        model, output = choose_output(self.models, request.query_params)
        key = model.name, output.name
        async with self.looking:
            if key not in self.examples:
                self.examples[key] = await run_in_threadpool(
                    find_examples, model, output, self.local
                )
        return *key, self.examples[key]

    async def translate(self, request: Request) -> Response:
        """A picture through an output."""
        with self.room.share() as share:
            upload = await read_upload(request, share)
            asked = read_asked(self.models, upload.fields)
            picture = await self._check(upload, asked)
            work = partial(translate_picture, asked.output, picture, asked.wish)
            return await self._answer(request, asked, lambda job: work(job.report), picture.name)

    async def original(self, request: Request) -> Response:
        """A picture as it is read for an output."""
        with self.room.share() as share:
            upload = await read_upload(request, share)
            asked = read_asked(self.models, upload.fields)
            picture = await self._check(upload, asked)
            work = partial(show_original, asked.output, picture)
            return await self._answer(request, asked, lambda _: work(), picture.name)

    async def sample(self, request: Request) -> Response:
        """Draws from an output that needs no picture."""
        with self.room.share() as share:
            upload = await read_upload(request, share)
        asked = read_asked(self.models, upload.fields, draws=True)
        work = partial(draw_samples, asked.output, asked.count, asked.wish)
        return await self._answer(request, asked, lambda _: work(), "sample")

    async def _check(self, upload: Upload, asked: Asked) -> ImageContent:
        """Refuse what is no picture, or too large a one, before it waits in line."""
        if upload.picture is None or not upload.picture.content:
            raise HTTPException(400, f"there is no picture: {HOW}")
        async with self.checking:
            await run_in_threadpool(check_picture, asked.output, upload.picture)
        return upload.picture

    async def _answer(
        self, request: Request, asked: Asked, work: Callable[[Job], bytes], name: str
    ) -> Response:
        start = time.monotonic()
        content = await carry_out(self.queue, request, Job(work, asked.job))
        seconds = round(time.monotonic() - start, 3)
        file = f"{name.rpartition('.')[0] or name}-{asked.output.name}.png"
        if not wants_json(request.headers.get("accept", "")):
            return PictureReply(content, file)
        encoded = await run_in_threadpool(base64.b64encode, content)
        facts = {"model": asked.model.name, "output": asked.output.name, "seconds": seconds}
        return JSONResponse({**facts, "name": file, "image": encoded.decode()})


def wants_json(accept: str) -> bool:
    """Whether a reply in JSON is asked for rather than a picture."""
    kinds = {each.partition(";")[0].strip().lower() for each in accept.split(",")}
    return "application/json" in kinds and not kinds & {"image/png", "image/*"}
