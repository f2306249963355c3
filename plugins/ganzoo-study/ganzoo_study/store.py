"""All showings and answers, in SQLite. An answer is on the disk before it is acknowledged."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom

from ganzoo.errors import GanzooError

from ganzoo_study.database import opened
from ganzoo_study.plan import PlannedTrial
from ganzoo_study.records import Answer, Response, checked

# A trial that a reload or a lost image interrupts is shown again, at most so often. Then the
# participant is asked without another showing.
SHOWINGS = 3
# A participant who did nothing for so long does not count when methods are assigned.
PATIENCE = timedelta(minutes=30)


class Refused(Exception):
    """An answer to a trial that was not shown."""


class Store:
    """The responses of a study, for use from several threads.

    Raises:
        GanzooError: the file cannot be opened, or is no such database.
    """

    def __init__(self, path: Path) -> None:
        self._lock, self._path = threading.Lock(), path
        try:
            self._db = opened(path)
        except (sqlite3.Error, ValueError) as error:
            raise GanzooError(f"{path} cannot be used: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def token(self) -> str:
        """The token in the link for other machines; the same after a restart."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO settings VALUES ('token', ?)", [secrets.token_urlsafe(16)]
            )
            (token,) = db.execute("SELECT value FROM settings WHERE name = 'token'").fetchone()
        return str(token)

    def join(self, methods: Sequence[str], plan: Callable[[str], Sequence[PlannedTrial]]) -> str:
        """Add a participant, with a method that has the fewest; returns the participant's key."""
        key = secrets.token_urlsafe(24)
        with self._transaction() as db:
            method = _deal(db, methods)
            person = db.execute(
                "INSERT INTO participants (key, method, started, active) VALUES (?, ?, ?, ?)",
                [_hashed(key), method, _now(), _now()],
            ).lastrowid
            db.executemany(
                "INSERT INTO trials (participant, number, practice, real, fake, fake_place) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [(person, number, *trial) for number, trial in enumerate(plan(method))],
            )
        return key

    def participant(self, key: str) -> int | None:
        """The id of the participant with a key."""
        with self._lock:
            query = self._db.execute("SELECT id FROM participants WHERE key = ?", [_hashed(key)])
            row = query.fetchone()
        return int(row[0]) if row else None

    def next_trial(self, person: int) -> int | None:
        """The number, from 0, of the trial that is not answered yet; None after the last."""
        with self._lock:
            return _next(self._db, person)

    def show(self, person: int) -> tuple[int, tuple[str, str] | None] | None:
        """Begin a showing of the next trial; its number, and tickets for its images in their order.

        No tickets where it was shown SHOWINGS times; None after the last trial.
        """
        tickets = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        with self._transaction() as db:
            number = _next(db, person)
            if number is None:
                return None
            changed = db.execute(
                "UPDATE trials SET showings = showings + 1, first_ticket = ?, second_ticket = ? "
                "WHERE participant = ? AND number = ? AND showings < ?",
                [*tickets, person, number, SHOWINGS],
            ).rowcount
        return number, tickets if changed else None

    def image(self, person: int, ticket: str) -> str | None:
        """The file behind a ticket of the showing that is under way."""
        with self._lock:
            row = self._db.execute(
                "SELECT CASE WHEN (first_ticket = :ticket) = (fake_place = 1) "
                "THEN fake ELSE real END FROM trials WHERE participant = :person "
                "AND choice IS NULL AND :ticket IN (first_ticket, second_ticket)",
                {"ticket": ticket, "person": person},
            ).fetchone()
        return str(row[0]) if row else None

    def answer(self, person: int, number: int, answer: Answer) -> tuple[bool, bool]:
        """Store an answer; whether it was a practice trial, and whether it was right.

        A trial is answered once: later answers change nothing and get the first one's reply. On
        return the answer is on the disk.

        Raises:
            Refused: it is not the trial that was shown.
        """
        with self._transaction(durable=True) as db:
            row = db.execute(
                "SELECT practice, fake_place, choice, showings FROM trials "
                "WHERE participant = ? AND number = ?",
                [person, number],
            ).fetchone()
            if row is None:
                raise Refused
            practice, fake_place, choice, showings = row
            if choice is None:
                if not showings:  # only the next trial is ever shown
                    raise Refused
                _record(db, person, number, answer)
                choice = answer.choice
        return bool(practice), choice == fake_place

    def finished(self) -> int:
        """How many participants have answered everything."""
        with self._reading():
            row = self._db.execute("SELECT COUNT(finished) FROM participants").fetchone()
        return int(row[0])

    def unfinished(self) -> dict[str, int]:
        """How many participants of each method have begun and not finished."""
        with self._reading():
            rows = self._db.execute(
                "SELECT method, COUNT(*) FROM participants WHERE finished IS NULL GROUP BY method"
            ).fetchall()
        return {str(method): count for method, count in rows}

    def responses(self) -> list[Response]:
        """Every answer, by participant and number.

        Raises:
            GanzooError: the file is damaged.
        """
        with self._reading():
            rows = self._db.execute(
                "SELECT participant, method, finished IS NOT NULL, number, practice, real, "
                "fake, fake_place, choice, showings, first_ms, second_ms, frame_ms, "
                "response_ms, answered FROM trials JOIN participants ON id = participant "
                "WHERE choice IS NOT NULL ORDER BY participant, number"
            ).fetchall()
            return [checked(Response(*row)) for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One thread at a time; faults of a damaged file become an error that names it."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, ValueError) as error:
                raise GanzooError(f"{self._path} is damaged: {error}") from error

    @contextmanager
    def _transaction(self, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing. A durable one is on the disk when it ends; others are in the file, too,
        but a power cut may take them.
        """
        with self._lock:
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _deal(db: sqlite3.Connection, methods: Sequence[str]) -> str:
    """A method with the fewest participants, counting those who finished or may still finish."""
    rows = db.execute(
        "SELECT method, COUNT(*) FROM participants "
        "WHERE finished IS NOT NULL OR active > ? GROUP BY method",
        [_now(-PATIENCE)],
    )
    counted = dict(rows.fetchall())
    fewest = min(counted.get(method, 0) for method in methods)
    return SystemRandom().choice([m for m in methods if counted.get(m, 0) == fewest])


def _next(db: sqlite3.Connection, person: int) -> int | None:
    row = db.execute(
        "SELECT MIN(number) FROM trials WHERE participant = ? AND choice IS NULL", [person]
    )
    (number,) = row.fetchone()
    return None if number is None else int(number)


def _record(db: sqlite3.Connection, person: int, number: int, answer: Answer) -> None:
    now = _now()
    db.execute(
        "UPDATE trials SET choice = ?, answered = ?, first_ms = ?, second_ms = ?, frame_ms = ?, "
        "response_ms = ?, first_ticket = NULL, second_ticket = NULL "
        "WHERE participant = ? AND number = ?",
        [answer.choice, now, *answer.exposures, answer.frame, answer.response, person, number],
    )
    finished = now if _next(db, person) is None else None
    db.execute(
        "UPDATE participants SET active = ?, finished = ? WHERE id = ?", [now, finished, person]
    )


def _hashed(key: str) -> str:
    """The hash of a key. Keys are not stored, so that nobody can answer with those in the file."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _now(later: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) + later).isoformat(timespec="milliseconds")
