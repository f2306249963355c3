"""Participants in the database: who has which method, and which trial is next."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import SystemRandom

from ganzoo_study.plan import PlannedTrial
from ganzoo_study.platforms import Arrival
from ganzoo_study.records import Answer

# A participant who did nothing for so long does not count when methods are assigned.
PATIENCE = timedelta(minutes=30)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # letters and digits that nobody mistakes
GROUPS, GROUP = 4, 4  # of a completion code: 79 bits


class AlreadyFinished(Exception):
    """Somebody who has finished comes again."""


def add_participant(
    db: sqlite3.Connection,
    methods: Sequence[str],
    plan: Callable[[str], Sequence[PlannedTrial]],
    consent: str,
) -> tuple[int, str]:
    """Add one, with a method that has the fewest; returns the number, and the secret key."""
    key, method, now = secrets.token_urlsafe(24), _deal(db, methods), now_text()
    person = db.execute(
        "INSERT INTO participants (key, method, started, active) VALUES (?, ?, ?, ?)",
        [hash_key(key), method, now, now],
    ).lastrowid
    assert person is not None
    if consent:
        db.execute("INSERT INTO consents VALUES (?, ?, ?)", [person, consent, now])
    db.executemany(
        "INSERT INTO trials (participant, number, practice, real, fake, fake_place) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [(person, number, *trial) for number, trial in enumerate(plan(method))],
    )
    return person, key


def add_arrival(db: sqlite3.Connection, person: int, arrival: Arrival, salt: str) -> None:
    """Say whom a platform sent, by hashes, and draw the completion code."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP))
    code = "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))
    hashes = hash_number(arrival.worker, salt), hash_number(arrival.assignment, salt)
    db.execute("INSERT INTO arrivals VALUES (?, ?, ?, ?)", [person, *hashes, code])


def find_arrived(db: sqlite3.Connection, arrival: Arrival, salt: str) -> int | None:
    """The participant whom a platform sent before; None if it is somebody new.

    Raises:
        AlreadyFinished: they finished, and come for another piece of work.
    """
    worker, assignment = (hash_number(number, salt) for number in arrival)
    row = db.execute(
        "SELECT participant, assignment, finished IS NOT NULL FROM arrivals "
        "JOIN participants ON id = participant WHERE worker = ?",
        [worker],
    ).fetchone()
    if row is None:
        return None
    if row[2] and row[1] != assignment:
        raise AlreadyFinished
    return int(row[0])


def give_new_key(db: sqlite3.Connection, person: int, arrival: Arrival, salt: str) -> str:
    """A key for one who comes again and has lost theirs; the former is good no more."""
    key = secrets.token_urlsafe(24)
    db.execute("UPDATE participants SET key = ? WHERE id = ?", [hash_key(key), person])
    assignment = hash_number(arrival.assignment, salt)
    db.execute("UPDATE arrivals SET assignment = ? WHERE participant = ?", [assignment, person])
    return key


def find_next_trial(db: sqlite3.Connection, person: int) -> int | None:
    """The number of the trial that is not answered yet; None after the last."""
    row = db.execute(
        "SELECT MIN(number) FROM trials WHERE participant = ? AND choice IS NULL", [person]
    )
    (number,) = row.fetchone()
    return None if number is None else int(number)


def record_answer(db: sqlite3.Connection, person: int, number: int, answer: Answer) -> None:
    """Write an answer; with the last one, the participant has finished."""
    now = now_text()
    db.execute(
        "UPDATE trials SET choice = ?, answered = ?, first_ms = ?, second_ms = ?, frame_ms = ?, "
        "response_ms = ?, first_ticket = NULL, second_ticket = NULL "
        "WHERE participant = ? AND number = ?",
        [answer.choice, now, *answer.exposures, answer.frame, answer.response, person, number],
    )
    finished = now if find_next_trial(db, person) is None else None
    db.execute(
        "UPDATE participants SET active = ?, finished = ? WHERE id = ?", [now, finished, person]
    )


def setting(db: sqlite3.Connection, name: str) -> str:
    """A random secret of the study, drawn when it is first asked for."""
    drawn = secrets.token_urlsafe(16)
    db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", [name, drawn])
    (value,) = db.execute("SELECT value FROM settings WHERE name = ?", [name]).fetchone()
    return str(value)


def hash_key(key: str) -> str:
    """The hash of a key. Keys are not stored, so that nobody can answer with those in the file."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def hash_number(number: str, salt: str) -> str:
    """A platform's number so that it can be compared, and not read."""
    return hmac.new(salt.encode(), number.encode(), "sha256").hexdigest()


def now_text(later: timedelta = timedelta(0)) -> str:
    """The time in UTC; such texts sort as times do."""
    return (datetime.now(UTC) + later).isoformat(timespec="milliseconds")


def _deal(db: sqlite3.Connection, methods: Sequence[str]) -> str:
    """A method with the fewest participants, counting those who finished or may still finish."""
    rows = db.execute(
        "SELECT method, COUNT(*) FROM participants "
        "WHERE finished IS NOT NULL OR active > ? GROUP BY method",
        [now_text(-PATIENCE)],
    )
    counted = dict(rows.fetchall())
    fewest = min(counted.get(method, 0) for method in methods)
    return SystemRandom().choice([m for m in methods if counted.get(m, 0) == fewest])
