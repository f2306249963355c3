"""Serves a study on a port of this machine, until Ctrl-C."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import GanzooError

from ganzoo_study.store import Store
from ganzoo_study.study_file import RESPONSES, read_study

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn import Server

PACKAGES = ("starlette", "uvicorn")
BACKLOG = 512
PATIENCE = 3  # seconds for requests that are under way at the end


def is_local(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_store(folder: Path) -> Store:
    """The responses of a study.

    Raises:
        GanzooError: the folder is no study, or its responses cannot be opened.
    """
    read_study(folder)
    return Store(folder / RESPONSES)


def check_packages() -> None:
    """Check that the packages that serve the page are installed.

    Raises:
        GanzooError: it is not; says how to get it.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise GanzooError(
            f"ganzoo study serve needs {' and '.join(missing)}: pip install starlette uvicorn"
        )


def application(folder: Path, store: Store, token: str | None) -> ASGIApp:
    """The guarded site of a study. If there is a token, every participant needs it."""
    from ganzoo_study.guard import Guard
    from ganzoo_study.site import Site

    study = read_study(folder)
    site = Site(folder, study, store).application()
    return Guard(site, token, f"ganzoo_token_{study.id}", study.recruiting)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at that address.

    Raises:
        GanzooError: the port is taken, or there is no such address here.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG)  # so that the link works as soon as it is printed
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise GanzooError(
                f"port {port} is in use by another program; choose another with --port, "
                "or any free one with --port 0"
            ) from None
        raise GanzooError(f"--host {host} --port {port}: {error.strerror or error}") from error
    return opened


def serve(site: ASGIApp, at: socket.socket) -> None:
    """Answer requests until Ctrl-C or SIGTERM; requests under way are finished first."""
    server = _make_server(site)
    with _ended_by(server):
        try:
            server.run(sockets=[at])
        except (KeyboardInterrupt, Ended):  # uvicorn passes the signal on once it has ended
            return


@contextmanager
def served(site: ASGIApp) -> Iterator[tuple[str, int]]:
    """Answer requests at a free port of this machine, from a thread, until the block ends."""
    at, server = listen("127.0.0.1", 0), _make_server(site)
    thread = threading.Thread(target=server.run, args=([at],), daemon=True)
    thread.start()
    try:
        yield at.getsockname()
    finally:
        server.should_exit = True
        thread.join()


def _make_server(site: ASGIApp) -> Server:
    import uvicorn

    config = uvicorn.Config(
        site,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE,
    )
    return uvicorn.Server(config)


class Ended(BaseException):
    """SIGTERM came. It is no Exception, so that no handler of errors catches it."""


@contextmanager
def _ended_by(server: Server) -> Iterator[None]:
    """Let SIGTERM, and SIGHUP unless it is ignored, end a server as Ctrl-C does."""

    def end(number: int, frame: object) -> None:
        raise Ended

    def close(number: int, frame: object) -> None:
        server.should_exit = True

    wanted = {"SIGTERM": end, "SIGHUP": close}
    actions = {getattr(signal, name): act for name, act in wanted.items() if hasattr(signal, name)}
    if threading.current_thread() is not threading.main_thread():
        actions = {}  # only the main thread gets signals
    before = {number: signal.getsignal(number) for number in actions}
    actions = {n: act for n, act in actions.items() if before[n] is not signal.SIG_IGN}
    for number, act in actions.items():
        signal.signal(number, act)
    try:
        yield
    finally:
        for number in actions:
            signal.signal(number, before[number])


def refuse_simulated(folder: Path) -> None:
    """Keep people out of a study of simulated participants.

    Raises:
        GanzooError: it is one.
    """
    if read_study(folder).simulated:
        raise GanzooError(
            f"{folder}: its participants are simulated; serve the study that it was made from"
        )


def address(host: str, port: int, token: str | None) -> str:
    """The link for participants."""
    everywhere = host in ("0.0.0.0", "::")
    name = socket.gethostname() if everywhere else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
