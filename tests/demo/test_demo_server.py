"""Connections that are held open for nothing, and headers without end, are ended."""

from __future__ import annotations

import socket

from ganzoo.demo import demo_server, gatekeeper, picture_reply


def test_who_sends_no_request_is_cut_off(serve, plain, monkeypatch):
    monkeypatch.setattr(demo_server, "HEADER_SECONDS", 0.05)
    with serve([plain]) as demo:
        for sent in (b"", b"GET / HTTP/1.1\r\nHost: 127"):
            with socket.create_connection((demo.host, demo.port), timeout=30) as line:
                line.sendall(sent)
                assert line.recv(100) == b""


def test_headers_have_an_end(serve, plain):
    with serve([plain]) as demo:
        assert demo.ask("/health", Some="a" * 10_000)[0] == 200
        try:
            assert demo.ask("/health", Some="a" * 600_000)[0] == 400
        except ConnectionError:  # it was closed before all was sent
            assert demo.ask("/health")[0] == 200


def test_who_takes_no_reply_is_cut_off(serve, plain, monkeypatch):
    monkeypatch.setattr(gatekeeper, "IDLE_SECONDS", 0.05)
    with serve([plain]) as demo:
        size = 2**26  # more than the buffers of both ends
        monkeypatch.setattr(demo.site, "examples", {("smooth", "out"): [bytes(size)]})
        assert size > 100 * picture_reply.CHUNK
        with socket.create_connection((demo.host, demo.port), timeout=30) as line:
            line.sendall(b"GET /example HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = len(line.recv(1))  # the reply has begun
            demo.until(lambda: not demo.server.server_state.tasks)
            while piece := line.recv(2**20):
                received += len(piece)
        assert 0 < received < size
