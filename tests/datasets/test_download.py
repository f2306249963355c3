"""A download is the server's file, whole, however the server behaves; or it says why not."""

from __future__ import annotations

import errno
import random
from collections import namedtuple
from dataclasses import replace

import pytest

from ganzoo.datasets import download as module
from ganzoo.datasets.download import STATE, download
from ganzoo.errors import GanzooError

CONTENT = random.Random(0).randbytes(300_000)
OTHER = random.Random(1).randbytes(300_000)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive"


def ranges(server):
    return [headers.get("Range") for _, headers in server.asked]


def in_turn(server, name, *answers):
    """Each request gets the next answer."""
    rest = iter(answers)
    server.answers[name] = lambda handler: next(rest)(handler)
    return server.address(name)


def whole(handler):
    handler.send_file(CONTENT)


def cut(handler):
    handler.send_file(CONTENT, cut=100_000)


def test_it_arrives_whole_and_says_how_far_it_is(server, hasty, path):
    ticks = []
    download(server.serve("/a", CONTENT), path, hasty, lambda *tick: ticks.append(tick))
    assert path.read_bytes() == CONTENT
    assert ticks[-1] == ("fetching", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in ticks] == sorted(done for _, done, _ in ticks)
    assert [p.name for p in path.parent.iterdir() if p.name != "cache"] == ["archive"]


def test_one_that_is_cut_goes_on_where_it_stopped(server, hasty, path):
    said = []
    download(in_turn(server, "/a", cut, cut, whole), path, hasty, tell=said.append)
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=100000-", "bytes=200000-"]
    assert all(headers["If-Range"] == '"1"' for _, headers in server.asked[1:])
    assert said[0] == "it was cut after 100,000 of 300,000 bytes; trying again"


def test_another_process_goes_on_with_what_arrived(server, hasty, path):
    with pytest.raises(GanzooError, match=r"1 attempts in a row failed.*the same command goes on"):
        download(in_turn(server, "/a", cut), path, replace(hasty, tries=1))
    assert (path.parent / "archive.part").stat().st_size == 100_000
    server.serve("/a", CONTENT)
    download(server.address("/a"), path, hasty)
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=100000-"]


def test_one_that_arrived_whole_is_not_asked_for_again(server, hasty, path):
    address = in_turn(server, "/a", cut)
    with pytest.raises(GanzooError):
        download(address, path, replace(hasty, tries=1))
    (path.parent / "archive.part").write_bytes(CONTENT)
    download(address, path, hasty)
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_what_arrived_from_another_address_is_not_gone_on_with(server, hasty, path):
    with pytest.raises(GanzooError):
        download(in_turn(server, "/a", cut), path, replace(hasty, tries=1))
    download(server.serve("/b", OTHER), path, hasty)
    assert path.read_bytes() == OTHER
    assert ranges(server) == [None, None]


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_name_for_the_version_it_begins_anew(server, hasty, path, tag):
    def cut_first(handler):
        handler.send_file(CONTENT, tag, cut=100_000)

    address = in_turn(server, "/a", cut_first, lambda handler: handler.send_file(OTHER, tag))
    download(address, path, hasty)
    assert path.read_bytes() == OTHER
    assert ranges(server) == [None, None]


def test_a_server_that_ignores_ranges_sends_it_all(server, hasty, path):
    said = []
    address = in_turn(server, "/a", cut, lambda handler: handler.send_file(CONTENT, ranges=False))
    download(address, path, hasty, tell=said.append)
    assert path.read_bytes() == CONTENT
    assert said[1:] == ["the server cannot go on in the middle; beginning anew"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(server, hasty, path):
    said = []
    address = in_turn(server, "/a", cut, lambda handler: handler.send_file(OTHER, '"2"'))
    download(address, path, hasty, tell=said.append)
    assert path.read_bytes() == OTHER
    assert said[1:] == ["the file has changed; beginning anew"]


@pytest.mark.parametrize(
    ("where", "tag"),
    [
        ("bytes 100000-299999/300000", '"2"'),
        ("bytes 100000-299999/400000", '"1"'),
        ("bytes 0-299999/300000", '"1"'),
        ("nonsense", '"1"'),
    ],
)
def test_a_rest_of_another_file_is_not_appended(server, hasty, path, where, tag):
    def rest(handler):
        handler.send(206, OTHER[100_000:], Content_Range=where, ETag=tag)

    address = in_turn(server, "/a", cut, rest, lambda handler: handler.send_file(OTHER, '"2"'))
    download(address, path, hasty)
    assert path.read_bytes() == OTHER
    assert ranges(server) == [None, "bytes=100000-", None]


def test_a_shorter_file_by_now_is_fetched_anew(server, hasty, path):
    def shorter(handler):
        handler.send(416, Content_Range="bytes */5")

    address = in_turn(server, "/a", cut, shorter, lambda handler: handler.send_file(b"short"))
    download(address, path, hasty)
    assert path.read_bytes() == b"short"


def test_a_length_that_never_arrives_is_told_and_kept(server, hasty, path):
    def claims(handler):
        begin = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        where = f"bytes {begin}-399999/400000"
        send = {"Content_Range": where} if begin else {}
        handler.send(
            206 if begin else 200, CONTENT[begin:], length=400_000 - begin, ETag='"1"', **send
        )

    server.answers["/a"] = claims
    with pytest.raises(GanzooError, match="cut after 300,000 of 400,000 bytes; 3 attempts"):
        download(server.address("/a"), path, hasty)
    assert not path.exists()
    assert (path.parent / "archive.part").read_bytes() == CONTENT


@pytest.mark.parametrize("length", ["-5", "many", "9" * 30])
def test_a_senseless_length_is_refused(server, hasty, path, length):
    server.answers["/a"] = lambda handler: handler.send(200, b"", length=length)
    with pytest.raises(GanzooError):
        download(server.address("/a"), path, hasty)


def test_a_server_that_stops_sending_is_not_waited_for(server, hasty, path):
    def stalls(handler):
        handler.send(200, CONTENT[:100_000], length=len(CONTENT), ETag='"1"')
        server.over.wait(10)

    download(in_turn(server, "/a", stalls, whole), path, hasty)
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None, "bytes=100000-"]


def test_a_server_that_trickles_is_not_waited_for(server, hasty, path):
    def trickles(handler):
        handler.send(200, length=len(CONTENT), ETag='"1"')
        while not server.over.wait(0.05):
            handler.wfile.write(b"x")

    server.answers["/a"] = trickles
    with pytest.raises(GanzooError, match=r"no more than \d+ bytes arrived in 0.3 s; 2 attempts"):
        download(server.address("/a"), path, replace(hasty, tries=2))


def test_what_may_pass_is_tried_again_and_what_does_not_is_not(server, hasty, path):
    download(in_turn(server, "/a", lambda handler: handler.send(503), whole), path, hasty)
    assert path.read_bytes() == CONTENT
    server.answers["/b"] = lambda handler: handler.send(404)
    with pytest.raises(GanzooError, match=r"404.*--from takes another address"):
        download(server.address("/b"), path.with_name("b"), hasty)
    assert [name for name, _ in server.asked] == ["/a", "/a", "/b"]


def test_the_pauses_between_attempts_double(server, path, monkeypatch):
    pauses = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    server.answers["/a"] = lambda handler: handler.send(503)
    with pytest.raises(GanzooError, match=r"503.*4 attempts"):
        download(server.address("/a"), path, module.Patience())
    assert pauses == [1, 2, 4]


def test_a_disk_without_room_is_told_before_anything_is_fetched(server, hasty, path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: usage(1000))
    with pytest.raises(GanzooError, match=r"1 kB left, and 300 kB are still to come"):
        download(server.serve("/a", CONTENT), path, hasty)


def test_a_link_in_the_place_of_the_file_is_not_followed(server, hasty, path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "archive.part").symlink_to(victim)
    with pytest.raises(OSError) as error:  # noqa: PT011 (its number is looked at)
        download(server.serve("/a", CONTENT), path, hasty)
    assert error.value.errno in (errno.ELOOP, errno.EMLINK)
    assert victim.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "state", ["", "[]", '{"address": 1}', '{"address": "A", "version": "v", "length": -1}']
)
def test_a_damaged_state_begins_anew(server, hasty, path, state):
    address = server.serve("/a", CONTENT)
    (path.parent / "archive.part").write_bytes(b"something")
    (path.parent / STATE).write_text(state.replace('"A"', f'"{address}"'), encoding="utf-8")
    download(address, path, hasty)
    assert path.read_bytes() == CONTENT


def test_a_server_that_does_not_say_the_length(server, hasty, path):
    def silent(handler):
        handler.send_response(200)
        handler.send_header("ETag", '"1"')
        handler.end_headers()
        if len(server.asked) > 1:
            handler.wfile.write(CONTENT)
        else:
            server.over.wait(1)

    server.answers["/a"] = silent
    download(server.address("/a"), path, hasty)
    assert path.read_bytes() == CONTENT
    assert ranges(server) == [None, None]


def test_a_chunk_that_is_cut_is_noticed(server, hasty, path):
    def chunked(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n" % 200_000 + CONTENT[:200_000] + b"\r\n")
        rest = CONTENT[200_000:]
        handler.wfile.write(b"%x\r\n" % 100_000 + rest[: None if len(server.asked) > 1 else 5])
        if len(server.asked) > 1:
            handler.wfile.write(b"\r\n0\r\n\r\n")

    server.answers["/a"] = chunked
    server.RequestHandlerClass.protocol_version = "HTTP/1.1"
    try:
        download(server.address("/a"), path, hasty)
    finally:
        server.RequestHandlerClass.protocol_version = "HTTP/1.0"
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 2
