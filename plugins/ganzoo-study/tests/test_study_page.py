"""The study as it is served: what a participant can see, who is refused, and in a browser."""

from __future__ import annotations

import http.client
import io
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from ganzoo.cli import app
from PIL import Image
from typer.testing import CliRunner

from ganzoo_study import serving

pytest.importorskip("starlette", reason="pip install ganzoo-study")
COLOURS = {"real": 40, "one": 200, "two": 220}  # as in conftest.py


def serve(folder, token=None):
    """The host and port at which a study is served, from a thread of its own."""
    at = serving.listen("127.0.0.1", 0)
    site = serving.application(folder, serving.open_store(folder), token)
    threading.Thread(target=serving.serve, args=(site, at), daemon=True).start()
    return "{}:{}".format(*at.getsockname())


@pytest.fixture(scope="module")
def folder(make):
    return make()


@pytest.fixture(scope="module")
def served(folder):
    return serve(folder)


class Person:
    """A participant without a browser: keeps cookies, sends paths as they are."""

    def __init__(self, host):
        self.connection = http.client.HTTPConnection(host, timeout=60)
        self.cookies = {}

    def ask(self, path, message=None, **headers):
        """The reply's status, headers and body."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, **{k.replace("_", "-"): v for k, v in headers.items()}}
        body = message if message is None or isinstance(message, str) else json.dumps(message)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        reply = self.connection.getresponse()
        content = reply.read()
        for cookie in reply.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply.status, reply.headers, content

    def get(self, path, message=None):
        status, _, content = self.ask(path, message)
        assert status == 200, (path, status, content)
        return json.loads(content)

    def join(self):
        return self.get("/api/start", {"consent": self.get("/api/texts")["consent"]})

    def show(self):
        return self.get("/api/trial", {})

    def answer(self, trial, choice=1, **other):
        return self.get("/api/answer", given(trial, choice, **other))


def given(trial, choice=1, **other):
    measured = {"exposures": [1000, 999.9], "frame": 16.7, "response": 500.0}
    return {"trial": trial, "choice": choice, **measured, **other}


def red(content):
    with Image.open(io.BytesIO(content)) as image:
        return image.getpixel((0, 0))[0], image.getpixel((0, 0))[1]


# ---- What a participant can see


def test_nothing_but_the_picture_tells_the_classes_apart(make):
    """Names, sizes, headers, replies, in all trials; and the pairs are what they should be."""
    folder = make(methods=["one"], trials=8)
    host = serve(folder)
    tickets, lengths, headers, states, pictures, fakes = set(), set(), set(), set(), [], []
    for _ in range(3):
        person = Person(host)
        person.join()
        seen = []
        while (state := person.show())["phase"] != "end":
            assert set(state) == {
                *("phase", "trial", "done", "practice", "trials", "exposure", "blank"),
                *("height", "width", "images"),
            }
            kinds = []
            for ticket in state["images"]:
                status, head, content = person.ask(f"/image/{ticket}")
                assert status == 200
                tickets.add(ticket)
                lengths.add(len(content))
                headers.add(tuple(sorted(set(head.items()) - {("date", head["date"])})))
                kinds.append(red(content))
            assert sorted(kind for kind, _ in kinds) == [COLOURS["real"], COLOURS["one"]]
            seen += kinds
            fakes.append([kind for kind, _ in kinds].index(COLOURS["one"]) + 1)
            reply = person.answer(state["trial"])
            right = fakes[-1] == 1 if state["phase"] == "practice" else None
            assert reply["right"] is right, "told in practice only"
            states.add(len(json.dumps(state)))
        assert len(set(seen)) == len(seen) == 20, "no image twice"
        pictures += seen
    assert (len(lengths), len(headers), len(tickets)) == (1, 1, 60)
    assert not {name.lower() for name, _ in headers.pop()} & {"etag", "last-modified", "server"}
    assert 5 < fakes.count(1) < 25
    assert len({tuple(pictures[n : n + 20]) for n in (0, 20, 40)}) == 3, "an order of their own"
    assert not tickets & {file.stem for file in (folder / "images").iterdir()}


def test_every_reply_forbids_all_but_this_site(served):
    for path in ("/", "/study.js", "/study.css", "/api/state", "/api/texts", "/nothing"):
        _, headers, _ = Person(served).ask(path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
    page = Person(served).ask("/")[2].decode()
    assert not re.search(r"style=|onclick|<script>|<style|https?:", page)


# ---- Who is refused


@pytest.mark.parametrize(
    "path",
    [
        *("/study.json", "/responses.sqlite", "/images/", "/image/", "/image/{file}"),
        *("/images/{file}", "/image/../study.json", "/image/..%2fstudy.json", "/../study.json"),
        *("/image/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/image//etc/passwd", "/study.js/../study.json"),
        *("/image/{foreign}", "/image/%00", "/image/' OR 1=1 --", "/pages/index.html", "/report"),
        *("/image/" + "a" * 3000, "/docs", "/openapi.json", "/index.html", "//etc/passwd"),
    ],
)
def test_paths_that_were_not_issued_lead_nowhere(folder, served, path):
    other, person = Person(served), Person(served)
    other.join()
    person.join()
    person.show()
    foreign = other.show()["images"][0]
    assert other.ask(f"/image/{foreign}")[0] == 200
    name = next((folder / "images").iterdir()).name
    path = path.replace("{foreign}", foreign).replace("{file}", name).replace(" ", "%20")
    status, _, content = person.ask(path)
    assert status in (404, 405), content
    assert len(content) < 100


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (given(5), 409),
        (given(1), 409),
        (given(99), 409),
        (given(-1), 400),
        (given(0, 3), 400),
        (given(0, "1"), 400),
        (given(0, True), 400),
        (given("0"), 400),
        (given(0, exposures=[1]), 400),
        (given(0, exposures=[float("nan"), 1]), 400),
        (given(0, frame=-1), 400),
        (given(0, more=1), 400),
        ({"trial": 0}, 400),
        ("[", 400),
        ("\x00", 400),
        ('{"trial": 0' + " " * 5000, 413),
    ],
)
def test_answers_that_are_none_are_refused(served, message, status):
    person = Person(served)
    person.join()
    assert person.ask("/api/answer", given(0))[0] == 409, "nothing was shown yet"
    person.show()
    assert person.ask("/api/answer", message)[0] == status
    person.connection.close()
    assert person.get("/api/state")["trial"] == 0


def test_strangers_are_refused(served):
    person = Person(served)
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1"):
        assert person.ask("/", Host=host)[0] == 400, host
    for host in ("localhost", "127.0.0.1:99", "[::1]:80"):
        assert person.ask("/", Host=host)[0] == 200, host
    assert person.ask("/api/trial", {})[0] == 403, "takes no part"
    assert person.ask("/image/abc")[0] == 403
    assert person.ask("/api/start", {}, Content_Type="text/plain")[0] == 415, "another site's form"
    assert person.ask("/api/start")[0] == 405
    assert person.get("/api/state")["phase"] == "new"
    person.cookies = dict.fromkeys(["ganzoo_0", "ganzoo"], "x" * 3000)
    assert person.get("/api/state")["phase"] == "new"


def test_from_other_machines_a_token_is_asked_for(make):
    folder = make()
    with closing(serving.open_store(folder)) as store:
        token = store.token()
    with closing(serving.open_store(folder)) as store:
        assert store.token() == token, "a link is good after a restart"
    host = serve(folder, token)
    person = Person(host)
    for path in (
        "/",
        "/study.js",
        f"/study.js?token={token}",
        "/api/state",
        "/?token=",
        "/?token=é",
        f"/?token={token}x",
    ):
        assert person.ask(path.replace("é", "%C3%A9"))[0] == 403
    assert person.ask("/api/start", {})[0] == 403
    assert person.ask(f"/api/state?token={token}")[0] == 403, "the link's page alone takes it"
    status, headers, _ = person.ask(f"/?token={token}")
    assert (status, headers["Location"]) == (303, "/")
    assert "httponly" in headers["Set-Cookie"].lower()
    assert person.ask("/", Host="192.168.1.7")[0] == 200
    assert person.join()["phase"] == "practice"
    person.cookies = {name: f"{value}x" for name, value in person.cookies.items()}
    assert person.ask("/")[0] == 403


def test_serving_is_local_unless_told_otherwise(make):
    assert serving.is_local("127.0.0.1")
    assert serving.is_local("localhost")
    assert serving.is_local("::1")
    assert not any(map(serving.is_local, ("0.0.0.0", "192.168.1.7", "::", "machine")))
    folder, taken = make(), serving.listen("127.0.0.1", 0)
    port = str(taken.getsockname()[1])
    done = CliRunner().invoke(app, ["study", "serve", str(folder), "--port", port])
    assert (done.exit_code, f"port {port} is in use by another program" in done.output) == (2, True)
    taken.close()


# ---- Answers


def test_an_answer_counts_once(served):
    person = Person(served)
    person.join()
    person.show()
    first = person.answer(0, 1)
    assert person.answer(0, 1) == first, "the reply was lost, the answer comes again"
    assert person.answer(0, 2) == first, "a change of mind comes too late"
    person.show()
    assert person.answer(1)["done"] == 0
    assert person.answer(0) == {**person.get("/api/state"), "right": first["right"]}


def take_part(host, started):
    """From the page to the end; the longest that a request took."""
    person, slowest = Person(host), 0.0
    started.wait()
    person.ask("/")
    person.join()
    while (state := person.show())["phase"] != "end":
        for ticket in state["images"]:
            assert person.ask(f"/image/{ticket}")[0] == 200
        before = time.perf_counter()
        person.answer(state["trial"], random.choice((1, 2)))
        slowest = max(slowest, time.perf_counter() - before)
    return slowest


def test_fifty_at_once(make):
    people, folder = 50, make(trials=1, practice=1)
    host, started = serve(folder), threading.Barrier(people)
    with ThreadPoolExecutor(people) as pool:
        before = time.perf_counter()
        slowest = max(pool.map(take_part, [host] * people, [started] * people))
    print(f"{people} in {time.perf_counter() - before:.1f} s, slowest answer {slowest:.2f} s")
    with closing(serving.open_store(folder)) as store:
        responses = store.responses()
        assert (store.finished(), len(responses)) == (people, 2 * people)
    assert sum(r.method == "one" for r in responses) == people, "dealt out evenly"


def start(folder):
    """`ganzoo study serve` as a process, and where it is reached."""
    words = ["-m", "ganzoo", "study", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    link = re.search(r"http://\S+", process.stdout.readline())
    return process, urlsplit(link[0]).netloc


def answer_until_it_dies(host, acknowledged):
    person = Person(host)
    try:
        person.join()
        while True:
            state = person.show()
            choice = random.choice((1, 2))
            person.answer(state["trial"], choice, response=(serial := random.random()))
            acknowledged.append((state["trial"], choice, serial))
    except (OSError, http.client.HTTPException):
        return person


def test_killed_it_has_every_acknowledged_answer(make):
    folder, acknowledged = make(trials=500, practice=0, repeats=True), []
    process, host = start(folder)
    with ThreadPoolExecutor(6) as pool:
        people = [pool.submit(answer_until_it_dies, host, acknowledged) for _ in range(6)]
        while len(acknowledged) < 40 and not any(person.done() for person in people):
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        person = people[0].result()
    process.wait()
    with closing(sqlite3.connect(folder / "responses.sqlite")) as database:
        query = "SELECT number, choice, response_ms FROM trials WHERE choice IS NOT NULL"
        kept = database.execute(query).fetchall()
    assert set(acknowledged) <= set(kept)
    assert len(acknowledged) >= 40
    assert len(kept) <= len(acknowledged) + 6, "one each may have been on its way"
    process, host = start(folder)
    person.connection = http.client.HTTPConnection(host)
    assert person.show()["trial"] > 0, "goes on where they were"
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    assert "Stopped. 0 finished, 6 not yet" in said
    assert f"ganzoo study report {folder}" in said


# ---- In a browser

# A second opinion on what study.js measures: the frames in which an image is found opaque.
WATCH = """() => {
  window.watched = [];
  const look = (now) => {
    const images = [...document.querySelectorAll("#stage img")];
    const seen = images.find((image) => getComputedStyle(image).opacity === "1");
    const last = window.watched.at(-1);
    if (last && !last.until && last.source !== seen?.src) last.until = now;
    if (seen && last?.source !== seen.src) window.watched.push({ source: seen.src, from: now });
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
NARROW, WIDE = {"width": 400, "height": 720}, {"width": 1600, "height": 900}


def at(page, section):
    """Wait for a part of the page."""
    page.wait_for_selector(f"#{section}:not([hidden])", timeout=20_000)
    return page.inner_text(f"#{section}")


def begin(page):
    """Agree, and come to the instructions."""
    at(page, "consent")
    page.click("#consent button")
    return at(page, "start")


def press(page, key):
    """A key once the question is there; the question goes away."""
    at(page, "question")
    page.keyboard.press(key)
    page.wait_for_selector("#question", state="hidden")


def test_each_image_is_shown_for_one_second(make, visit):
    """Within two frames of the display, by the page's measure and by another."""
    page = visit(serve(make(exposure_ms=1000, blank_ms=100, trials=2, practice=0)))
    begin(page)
    page.evaluate(WATCH)
    page.keyboard.press("Enter")
    press(page, "1")
    press(page, "2")
    at(page, "end")
    trials = page.evaluate("window.study.trials")
    frame = trials[-1]["frame"]
    exposures = [ms for trial in trials for ms in trial["exposures"]]
    watched = page.evaluate("window.watched.map(seen => seen.until - seen.from)")
    print(f"a frame {frame} ms, exposures {exposures}, seen for {watched}")
    assert 4 < frame < 34
    for measured in (exposures, watched):
        assert len(measured) == 4
        off = [ms for ms in measured if abs(ms - 1000) > 2 * frame + 0.5]
        assert len(off) <= 1, "one may meet a busy moment of the machine"
    assert len(set(page.evaluate("window.watched.map(seen => seen.source)"))) == 4


def test_two_take_part_at_once(make, visit, violations):
    """By keyboard and by mouse; one reloads in the middle of a pair; then the report."""
    folder = make()
    host = serve(folder)
    keys, mouse = visit(host, viewport=NARROW), visit(host, viewport=WIDE, color_scheme="dark")
    found = {"consent": violations(keys), "consent, dark": violations(mouse)}
    assert "told whether you were right (trials: 2)" in begin(keys)
    begin(mouse)
    found |= {"start": violations(keys), "start, dark": violations(mouse)}
    keys.keyboard.press("Space")
    mouse.click("#start button")
    said = []
    for number in range(2):
        at(keys, "question")
        assert keys.inner_text("#progress") == f"Practice {number + 1} of 2"
        if number == 0:
            found["practice"] = violations(keys)
        keys.keyboard.press(["1", "ArrowRight"][number])
        said.append(at(keys, "pause"))
        if number == 1:
            found["feedback"] = violations(keys)
        at(mouse, "question")
        mouse.click("[data-choice='2']")
        at(mouse, "pause")
        if number == 0:
            keys.keyboard.press("Enter")
            mouse.click("#pause button")
    assert all(re.match(r"(Right|Wrong)\s+The (first|second) picture was fake", s) for s in said)
    assert "Practice is over" in said[1]
    mouse.click("#pause button")
    mouse.wait_for_selector("#stage img", state="attached")
    mouse.reload()
    assert "Welcome back" in at(mouse, "pause")
    assert mouse.inner_text("#progress") == "Trial 1 of 3"
    found["welcome back, dark"] = violations(mouse)
    mouse.click("#pause button")
    keys.keyboard.press("Enter")
    for number in range(3):
        at(keys, "question")
        assert keys.inner_text("#progress") == f"Trial {number + 1} of 3"
        if number == 0:
            found["scored"] = violations(keys)
        keys.keyboard.press("Tab")
        keys.keyboard.press("Tab")
        keys.keyboard.press("Enter")  # the second button
        at(mouse, "question")
        mouse.click("[data-choice='1']")
        mouse.wait_for_selector("#question", state="hidden")
    assert "Thank you" in at(keys, "end")
    assert "Thank you" in at(mouse, "end")
    found["end"] = violations(keys)
    assert not any(found.values()), found
    measured = {trial["exposures"][0] for trial in keys.evaluate("window.study.trials")}
    assert measured
    keys.reload()
    at(keys, "end")
    check_report(folder, measured)


def check_report(folder, measured):
    with closing(serving.open_store(folder)) as store:
        answers = store.responses()
    assert sorted({r.method for r in answers}) == ["one", "two"]
    assert [r.choice for r in answers] == [1, 2, 2, 2, 2, 2, 2, 1, 1, 1] or [
        r.choice for r in answers
    ] == [2, 2, 1, 1, 1, 1, 2, 2, 2, 2]
    again = [r for r in answers if r.showings > 1]
    assert [(r.number, r.showings) for r in again] == [(2, 2)]
    assert measured <= {r.first_ms for r in answers}
    done = CliRunner().invoke(app, ["study", "report", str(folder)])
    assert done.exit_code == 0, done.output
    for method in ("one", "two"):
        fooled = [r.fooled for r in answers if r.method == method and not r.practice]
        assert re.search(rf"{method} +{100 * sum(fooled) / 3:.1f} ± ", done.output)
    assert "1 of 6 trials were shown again" in done.output


def test_a_page_left_and_a_server_gone(make, visit):
    """Who leaves the page in a pair sees it again; who reloads too often answers from memory."""
    page = visit(serve(make(trials=1, practice=0, exposure_ms=200)))
    begin(page)
    page.keyboard.press("Enter")
    for _ in range(2):
        page.wait_for_selector("#stage img", state="attached")
        page.reload()
        at(page, "pause")
        page.keyboard.press("Enter")
    page.wait_for_selector("#stage img", state="attached")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert "You left the page" in at(page, "pause")
    page.keyboard.press("Enter")
    assert "from memory" in at(page, "question")
    page.route("**/api/answer", lambda route: route.abort())
    sent = []
    page.on("requestfailed", lambda request: (sent.append(request), page.unroute("**/api/answer")))
    page.keyboard.press("2")
    at(page, "end")
    assert len(sent) == 1, "sent again, on its own"
