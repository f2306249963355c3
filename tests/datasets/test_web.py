"""Addresses are opened over http and https alone; redirects are few and stay there."""

from __future__ import annotations

import pytest

from ganzoo.datasets import web
from ganzoo.datasets.web import Interrupted, check_address, open_address
from ganzoo.errors import GanzooError


def leads(server, path, onward):
    server.answers[path] = lambda handler: handler.send(302, Location=onward)
    return server.address(path)


def test_a_redirect_is_followed_also_a_relative_one(server):
    server.serve("/there", b"images")
    one, two = leads(server, "/one", "/two"), leads(server, "/two", server.address("/there"))
    for address in (one, two):
        with open_address(address, {"Range": "bytes=2-"}, 5) as answer:
            assert answer.read() == b"ages"


@pytest.mark.parametrize(
    "onward", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:text/plain,a", "gopher:a", ""]
)
def test_a_redirect_out_of_the_web_is_refused(server, onward):
    with pytest.raises(GanzooError, match=r"is not followed$|does not say where$"):
        open_address(leads(server, "/a", onward), {}, 5)
    assert len(server.asked) == 1


def test_a_redirect_to_an_unencrypted_address_is_refused():
    with pytest.raises(GanzooError, match="not encrypted"):
        web._next("https://a.b/c", "http://a.b/c")
    assert web._next("http://a.b/c", "https://a.b/d e") == "https://a.b/d%20e"


def test_an_endless_redirect_ends(server):
    with pytest.raises(GanzooError, match="more than 5 times"):
        open_address(leads(server, "/round", "/round"), {}, 5)
    assert len(server.asked) == 6


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://a/b", "http://", "http://[", ""])
def test_other_addresses_are_refused(address):
    with pytest.raises(GanzooError, match="only http:// and https://"):
        check_address(address)


def test_control_characters_of_a_server_do_not_reach_the_terminal(server):
    with pytest.raises(GanzooError) as error:
        open_address(leads(server, "/a", "file:///\x1b]0;title\x07"), {}, 5)
    assert "\x1b" not in str(error.value)


def test_what_is_gone_is_said_at_once_and_what_may_pass_is_not(server):
    for code, kind in ((404, GanzooError), (403, GanzooError), (503, Interrupted)):
        server.answers["/a"] = lambda handler, code=code: handler.send(code)
        with pytest.raises(kind, match=f"the server answers {code}"):
            open_address(server.address("/a"), {}, 5)


def test_no_server_and_one_that_does_not_answer(server):
    with pytest.raises(Interrupted, match=r"127.0.0.1 cannot be reached"):
        open_address("http://127.0.0.1:9/a", {}, 5)
    server.answers["/slow"] = lambda handler: server.over.wait(10)
    with pytest.raises(Interrupted, match=r"127.0.0.1 does not answer"):
        open_address(server.address("/slow"), {}, 0.2)
