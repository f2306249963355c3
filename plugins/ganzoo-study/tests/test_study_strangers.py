"""A study folder from a stranger: served is what it lists, in regular files of its own."""

from __future__ import annotations

import csv
import http.client
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import numpy as np
import pytest
from ganzoo.cli import app
from ganzoo.files.untrusted import UntrustedError
from ganzoo.printing.tabular import as_csv, markdown_row
from ganzoo.printing.text import HIDDEN
from PIL import Image
from typer.testing import CliRunner

from ganzoo_study import serving
from ganzoo_study.creating import Options, create_study
from ganzoo_study.plan import plan_trials
from ganzoo_study.records import Answer
from ganzoo_study.reporting import read_report, write_report
from ganzoo_study.store import Store
from ganzoo_study.study_file import read_picture, read_study

SECRET = "the user's own"
HOSTILE = "=cmd|'/c calc'!A0\x1b]0;owned\x07|<script>$\\frac{\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study of two methods, one of an odd name."""
    place = tmp_path_factory.mktemp("study")
    chance = np.random.default_rng(0)
    for name in ("real", "fake"):
        (place / name).mkdir()
        for number in range(6):
            pixels = chance.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(place / name / f"={name}{number}.png")
    fakes = {"one": place / "fake", HOSTILE: place / "fake"}
    create_study(place / "study", place / "real", fakes, Options(trials=2, practice=1), print)
    return place / "study"


@pytest.fixture
def folder(whole, tmp_path):
    (tmp_path / "SECRET").write_text(SECRET)
    return shutil.copytree(whole, tmp_path / "study")


def edited(folder, query, *values):
    with closing(sqlite3.connect(folder / "responses.sqlite")) as database, database:
        database.execute(query, values)


def answered(folder, people=2):
    """Everybody answers everything."""
    study = read_study(folder)
    with closing(Store(folder / "responses.sqlite")) as store:
        for _ in range(people):
            key = store.join([*study.methods], lambda m: plan_trials(study, m, random.Random(0)))
            person = store.participant(key)
            while shown := store.show(person):
                store.answer(person, shown[0], Answer(1, (1000.0, 1000.0), 16.7, 500.0))


class Person:
    """A participant without a browser."""

    def __init__(self, folder):
        at = serving.listen("127.0.0.1", 0)
        site = serving.application(folder, serving.open_store(folder), None)
        threading.Thread(target=serving.serve, args=(site, at), daemon=True).start()
        self.connection = http.client.HTTPConnection(*at.getsockname(), timeout=60)
        self.cookie = ""

    def ask(self, path, message=None):
        headers = {"Cookie": self.cookie, "Content-Type": "application/json"}
        body = None if message is None else json.dumps(message)
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        reply = self.connection.getresponse()
        self.cookie = (reply.headers["Set-Cookie"] or self.cookie).partition(";")[0]
        return reply.status, reply.read()

    def show(self):
        """What is answered for each of the images of the next trial."""
        _, content = self.ask("/api/trial", {})
        return [self.ask(f"/image/{ticket}") for ticket in json.loads(content)["images"]]


def plain(folder):
    """Everything is served as long as nothing is odd."""
    person = Person(folder)
    consent = json.loads(person.ask("/api/texts")[1])["consent"]
    assert person.ask("/api/start", {"consent": consent})[0] == 200
    return person


@pytest.mark.case("E2")
@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../SECRET", "../study.json", "../responses.sqlite", ".", "", "\0"]
)
def test_only_files_that_the_study_lists_are_served(folder, name):
    person = plain(folder)
    assert [status for status, _ in person.show()] == [200, 200]
    edited(folder, "UPDATE trials SET real = ?, fake = ?", name, name)
    for status, content in person.show():
        assert (status, content) == (500, b"this study is damaged\n")


@pytest.mark.case("E2")
@pytest.mark.parametrize("kind", ["link out", "link in", "pipe", "folder", "large", "all images"])
def test_only_regular_files_of_its_own_are_served(folder, kind):
    person, images = plain(folder), folder / "images"
    if kind == "all images":
        images.rename(folder.parent / "elsewhere")
        images.symlink_to(folder.parent / "elsewhere")
    for path in [*images.iterdir()] if kind != "all images" else []:
        path.unlink()
        if kind.startswith("link"):
            path.symlink_to(folder.parent / "SECRET" if kind == "link out" else "../study.json")
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        else:
            with path.open("wb") as file:
                file.truncate(1 << 30)
    for status, content in person.show():
        assert (status, content) == (500, b"this study is damaged\n")


@pytest.mark.case("E2")
def test_a_picture_is_read_by_its_listed_name(folder):
    study = read_study(folder)
    name = study.real.images[0].file
    assert read_picture(folder, study, name) == (folder / "images" / name).read_bytes()
    link = folder.parent / "link"
    link.symlink_to(folder)  # of a user's own
    assert read_picture(link, study, name) == read_picture(folder, study, name)
    (folder / "images" / f"{'0' * 32}.png").write_text("not listed")
    with pytest.raises(UntrustedError, match="no such image"):
        read_picture(folder, study, f"{'0' * 32}.png")


@pytest.mark.case("E2")
@pytest.mark.parametrize("end", ["", "-wal", "-journal"])
def test_responses_are_written_into_no_other_file(folder, end):
    place, other = folder / f"responses.sqlite{end}", folder.parent / "other.sqlite"
    shutil.copy(folder / "responses.sqlite", other)
    before = other.read_bytes()
    place.unlink(missing_ok=True)
    place.symlink_to(other)
    done = CliRunner().invoke(app, ["study", "serve", str(folder)])
    assert (done.exit_code, done.output.count("\n")) == (2, 1), done.output
    assert "responses.sqlite cannot be used: it is a link" in done.output
    assert other.read_bytes() == before


@pytest.mark.case("E2")
@pytest.mark.parametrize(
    "query",
    [
        "CREATE TRIGGER t AFTER INSERT ON trials BEGIN UPDATE trials SET fake = '/etc/passwd'; END",
        "CREATE VIEW more AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i FROM n",
        "ALTER TABLE participants ADD COLUMN slow TEXT AS (hex(zeroblob(100000000)))",
    ],
)
def test_a_database_that_runs_something_is_refused(folder, query):
    edited(folder, query)
    done = CliRunner().invoke(app, ["study", "report", str(folder)])
    assert done.exit_code == 2
    assert "cannot be used: it has other tables than a study's" in done.output


@pytest.mark.case("E2")
@pytest.mark.parametrize(
    ("column", "value"),
    [("choice", "x"), ("choice", 7), ("first_ms", "\x1b[2J"), ("real", b"\xff"),
     ("showings", 1e999), ("response_ms", None), ("answered", b"3"), ("practice", "no")],
)  # fmt: skip
def test_nonsense_in_the_database_is_told(folder, column, value):
    answered(folder)
    edited(folder, f"UPDATE trials SET {column} = ?", value)
    done = CliRunner().invoke(app, ["study", "report", str(folder)])
    assert (done.exit_code, done.output.count("\n")) == (2, 1), done.output
    assert "responses.sqlite is damaged: " in done.output
    assert not HIDDEN.search(done.output)


@pytest.mark.case("E2")
def test_a_consent_that_is_no_hash_is_told(folder):
    answered(folder)
    edited(folder, "INSERT INTO consents VALUES (1, '<script>', '')")
    done = CliRunner().invoke(app, ["study", "report", str(folder)])
    assert (done.exit_code, done.output.count("\n")) == (2, 1), done.output
    assert "responses.sqlite is damaged: a participant's consent cannot be" in done.output


@pytest.mark.case("E2")
def test_no_link_is_copied_for_simulated_participants(folder, tmp_path):
    path = next((folder / "images").iterdir())
    path.unlink()
    path.symlink_to(folder.parent / "SECRET")
    rates = [f"--rate={name}=20" for name in read_study(folder).methods]
    done = CliRunner().invoke(app, ["study", "simulate", str(folder), str(tmp_path / "s"), *rates])
    assert (done.exit_code, done.output.count("\n")) == (2, 1), done.output
    assert not (tmp_path / "s").exists()


@pytest.mark.case("E2")
def test_a_file_that_is_no_database_is_told(folder):
    answered(folder)
    content = bytearray((folder / "responses.sqlite").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (folder / "responses.sqlite").write_bytes(content)
    done = CliRunner().invoke(app, ["study", "report", str(folder)])
    assert (done.exit_code, done.output.count("\n")) == (2, 1), done.output


@pytest.mark.case("E12")
def test_a_spreadsheet_computes_nothing(folder, tmp_path):
    answered(folder)
    files = write_report(read_report(folder, False, 100, 0), tmp_path / "report")
    text = files[2].read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 6
    assert {row["method"] for row in rows} == {
        "one",
        r"'=cmd|'/c calc'!A0\x1b]0;owned\x07|<script>$\frac{\n",
    }
    assert {row["real"][:6] for row in rows} == {"'=real"}
    assert not HIDDEN.search(text)
    table = [line for line in files[0].read_text().splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert "<script>" not in files[0].read_text()
    assert "=cmd&#124;'/c calc'!A0\\x1b]0;owned\\x07&#124;&lt;script&gt;" in table[3]


@pytest.mark.case("E12")
def test_texts_are_inert_and_numbers_stay():
    cells = ["=1", "+1", "-1", "@a", "\t=1", "a=1", -1.5, 3, None, "a\nb"]
    (row,) = csv.reader(io.StringIO(as_csv([cells])))
    assert row == ["'=1", "'+1", "'-1", "'@a", r"'\t=1", "a=1", "-1.5", "3", "", r"a\nb"]
    assert markdown_row(["a|b", "c\nd<e>"]) == r"| a&#124;b | c\nd&lt;e&gt; |"


def test_a_report_in_the_terminal_is_text(folder):
    answered(folder)
    done = CliRunner().invoke(app, ["study", "report", str(folder)])
    assert done.exit_code == 0, done.output
    assert not HIDDEN.search(done.output)
    assert r"=cmd|'/c calc'!A0\x1b]0;owned\x07" in done.output


@pytest.mark.case("E12")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_with_a_sentence(folder, number):
    words = ["-m", "ganzoo", "study", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    link = re.search(r"http://([^/]+)/", process.stdout.readline())
    connection = http.client.HTTPConnection(link[1], timeout=60)
    connection.request("GET", "/")  # it is served from here on
    assert connection.getresponse().status == 200
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert "Stopped. 0 finished, 0 not yet" in said
