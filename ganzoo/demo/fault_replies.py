"""What a visitor is told when a request fails: one sentence, as JSON."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

from ganzoo.demo.job_queue import GivenUp
from ganzoo.demo.picture_work import PictureTooLarge
from ganzoo.errors import GanzooError
from ganzoo.printing.text import visible

FAILED = "this failed, by a fault of ganzoo; the terminal that the demo was started in says more"


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": visible(error.detail)}, error.status_code, error.headers)


async def _unusable(request: Request, error: Exception) -> Response:
    """A picture that cannot be used."""
    status = 413 if isinstance(error, PictureTooLarge) else 422
    return JSONResponse({"error": visible(str(error))}, status)


async def _failed(request: Request, error: Exception) -> Response:
    """A fault of ganzoo's own; the server prints its traceback."""
    return JSONResponse({"error": FAILED}, 500)


async def _gone(request: Request, error: Exception) -> Response:
    """Nobody reads this."""
    return Response(status_code=499)


ON_FAULTS: dict[type[Exception], ExceptionHandler] = {
    HTTPException: _refused,
    GanzooError: _unusable,
    ClientDisconnect: _gone,
    GivenUp: _gone,
    Exception: _failed,
}
