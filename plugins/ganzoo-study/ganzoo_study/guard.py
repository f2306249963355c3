"""Refuses requests from strangers, and adds the headers that every reply needs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganzoo_study.study_file import Recruiting

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
# What a browser asks for by itself, without headers of ours.
PAGE = ("/", "/study.css", "/server.js", "/exposure.js", "/study.js")
TOKEN_HEADER = "x-ganzoo-token"
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action {forms}; frame-ancestors {frames}"
)
NO_TOKEN = "Please use the whole link that you were given: it ends in ?token=...\n"
NO_HOST = "This study is only served under the address that was printed.\n"


class Guard:
    """Stands before a site. Without a token, only this machine's own names are answered.

    That stops pages of other sites whose name was made to point here (DNS rebinding). With a
    token, a link that holds it leaves it in a cookie, and nothing is answered without that.
    recruiting: a platform may show the page in a frame, where browsers keep no cookies. Then the
    token stays in the page's address, and the page sends it with every request.
    """

    def __init__(
        self, site: ASGIApp, token: str | None, cookie: str, recruiting: Recruiting | None
    ) -> None:
        self.site, self.token, self.cookie, self.recruiting = site, token, cookie, recruiting
        self.headers = _headers(recruiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it to the site."""
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        reply = self._refusal(Request(scope)) or self.site
        await reply(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """What is said instead of the site's reply."""
        if self.token is None:
            known = _host(request.headers) in LOCAL_NAMES
            return None if known else PlainTextResponse(NO_HOST, 400)
        if self._holds(request.cookies.get(self.cookie, "")):
            return None
        return self._framed(request) if self.recruiting else self._entered(request)

    def _entered(self, request: Request) -> Response | None:
        if request.url.path != "/" or not self._holds(request.query_params.get("token", "")):
            return PlainTextResponse(NO_TOKEN, 403)
        entered = RedirectResponse("/", 303)
        entered.set_cookie(self.cookie, self.token or "", httponly=True, samesite="lax")
        return entered

    def _framed(self, request: Request) -> Response | None:
        in_link = request.query_params.get("token", "") if request.url.path in PAGE else ""
        given = request.headers.get(TOKEN_HEADER, "") or in_link
        return None if self._holds(given) else PlainTextResponse(NO_TOKEN, 403)

    def _holds(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), (self.token or "").encode())


def _headers(recruiting: Recruiting | None) -> Mapping[str, str]:
    """The headers; the study's own list of origins is the only way out of the page."""
    forms, frames = (recruiting.submit_to, recruiting.frames) if recruiting else ((), ())
    policy = POLICY.format(forms=_sources(forms), frames=_sources(frames))
    return {"Content-Security-Policy": policy, **HEADERS}


def _sources(origins: Sequence[str]) -> str:
    return " ".join(origins) or "'none'"


def _host(headers: Headers) -> str | None:
    """The name in the Host header, without its port."""
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname
    except ValueError:
        return None
