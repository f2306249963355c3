"""Refuses requests of strangers and of other sites, and adds the headers of every reply."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganzoo.demo.limits import IDLE_SECONDS

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
SAFE = ("GET", "HEAD")
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NO_TOKEN = "use the whole link that was printed, which ends in ?token=..., or Authorization: Bearer"
NO_HOST = "this demo is only served under the address that was printed"
NO_ORIGIN = "this was sent from a page of another site"


class StoppedReading(Exception):
    """A visitor does not take the reply."""


class Gatekeeper:
    """Stands before a site.

    Without a token, only this machine's own names are answered: that stops pages of other sites
    whose name was made to point here (DNS rebinding). With a token, a link that holds it leaves it
    in a cookie, and nothing is answered without that or a bearer header. What changes or computes
    something is refused to pages of other sites.

    host: the name of the address that is served. cookie: its name, for each port another one.
    policy: the Content-Security-Policy.
    """

    def __init__(self, site: ASGIApp, host: str, token: str, cookie: str, policy: str) -> None:
        self.site, self.token, self.cookie = site, token, cookie
        self.names = (*LOCAL_NAMES, host)
        self.headers = {"Content-Security-Policy": policy, **HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it to the site."""
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await send(message)
            except TimeoutError:
                raise StoppedReading from None

        reply = self._refusal(Request(scope)) or self.site
        with suppress(StoppedReading):  # the server closes the connection then
            await reply(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """What is said instead of the site's reply."""
        host = _name_of(f"//{request.headers.get('host', '')}")
        if not self.token and host not in self.names:
            return _refuse(421, NO_HOST)
        if self.token and not self._is_known(request):
            return self._let_in(request)
        if request.method not in SAFE and _is_foreign(request):
            return _refuse(403, NO_ORIGIN)
        return None

    def _is_known(self, request: Request) -> bool:
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer.strip() if kind.lower() == "bearer" else request.cookies.get(self.cookie, "")
        return self._holds(given)

    def _let_in(self, request: Request) -> Response:
        if request.url.path != "/" or not self._holds(request.query_params.get("token", "")):
            return _refuse(403, NO_TOKEN)
        entered = RedirectResponse("/", 303)
        entered.set_cookie(self.cookie, self.token, httponly=True, samesite="lax")
        return entered

    def _holds(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.token.encode())


def _is_foreign(request: Request) -> bool:
    """Whether a browser says that a page of another site sends this."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def _refuse(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)


def _name_of(address: str) -> str | None:
    """The name in an address, without its port."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
