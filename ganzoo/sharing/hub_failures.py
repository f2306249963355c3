"""What goes wrong when a hub is written to, as one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

from ganzoo.errors import GanzooError, cut, first_line
from ganzoo.printing.text import one_line
from ganzoo.runs.hub_answers import endpoint
from ganzoo.runs.hub_names import HubName

LIBRARY = "huggingface_hub"
HTTP_LIBRARIES = ("httpx", "httpcore", "requests", "urllib3")
CODES = {
    401: "the hub does not take the token: log in anew ('hf auth login', or HF_TOKEN)",
    403: "the token may not write there: it needs the right to write, and the place to be yours",
    404: "the hub has no such place, or the token may not see it",
    409: "somebody else changed it meanwhile; try again",
    413: "the hub says that it is too large",
    429: "the hub was asked too often; wait some minutes",
}


@contextmanager
def telling_failures(name: HubName) -> Iterator[None]:
    """Turn errors of huggingface_hub and of the network into sentences.

    Raises:
        GanzooError: one of them occurred.
    """
    try:
        yield
    except GanzooError:
        raise
    except Exception as error:
        said = _describe(error)
        if not said:
            raise
        raise GanzooError(f"{name}: {said}; nothing was committed") from None


def _describe(error: BaseException | None) -> str:
    """A sentence about an error; "" for a fault of ganzoo's own."""
    if error is None:
        return ""
    response = getattr(error, "response", None)
    code = getattr(response, "status_code", None)
    if isinstance(code, int):
        return _describe_answer(code, error)
    if type(error).__module__.split(".")[0].rstrip("2") in HTTP_LIBRARIES:
        return f"{endpoint()} cannot be reached ({_cut(error)})"
    if isinstance(error, RuntimeError):  # an upload in another thread
        return _describe(error.__cause__)
    if _is_of_the_library(error):
        return f"the hub does not answer as expected ({_cut(error)})"
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or _cut(error)}"
    return ""


def _is_of_the_library(error: BaseException) -> bool:
    """Whether huggingface_hub raised it, as where an answer is not what it expects."""
    names = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    return not isinstance(error, OSError) and any(n.startswith(LIBRARY) for n in names)


def _describe_answer(code: int, error: Any) -> str:
    if code >= 500:
        return f"the hub answers {code}: it fails itself; try again later"
    server = getattr(error, "server_message", None)
    more = f" ({cut(one_line(server), 200)})" if isinstance(server, str) and server else ""
    return f"{CODES.get(code, f'the hub answers {code}')}{more}"


def _cut(error: BaseException) -> str:
    return cut(one_line(first_line(error) or type(error).__name__), 200)
