"""Waits for the results of jobs, as long as the visitor who asked for them does."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from ganzoo.demo.job_queue import Job, JobQueue, QueueFull
from ganzoo.demo.limits import JOB_SECONDS, RETRY_SECONDS

BUSY = "so many translations wait already that yours cannot; try again in a moment"


async def carry_out(queue: JobQueue, request: Request, job: Job) -> bytes:
    """The result of a job, which is given up when the visitor goes away.

    Raises:
        HTTPException: 503, too many wait already, or it takes too long.
        ClientDisconnect: the visitor went away.
        Exception: whatever the job raises.
    """
    try:
        queue.add(job)
    except QueueFull:
        raise busy(BUSY) from None
    gone = asyncio.ensure_future(_wait_until_gone(request))
    result = asyncio.wrap_future(job.done)
    ends: set[asyncio.Future[Any]] = {gone, result}
    try:
        await asyncio.wait(ends, timeout=JOB_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if result.done():
            return result.result()
        if gone.done():
            raise ClientDisconnect
        raise busy(f"there was no result after {JOB_SECONDS:g} seconds")
    finally:
        for end in ends:
            end.cancel()
        queue.give_up(job)


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def busy(sentence: str) -> HTTPException:
    """The refusal of what might be taken a moment later."""
    return HTTPException(503, sentence, {"Retry-After": str(RETRY_SECONDS)})
