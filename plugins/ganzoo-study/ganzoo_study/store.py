"""All showings and answers, in SQLite. An answer is on the disk before it is acknowledged."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ganzoo.errors import GanzooError

from ganzoo_study.database import opened
from ganzoo_study.participants import (
    AlreadyFinished,
    add_arrival,
    add_participant,
    find_arrived,
    find_next_trial,
    give_new_key,
    hash_key,
    record_answer,
    setting,
)
from ganzoo_study.plan import PlannedTrial
from ganzoo_study.platforms import Arrival
from ganzoo_study.records import Answer, Participation, Response, checked

# A trial that a reload or a lost image interrupts is shown again, at most so often. Then the
# participant is asked without another showing.
SHOWINGS = 3


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
            return setting(db, "token")

    def join(
        self,
        methods: Sequence[str],
        plan: Callable[[str], Sequence[PlannedTrial]],
        consent: str = "",
        arrival: Arrival | None = None,
    ) -> str:
        """Add a participant; one whom a platform sent again goes on. Returns the secret key.

        consent: the hash of what the participant agreed to.

        Raises:
            AlreadyFinished: somebody comes again who finished.
        """
        with self._transaction() as db:
            salt = setting(db, "salt")
            person = find_arrived(db, arrival, salt) if arrival else None
            if arrival and person is not None:
                return give_new_key(db, person, arrival, salt)
            person, key = add_participant(db, methods, plan, consent)
            if arrival:
                add_arrival(db, person, arrival, salt)
        return key

    def has_finished(self, arrival: Arrival) -> bool:
        """Whether somebody whom a platform sends has finished before."""
        with self._transaction() as db:
            try:
                find_arrived(db, arrival, setting(db, "salt"))
            except AlreadyFinished:
                return True
        return False

    def code(self, person: int) -> str | None:
        """The completion code of one who was sent by a platform and has finished."""
        with self._lock:
            row = self._db.execute(
                "SELECT code FROM arrivals JOIN participants ON id = participant "
                "WHERE participant = ? AND finished IS NOT NULL",
                [person],
            ).fetchone()
        return str(row[0]) if row else None

    def participant(self, key: str) -> int | None:
        """The id of the participant with a key."""
        with self._lock:
            query = self._db.execute("SELECT id FROM participants WHERE key = ?", [hash_key(key)])
            row = query.fetchone()
        return int(row[0]) if row else None

    def next_trial(self, person: int) -> int | None:
        """The number, from 0, of the trial that is not answered yet; None after the last."""
        with self._lock:
            return find_next_trial(self._db, person)

    def show(self, person: int) -> tuple[int, tuple[str, str] | None] | None:
        """Begin a showing of the next trial; its number, and tickets for its images in their order.

        No tickets where it was shown SHOWINGS times; None after the last trial.
        """
        tickets = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        with self._transaction() as db:
            number = find_next_trial(db, person)
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
                record_answer(db, person, number, answer)
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

    def participations(self) -> list[Participation]:
        """All participants, in the order in which they began.

        Raises:
            GanzooError: the file is damaged.
        """
        with self._reading():
            rows = self._db.execute(
                "SELECT id, method, started, finished, text, given, code FROM participants "
                "LEFT JOIN consents c ON c.participant = id "
                "LEFT JOIN arrivals a ON a.participant = id ORDER BY id"
            ).fetchall()
            return [checked(Participation(*row)) for row in rows]

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
