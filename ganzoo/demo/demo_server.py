"""Serves a demo until it is stopped; connections that are held open for nothing are closed."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ganzoo.demo.demo_models import DemoModel
from ganzoo.demo.demo_site import DemoSite
from ganzoo.demo.gatekeeper import Gatekeeper
from ganzoo.demo.limits import HEADER_SECONDS, LONGEST_HEADERS, MOST_CONNECTIONS


class Impatient(H11Protocol):
    """HTTP on one connection, which is closed if a request's headers do not come."""

    due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin, and wait for a request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        if self.due is not None:
            self.due.cancel()

    def _wait(self) -> None:
        if self.due is not None:
            self.due.cancel()
        self.due = self.loop.call_later(HEADER_SECONDS, self._expire)

    def _expire(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """Ends at the first signal, whoever is still connected."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Answer a signal."""
        super().handle_exit(sig, frame)
        self.force_exit = True


def make_site(
    models: Sequence[DemoModel], host: str, port: int, token: str = ""
) -> tuple[DemoSite, ASGIApp]:
    """The site of some models, and the application that guards it.

    host, port: where it is served. token: what visitors need; "" where only this machine can visit.
    """
    site = DemoSite(models, local=not token)
    cookie = f"ganzoo_demo_{port}"
    return site, Gatekeeper(site.application(), host, token, cookie, site.policy)


def make_server(site: ASGIApp) -> Server:
    """A server for one process and one kind of connection, which logs nothing but faults."""
    config = uvicorn.Config(
        site,
        loop="asyncio",
        http=Impatient,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=LONGEST_HEADERS,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=int(HEADER_SECONDS),
    )
    return Server(config)


@contextmanager
def served(site: ASGIApp, at: socket.socket) -> Iterator[Server]:
    """Answer requests from a thread until the block ends."""
    server = make_server(site)
    thread = threading.Thread(target=server.run, args=([at],), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
