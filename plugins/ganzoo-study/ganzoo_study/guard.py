"""Refuses requests from strangers, and adds the headers that every reply needs."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NO_TOKEN = "Please use the whole link that you were given: it ends in ?token=...\n"
NO_HOST = "This study is only served under the address that was printed.\n"


class Guard:
    """Stands before a site. Without a token, only this machine's own names are answered.

    That stops pages of other sites whose name was made to point here (DNS rebinding). With a
    token, a link that holds it leaves it in a cookie, and nothing is answered without that.
    """

    def __init__(self, site: ASGIApp, token: str | None, cookie: str) -> None:
        self.site, self.token, self.cookie = site, token, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it to the site."""
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        reply = self._refusal(Request(scope)) or self.site
        await reply(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """What is said instead of the site's reply."""
        if self.token is None:
            known = _host(request.headers) in LOCAL_NAMES
            return None if known else PlainTextResponse(NO_HOST, 400)
        if self._holds(request.query_params.get("token", "")) and request.url.path == "/":
            entered = RedirectResponse("/", 303)
            entered.set_cookie(self.cookie, self.token, httponly=True, samesite="lax")
            return entered
        if self._holds(request.cookies.get(self.cookie, "")):
            return None
        return PlainTextResponse(NO_TOKEN, 403)

    def _holds(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), (self.token or "").encode())


def _host(headers: Headers) -> str | None:
    """The name in the Host header, without its port."""
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname
    except ValueError:
        return None
