"""What participants read: the texts that ship, a user's own, consent before anything is stored."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
from contextlib import closing

import pytest
from ganzoo.cli import app
from ganzoo.errors import GanzooError
from typer.testing import CliRunner

from ganzoo_study import serving
from ganzoo_study.page_texts import consent_digest, english, languages, load_texts
from ganzoo_study.records import Answer
from ganzoo_study.study_file import read_study

HOSTILE = "<script>document.title = 'owned'</script> & \"'"


def study(*words):
    done = CliRunner().invoke(app, ["study", *map(str, words)])
    return done.exit_code, done.output


def written(path, **changes):
    """The English texts as a file, with changes; None leaves a key out."""
    texts = {**english(), **changes}
    lines = [f"{key} = {json.dumps(text)}" for key, text in texts.items() if text is not None]
    path.write_text("\n".join(lines))
    return path


class Visitor:
    """Somebody without a browser."""

    def __init__(self, folder):
        at = serving.listen("127.0.0.1", 0)
        self.host = "{}:{}".format(*at.getsockname())
        site = serving.application(folder, serving.open_store(folder), None)
        threading.Thread(target=serving.serve, args=(site, at), daemon=True).start()

    def ask(self, path, message=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        body = None if message is None else json.dumps(message)
        headers = {"Content-Type": "application/json"}
        connection.request("GET" if body is None else "POST", path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode()


def stored(folder, query):
    with closing(sqlite3.connect(folder / "responses.sqlite")) as database:
        return database.execute(query).fetchall()


# ---- Files


@pytest.mark.parametrize("language", languages())
def test_what_ships_is_whole(language, tmp_path):
    """Printed, written to a file and read again it is the same; every number of it is placed."""
    code, said = study("texts", "--language", language)
    assert code == 0
    (tmp_path / "my.toml").write_text(said, encoding="utf-8")
    texts = load_texts(str(tmp_path / "my.toml"))
    assert texts == load_texts(language)
    assert texts["language"] == language
    assert texts["direction"] == ("rtl" if language == "ar" else "ltr")
    for key, text in english().items():
        assert {w for w in WORDS if w in texts[key]} == {w for w in WORDS if w in text}, key


WORDS = [f"{{{name}}}" for name in ("minutes", "seconds", "practice", "trials", "number", "count")]


def test_three_languages_ship():
    assert languages() == ["ar", "de", "en"]
    assert "texts ship in ar, de, en" in study("texts", "--language", "tlh")[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"agree": None, "start": None}, "missing: agree, start; ganzoo study texts prints"),
        ({"strat": "x"}, "there is no text called strat. Did you mean 'start'?"),
        ({"agree": " "}, "agree must be a text that is not empty"),
        ({"agree": 3}, "agree must be a text that is not empty"),
        ({"agree": "x" * 10_001}, "agree is longer than 10,000 letters"),
        ({"direction": "down"}, "direction must be ltr, left to right, or rtl"),
        ({"language": 'en" onload="'}, "must be a code, as en, de or pt-BR"),
        (
            {"consent": "{minuets} min"},
            "consent: {minuets} is replaced by nothing; it may hold {",
        ),
        ({"agree": "{trials}"}, "agree: {trials} is replaced by nothing; it may hold no braces"),
    ],
)
def test_faults_of_a_file_are_told(tmp_path, changes, said):
    with pytest.raises(GanzooError) as told:
        load_texts(str(written(tmp_path / "my.toml", **changes)))
    assert said in str(told.value)
    assert str(told.value).count("\n") == 0


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    file = written(tmp_path / "my.toml", agree=None, more="x", direction="x")
    words = ("--real", tmp_path, "--fake", tmp_path, "--texts", file)
    code, said = study("create", tmp_path / "s", *words)
    assert (code, said.count(f"{file}: ")) == (2, 3)
    file.write_text("= no toml")
    assert "this is no TOML" in study("create", tmp_path / "s", *words)[1]
    file.unlink()
    code, said = study("create", tmp_path / "s", *words)
    assert (code, said.count("\n")) == (2, 1)
    assert "No such file or directory; give a TOML file, or a language that ships (ar, de" in said
    assert not (tmp_path / "s").exists()


def test_a_study_of_before_speaks_english(make, tmp_path):
    """Its file has no texts, its database no consents; it is served, and reported."""
    folder = make()
    content = json.loads((folder / "study.json").read_text())
    del content["texts"], content["recruiting"]
    (folder / "study.json").write_text(json.dumps(content))
    with closing(serving.open_store(folder)) as store:
        key = store.join(["one"], lambda method: [(False, "a", "b", 1)])
        person = store.participant(key)
        store.show(person)
        store.answer(person, 0, Answer(2, (1000.0, 1000.0), 16.7, 500.0))
    with closing(sqlite3.connect(folder / "responses.sqlite")) as database, database:
        database.execute("DROP TABLE consents")
        database.execute("DROP TABLE arrivals")
    code, said = study("report", folder)
    assert code == 0, said
    assert "1 of 1 participants agreed to no text" in said
    assert "one     100.0 ± 0.0" in said
    assert json.loads(Visitor(folder).ask("/api/texts")[2])["texts"] == {**english()}


def test_damaged_texts_of_a_study_are_told(make):
    folder = make()
    content = json.loads((folder / "study.json").read_text())
    content["texts"]["language"] = '"><script>'
    (folder / "study.json").write_text(json.dumps(content))
    code, said = study("report", folder)
    assert (code, said.count("\n")) == (2, 1)
    assert "study.json is damaged (texts: " in said


# ---- Consent


def test_nothing_is_stored_before_somebody_agrees(make):
    folder = make(texts={**english(), "consent": "A text of our own."})
    visitor = Visitor(folder)
    assert [visitor.ask(path)[0] for path in ("/", "/api/state", "/api/texts")] == [200] * 3
    for message, status in (
        ({}, 400),
        ({"consent": "yes"}, 400),
        ({"consent": consent_digest(english())}, 409),  # another text
    ):
        reply = visitor.ask("/api/start", message)
        assert (reply[0], reply[1]["Set-Cookie"]) == (status, None)
    tables = ("participants", "consents", "trials", "arrivals")
    assert [stored(folder, f"SELECT COUNT(*) FROM {name}") for name in tables] == [[(0,)]] * 4
    digest = json.loads(visitor.ask("/api/texts")[2])["consent"]
    assert visitor.ask("/api/start", {"consent": digest})[0] == 200
    assert digest == read_study(folder).consent
    assert stored(folder, "SELECT text, given = started FROM consents JOIN participants") == [
        (consent_digest({**english(), "consent": "A text of our own."}), 1)
    ]


def test_a_changed_word_is_another_text():
    digests = {
        consent_digest({**english(), key: "x"})
        for key in ("consent", "agree", "language", "start", "question")
    }
    assert len(digests) == 4, "buttons of other pages are no part of what is agreed to"


# ---- The page


def at(page, section):
    page.wait_for_selector(f"#{section}:not([hidden])", timeout=20_000)
    return page.inner_text(f"#{section}")


def test_texts_are_no_markup(make, visit):
    """In the page, and in what its program writes."""
    hostile = {key: HOSTILE for key in english() if key not in ("language", "direction")}
    visitor = Visitor(make(texts={**english(), **hostile}, practice=1, trials=1))
    page = visit(visitor.host)
    assert HOSTILE in at(page, "consent")
    assert page.title() == HOSTILE
    page.click("#consent button")
    at(page, "start")
    page.click("#start button")
    at(page, "question")
    page.keyboard.press("1")
    assert HOSTILE in at(page, "pause")
    assert page.locator("script").count() == 3


def test_from_right_to_left(make, visit, violations):
    """In Arabic the first button is on the right, and so is its arrow."""
    folder = make(texts=load_texts("ar"), practice=0, trials=2)
    page = visit(Visitor(folder).host)
    assert "قبل أن تبدأ" in at(page, "consent")
    found = violations(page)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    at(page, "consent")  # keys that were meant for something else agree to nothing
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    at(page, "start")
    found += violations(page)
    page.keyboard.press("Enter")
    for key in ("ArrowRight", "ArrowLeft"):
        at(page, "question")
        places = page.locator(".choices button").evaluate_all("a => a.map(b => b.offsetLeft)")
        assert places[0] > places[1]
        found += violations(page)
        page.keyboard.press(key)
        page.wait_for_selector("#question", state="hidden")
    assert "شكرًا لك" in at(page, "end")
    assert not found
    assert stored(folder, "SELECT choice FROM trials ORDER BY number") == [(1,), (2,)]
    assert page.evaluate("[document.dir, document.documentElement.lang]") == ["rtl", "ar"]
