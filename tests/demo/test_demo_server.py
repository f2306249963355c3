"""Connections that are held open for nothing, and headers without end, are ended."""

from __future__ import annotations

import socket

from ganzoo.demo import demo_server


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
