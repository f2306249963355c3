"""Who is let in: by which host, with which token, from which site."""

from __future__ import annotations

import pytest

from ganzoo.demo.gatekeeper import NO_HOST, NO_ORIGIN, NO_TOKEN

FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
]


def test_other_names_for_this_machine_are_refused(serve, plain):
    with serve([plain]) as demo:
        for name in ("evil.example", "127.0.0.1.evil.example", "", "[", "localhost@evil.example:8"):
            assert demo.refuse("/", Host=name) == (421, NO_HOST)
        for name in ("localhost", f"127.0.0.1:{demo.port}", "[::1]:8", "LOCALHOST"):
            assert demo.ask("/health", Host=name)[0] == 200


@pytest.mark.parametrize("foreign", FOREIGN, ids=str)
def test_pages_of_other_sites_compute_nothing(serve, plain, encoded, picture, foreign):
    content = encoded(picture())
    with serve([plain]) as demo:
        assert demo.refuse("/translate", content, **foreign) == (403, NO_ORIGIN)
        own = {"Origin": f"http://{demo.host}:{demo.port}", "Sec_Fetch_Site": "same-origin"}
        assert demo.ask("/translate", content, **own)[0] == 200
        assert demo.ask("/translate", method="OPTIONS", **own)[0] == 405


def test_with_a_token_nothing_is_answered_without_it(serve, plain):
    with serve([plain], "secret", "0.0.0.0") as demo:
        for path in (
            "/",
            "/health",
            "/openapi.json",
            "/?token=",
            "/?token=secre",
            "/?token=sécret",
        ):
            assert demo.refuse(path.replace("é", "%C3%A9")) == (403, NO_TOKEN)
        assert demo.refuse("/health?token=secret") == (403, NO_TOKEN)
        status, headers, _ = demo.ask("/?token=secret", Host="box.example")
        cookie = headers["Set-Cookie"]
        assert (status, headers["Location"]) == (303, "/")
        assert cookie.startswith(f"ganzoo_demo_{demo.port}=secret; HttpOnly; Path=/; SameSite=lax")
        assert demo.ask("/", Cookie=cookie.partition(";")[0])[0] == 200
        assert demo.ask("/health", Authorization="Bearer secret")[0] == 200
        assert demo.refuse("/health", Authorization="Basic secret")[0] == 403
        assert demo.refuse("/health", Cookie=f"ganzoo_demo_{demo.port}=other")[0] == 403
