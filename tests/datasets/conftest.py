"""A web server on this machine, whose answers a test writes, and archives to fetch."""

from __future__ import annotations

import io
import tarfile
import threading
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ganzoo.datasets.web import Patience


class Server(ThreadingHTTPServer):
    """Answers by path: `server.answers["/a.zip"] = function of the request's handler`.

    asked: the requests so far, each its path and headers.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = {}, []
        self.over = threading.Event()

    def address(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def serve(self, path, content, tag='"1"', **how):
        """Answer with a file, as a good server does."""
        self.answers[path] = lambda handler: handler.send_file(content, tag, **how)
        return self.address(path)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        with suppress(BrokenPipeError, ConnectionResetError):
            self.server.answers[self.path](self)
        self.close_connection = True

    def send(self, status, content=b"", length=None, **headers):
        """An answer with these headers; `length` is what it claims."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def send_file(self, content, tag='"1"', ranges=True, cut=None):
        """A file, from the byte on that is asked for; `cut` bytes of it at most."""
        headers = {"ETag": tag} if tag else {}
        begin = int(self.headers.get("Range", "bytes=0-")[6:-1])
        same = self.headers.get("If-Range", tag) == tag
        if not (begin and ranges and same):
            self.send(200, content[:cut], length=len(content), **headers)
        elif begin >= len(content):
            self.send(416, Content_Range=f"bytes */{len(content)}")
        else:
            rest = content[begin:]
            where = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            self.send(206, rest[:cut], length=len(rest), Content_Range=where, **headers)

    def log_message(self, *given):
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hasty():
    """Patience that a test can wait for."""
    return Patience(timeout=0.3, tries=3, pause=0)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def zipped():
    """Makes a zip archive of names and contents."""

    def make(files):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return made.getvalue()

    return make


@pytest.fixture
def tarred():
    """Makes a gzipped tar archive of entries (name, content, kind)."""

    def make(*entries, mode="w:gz"):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode=mode) as archive:
            for name, content, kind in entries:
                info = tarfile.TarInfo(name)
                info.type = kind
                if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                    info.linkname = content
                    archive.addfile(info)
                else:
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
        return made.getvalue()

    return make
