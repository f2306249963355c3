"""Participants whom a platform sends: each once, in a frame, with a code at the end."""

from __future__ import annotations

import csv
import http.client
import json
import re
import sqlite3
import threading
import xml.etree.ElementTree as ET
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest
from ganzoo.cli import app
from typer.testing import CliRunner

from ganzoo_study import serving
from ganzoo_study.completion_codes import CODE
from ganzoo_study.platforms import is_link
from ganzoo_study.study_file import read_study

MTURK = "workerId=A1&assignmentId=3X&hitId=H&turkSubmitTo=https%3A%2F%2Fwww.mturk.com"
NS = "{http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd}"


def study(*words):
    done = CliRunner().invoke(app, ["study", *map(str, words)])
    return done.exit_code, done.output


@pytest.fixture
def recruit(make):
    """`recruit("mturk")` is a study for that platform, of one scored trial."""

    def prepared(platform, *words):
        folder = make(trials=1, practice=0)
        code, said = study("recruit", folder, platform, *words)
        assert code == 0, said
        return folder

    return prepared


class Worker:
    """Somebody whom a platform sends, without a browser; no cookies are kept."""

    def __init__(self, host, query, token=None):
        self.host, self.query = host, query
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["X-Ganzoo-Token"] = token

    def ask(self, path, message=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        body = None if message is None else json.dumps(message)
        method = "GET" if body is None else "POST"
        connection.request(method, f"{path}?{self.query}", body, self.headers)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()

    def get(self, path, message=None):
        status, headers, content = self.ask(path, message)
        assert (status, headers["Set-Cookie"]) == (200, None), content
        return json.loads(content)

    def start(self):
        state = self.get("/api/start", {"consent": self.get("/api/texts")["consent"]})
        if "key" in state:
            self.headers["X-Ganzoo-Key"] = state["key"]
        return state

    def finish(self):
        state = self.get("/api/trial", {})
        for ticket in state["images"]:
            assert self.ask(f"/image/{ticket}")[0] == 200
        measured = {"exposures": [100, 100], "frame": 16.7, "response": 300.0}
        return self.get("/api/answer", {"trial": state["trial"], "choice": 1, **measured})


def serve(folder, token=None):
    at = serving.listen("127.0.0.1", 0)
    site = serving.application(folder, serving.open_store(folder), token)
    threading.Thread(target=serving.serve, args=(site, at), daemon=True).start()
    return "{}:{}".format(*at.getsockname())


def stored(folder, query):
    with closing(sqlite3.connect(folder / "responses.sqlite")) as database:
        return database.execute(query).fetchall()


# ---- Once each, and a code


def test_a_worker_takes_part_once_and_gets_a_code(recruit):
    folder = recruit("mturk")
    host = serve(folder)
    worker = Worker(host, MTURK)
    assert worker.get("/api/state")["phase"] == "new"
    assert worker.start()["phase"] == "scored"
    end = worker.finish()
    assert CODE.fullmatch(end["code"])
    assert end["submit"] == {
        "to": "https://www.mturk.com/mturk/externalSubmit",
        "fields": {"assignmentId": "3X", "code": end["code"]},
    }
    assert worker.get("/api/state")["code"] == end["code"]
    again = Worker(host, MTURK)  # the same task, and a tab that has lost the key
    assert again.start()["code"] == end["code"]
    other = Worker(host, MTURK.replace("3X", "3Y"))
    assert other.get("/api/state")["phase"] == "already"
    assert other.start()["phase"] == "already"
    assert "key" not in other.start()
    assert Worker(host, MTURK.replace("A1", "A2")).start()["phase"] == "scored"
    assert stored(folder, "SELECT COUNT(*) FROM participants") == [(2,)]


def test_who_lost_the_key_goes_on(recruit):
    """Where a browser keeps nothing in a frame, a reload begins at the first page."""
    folder = recruit("prolific")
    host, query = serve(folder), "PROLIFIC_PID=p1&SESSION_ID=s1&STUDY_ID=x"
    first = Worker(host, query)
    first.start()
    second = Worker(host, query)
    assert second.get("/api/state")["phase"] == "new"
    second.start()
    assert first.ask("/api/trial", {})[0] == 403, "the former key is good no more"
    assert second.finish()["phase"] == "end"
    assert stored(folder, "SELECT COUNT(*) FROM participants") == [(1,)]


def test_a_platforms_numbers_are_not_stored(recruit):
    folder = recruit("mturk")
    worker = Worker(serve(folder), MTURK.replace("A1", "A1SECRETWORKER").replace("3X", "3XSECRET"))
    worker.start()
    worker.finish()
    ((name, work),) = stored(folder, "SELECT worker, assignment FROM arrivals")
    assert re.fullmatch(r"[0-9a-f]{64}", name)
    assert re.fullmatch(r"[0-9a-f]{64}", work)
    for file in folder.glob("responses.sqlite*"):
        assert b"SECRET" not in file.read_bytes()


@pytest.mark.parametrize(
    ("query", "phase"),
    [
        (MTURK.replace("3X", "ASSIGNMENT_ID_NOT_AVAILABLE"), "preview"),
        ("assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE", "preview"),
        ("", "stranger"),
        ("workerId=A1", "stranger"),
        ("workerId=A1&assignmentId=", "stranger"),
        (f"workerId={'A' * 129}&assignmentId=3X", "stranger"),
        ("workerId=%3Cscript%3E&assignmentId=3X", "stranger"),
        ("workerId=A%00&assignmentId=3X", "stranger"),
    ],
)
def test_nothing_is_begun_by_a_look_or_half_a_link(recruit, query, phase):
    folder = recruit("mturk")
    worker = Worker(serve(folder), query)
    assert worker.get("/api/state")["phase"] == phase
    assert worker.start()["phase"] == phase
    assert worker.ask("/api/trial", {})[0] == 403
    assert stored(folder, "SELECT COUNT(*) FROM participants") == [(0,)]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://www.mturk.com", "https://www.mturk.com.evil", "", "/"],
)
def test_the_end_goes_where_the_study_allows(recruit, origin):
    worker = Worker(
        serve(recruit("mturk")), MTURK.partition("&turk")[0] + f"&turkSubmitTo={origin}"
    )
    worker.start()
    end = worker.finish()
    assert end["submit"] is None
    assert CODE.fullmatch(end["code"]), "it is shown to be copied"


def test_a_completion_link_carries_the_code(recruit):
    url = "https://panel.example/done?cc={code}"
    worker = Worker(serve(recruit("other", "--completion-url", url)), "worker=w&assignment=a")
    worker.start()
    end = worker.finish()
    assert end["link"] == f"https://panel.example/done?cc={end['code']}"
    assert end["submit"] is None


@pytest.mark.parametrize(
    "url",
    ["http://a.example", "javascript:alert(1)", "https://", "https://a b", 'https://a"', "//a",
     "https://[", "https://a\n.example"],
)  # fmt: skip
def test_odd_completion_links_are_refused(make, url):
    folder = make()
    code, said = study("recruit", folder, "other", "--completion-url", url)
    assert (code, "give the whole address" in said) == (2, True)
    assert not is_link(url)
    content = json.loads((folder / "study.json").read_text())
    content["recruiting"] = {"platform": "other", "completion_url": url}
    (folder / "study.json").write_text(json.dumps(content))
    assert "study.json is damaged (recruiting.completion_url" in study("report", folder)[1]


# ---- In a frame


def test_only_the_platforms_pages_may_frame_it(recruit):
    folder = recruit("mturk")
    policy = Worker(serve(folder), "").ask("/")[1]["Content-Security-Policy"]
    assert "frame-ancestors https://worker.mturk.com https://requester.mturk.com" in policy
    assert "form-action https://www.mturk.com;" in policy
    assert "script-src 'self';" in policy
    content = json.loads((folder / "study.json").read_text())
    for origin in ("*", "https:", "https://a.example; script-src *", "http://a.example", "'self'"):
        content["recruiting"]["frames"] = [origin]
        (folder / "study.json").write_text(json.dumps(content))
        assert "study.json is damaged (recruiting.frames.0" in study("report", folder)[1]


def test_the_token_stays_in_the_link(recruit):
    """Without cookies: the page takes it from its address, and sends it with each request."""
    folder = recruit("mturk")
    with closing(serving.open_store(folder)) as store:
        token = store.token()
    host = serve(folder, token)
    for query in (MTURK, f"token=x&{MTURK}", f"token={token}x"):
        stranger = Worker(host, query)
        for path in ("/", "/study.js", "/api/state", "/api/texts", "/image/x"):
            assert stranger.ask(path)[0] == 403
    linked = Worker(host, f"token={token}&{MTURK}")
    status, headers, page = linked.ask("/")
    assert (status, headers["Set-Cookie"]) == (200, None)
    for path in re.findall(r'(?:href|src)="([\w.]+\?[^"]+)"', page.decode()):
        assert path.endswith(f"?token={token}")
        assert Worker(host, path.partition("?")[2]).ask("/" + path.partition("?")[0])[0] == 200
    assert linked.ask("/api/state")[0] == 403, "the link opens the page alone"
    worker = Worker(host, MTURK, token)
    worker.start()
    assert worker.finish()["phase"] == "end"


def test_in_another_sites_frame_without_cookies(recruit, browser):
    """A page of another origin embeds it, as a platform does; the end is submitted to it."""
    folder = recruit("mturk")
    received = []
    platform = Platform(received)
    content = json.loads((folder / "study.json").read_text())
    content["recruiting"] |= {"frames": [platform.origin], "submit_to": [platform.origin]}
    (folder / "study.json").write_text(json.dumps(content))
    with closing(serving.open_store(folder)) as store:
        token = store.token()
    link = f"http://{serve(folder, token)}/?token={token}&workerId=W&assignmentId=T"
    platform.page = f'<iframe src="{link}&turkSubmitTo={platform.origin}"></iframe>'
    context = browser.new_context()
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{platform.origin}/")
    frame = page.frame_locator("iframe")
    for section in ("consent", "start"):
        frame.locator(f"#{section} button").click()
    frame.locator("#question [data-choice='1']").click()
    frame.locator("#code", has_text="-").wait_for()
    code = frame.locator("#code").inner_text()
    frame.locator("#submit button").click()
    page.wait_for_function("() => window.name !== 'x'")
    frame.locator("text=received").wait_for()
    assert received == [("/mturk/externalSubmit", {"assignmentId": ["T"], "code": [code]})]
    assert stored(folder, "SELECT code FROM arrivals") == [(code,)]
    assert context.cookies() == []
    assert not complaints
    context.close()


class Platform:
    """Another site on this machine: a page with a frame, and what is submitted to it."""

    def __init__(self, received):
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        platform = self

        class Handler(BaseHTTPRequestHandler):
            def reply(self, text):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(text.encode())

            def do_GET(self):
                self.reply(platform.page)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                received.append((self.path, parse_qs(body)))
                self.reply("received")

            def log_message(self, *words):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.page, self.origin = "", f"http://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()


# ---- What platforms are given


def test_what_mturk_asks_for(recruit, tmp_path):
    folder = recruit("mturk")
    code, said = study("export", folder, "--url", "https://study.example.org/", "--out", tmp_path)
    assert code == 0, said
    root = ET.parse(tmp_path / "external_question.xml").getroot()
    assert root.tag == f"{NS}ExternalQuestion"
    assert [child.tag for child in root] == [f"{NS}ExternalURL", f"{NS}FrameHeight"]
    link = urlsplit(root[0].text)
    with closing(serving.open_store(folder)) as store:
        assert (link.netloc, parse_qs(link.query)["token"]) == (
            "study.example.org",
            [store.token()],
        )


def test_what_prolific_asks_for(recruit, tmp_path):
    url = "https://app.prolific.com/submissions/complete?cc=C1"
    folder = recruit("prolific", "--completion-url", url)
    assert study("export", folder, "--url", "https://s.example", "--out", tmp_path)[0] == 0
    text = (tmp_path / "link.txt").read_text()
    assert "PROLIFIC_PID={{%PROLIFIC_PID%}}&SESSION_ID={{%SESSION_ID%}}&STUDY_ID={{%STUDY" in text
    assert url in text
    assert study("recruit", folder, "none")[0] == 0
    assert read_study(folder).recruiting is None
    assert "names no platform" in study("export", folder)[1]


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example/path", "a.example", "https://"]
)
def test_odd_addresses_of_a_server_are_refused(recruit, url):
    folder = recruit("mturk")
    for command in ("export", "serve"):
        code, said = study(command, folder, "--url", url)
        assert (code, said.count("\n"), "give the server's address alone" in said) == (2, 1, True)


def test_codes_are_checked(recruit, tmp_path):
    folder = recruit("mturk")
    host, codes = serve(folder), []
    for number in range(3):
        worker = Worker(host, MTURK.replace("A1", f"A{number}"))
        worker.start()
        codes.append(worker.finish()["code"])
    Worker(host, MTURK.replace("A1", "A9")).start()  # does not finish
    (unearned,) = stored(
        folder, "SELECT code FROM arrivals JOIN participants ON id = participant "
        "WHERE finished IS NULL",
    )[0]  # fmt: skip
    assert study("export", folder, "--out", tmp_path)[0] == 0
    with (tmp_path / "codes.csv").open() as file:
        assert [row["code"] for row in csv.DictReader(file)] == codes
    batch = tmp_path / "batch.csv"
    batch.write_text(
        f'"w1","{codes[0].lower()}"\n"w2","{codes[1]}"\n"w3","{codes[1]}"\n{unearned}\n'
    )
    code, said = study("report", folder, "--codes", batch)
    assert code == 0, said
    assert "3 different codes, 2 of them earned here" in said
    assert f"not earned here: {unearned}" in said
    assert f"given more than once: {codes[1]}" in said
    assert f"earned but not in the file: {codes[2]}" in said
    batch.write_text("nothing")
    assert "there is no completion code in it" in study("report", folder, "--codes", batch)[1]
    with (folder / "report" / "participants.csv").open() as file:
        assert [row["code"] for row in csv.DictReader(file)] == [*codes, ""]
