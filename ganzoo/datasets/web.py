"""Opens addresses of the web: http and https only, few redirects, no wait without an end."""

from __future__ import annotations

import http.client
import ssl
import string
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from ganzoo import __version__
from ganzoo.errors import GanzooError
from ganzoo.printing.text import one_line

SCHEMES = ("http", "https")
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
# Answers after which the same question may get another one.
PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long to wait.

    timeout: seconds for an answer; in as many, at least `LEAST` bytes have to arrive.
    tries: attempts in a row that bring nothing new, before giving up.
    pause: seconds before the second attempt; it doubles with each.
    """

    timeout: float = 30.0
    tries: int = 4
    pause: float = 1.0


class Interrupted(Exception):
    """A transfer that failed for a reason that may pass; it says the reason."""


class RangeRefused(Interrupted):
    """The server has nothing from the byte on that was asked for."""


class RefusedAnswer(GanzooError):
    """An answer that will be the same the next time.

    code: its number in HTTP. why: what the server adds to it in a header of its own, X-Error-Code.
    """

    def __init__(self, said: str, code: int, why: str = "") -> None:
        super().__init__(said)
        self.code, self.why = code, why


def open_address(address: str, headers: dict[str, str], timeout: float) -> Any:
    """The answer of a web server, an `http.client.HTTPResponse`; redirects are followed.

    headers: an Authorization among them is for the address's own server, and no other is shown it.

    Raises:
        Interrupted: no answer, or one that may be another the next time.
        RefusedAnswer: the server has no such thing, or not for everybody.
        GanzooError: the address cannot be had; says why and what to do.
    """
    at = address
    for _ in range(MOST_REDIRECTS + 1):
        check_address(at)
        answer = _ask(at, headers, timeout)
        if not isinstance(answer, HTTPError):
            return answer
        with answer:
            if answer.code not in REDIRECTS:
                raise _refusal(answer, at)
            onward = answer.headers.get("Location", "")
        onward = _next(at, onward)
        if _server(onward) != _server(at):
            headers = {name: text for name, text in headers.items() if name not in SECRET}
        at = onward
    raise GanzooError(f"{one_line(address)} leads on more than {MOST_REDIRECTS} times")


def check_address(address: str) -> None:
    """Refuse all but http and https.

    Raises:
        GanzooError: another scheme, or no address at all.
    """
    try:
        pieces = urlsplit(address)
        usable = pieces.scheme in SCHEMES and bool(pieces.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise GanzooError(f"{one_line(address)}: only http:// and https:// are fetched")


def _ask(address: str, headers: dict[str, str], timeout: float) -> Any:
    request = Request(address, headers={**STANDARD, **headers})
    try:
        return _opener().open(request, timeout=timeout)
    except HTTPError as error:
        return error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failure(error, address) from None


def _opener() -> OpenerDirector:
    """One that knows http and https alone: no files, no ftp, no redirects of its own."""
    opener = OpenerDirector()
    for handler in (
        *(ProxyHandler, HTTPHandler, HTTPSHandler),
        *(HTTPDefaultErrorHandler, HTTPErrorProcessor),
    ):
        opener.add_handler(handler())
    return opener


# `identity`: the length and the ranges are those of the file itself.
STANDARD = {"User-Agent": f"ganzoo/{__version__}", "Accept-Encoding": "identity"}


SECRET = ("Authorization",)


def _server(address: str) -> tuple[str, str, int | None]:
    pieces = urlsplit(address)
    return pieces.scheme, pieces.hostname or "", pieces.port


def _next(address: str, onward: str) -> str:
    """Where a redirect leads.

    Raises:
        GanzooError: nowhere, out of the web, or from https to http.
    """
    if not onward:
        raise GanzooError(f"{one_line(address)} leads on, and does not say where")
    new = quote(urljoin(address, onward), safe=string.punctuation)
    if urlsplit(new).scheme not in SCHEMES:
        raise GanzooError(f"{one_line(address)} leads to {one_line(new)}: that is not followed")
    if address.startswith("https:") and not new.startswith("https:"):
        raise GanzooError(
            f"{one_line(address)} leads to {one_line(new)}, which is not encrypted: that is not "
            "followed"
        )
    return new


def _refusal(answer: HTTPError, address: str) -> Exception:
    said = f"{one_line(address)}: the server answers {answer.code} {one_line(str(answer.reason))}"
    if answer.code == 416:
        return RangeRefused(said)
    if answer.code in PASSING:
        return Interrupted(said)
    if answer.code in (404, 410):
        said = f"{said}: it is not there any more; --from takes another address"
    return RefusedAnswer(said, answer.code, answer.headers.get("X-Error-Code", ""))


def _failure(error: Exception, address: str) -> Exception:
    """What to raise for an error of the connection; of a certificate, no second look helps."""
    cause = error.reason if isinstance(error, URLError) else error
    host = one_line(urlsplit(address).hostname or address)
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = one_line(cause.verify_message or str(cause))
        return GanzooError(f"{host}: its certificate cannot be verified ({why})")
    if isinstance(cause, TimeoutError):
        return Interrupted(f"{host} does not answer")
    if isinstance(cause, ValueError) or isinstance(error, http.client.InvalidURL):
        return GanzooError(f"{one_line(address)}: this is no address ({one_line(str(cause))})")
    why = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return Interrupted(f"{host} cannot be reached ({one_line(why)})")
