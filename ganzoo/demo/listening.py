"""Where a demo listens, and the link to it. No torch and no package of the extra is imported."""

from __future__ import annotations

import errno
import ipaddress
import secrets
import socket

from ganzoo.errors import GanzooError

BACKLOG = 256


def is_local(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make_token(host: str) -> str:
    """The word that visitors need where others can reach the address; "" where none can."""
    return "" if is_local(host) else secrets.token_urlsafe(24)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address; port 0 is a free one.

    Raises:
        GanzooError: the port is in use, or there is no such address here.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(BACKLOG)
        except OSError:
            opened.close()
            raise
    except OSError as error:
        raise _explain(host, port, error) from error
    return opened


def _explain(host: str, port: int, error: OSError) -> GanzooError:
    if error.errno == errno.EADDRINUSE:
        return GanzooError(
            f"port {port} is in use by another program; choose another with --port, or any free "
            "one with --port 0"
        )
    if error.errno == errno.EACCES:
        return GanzooError(f"--port {port}: this port is for the system; choose one above 1023")
    return GanzooError(f"--host {host} --port {port}: {error.strerror or error}")


def make_link(host: str, port: int, token: str) -> str:
    """The address of the page, with the token if there is one."""
    everywhere = host in ("0.0.0.0", "::", "")
    name = socket.gethostname() if everywhere else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
