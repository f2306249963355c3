"""Opens a study's SQLite file. It may be a stranger's, so its schema is checked first."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ganzoo.files.untrusted import UntrustedError, refuse_special

SCHEMA = Path(__file__).with_name("schema.sql")


def opened(path: Path) -> sqlite3.Connection:
    """The database of that file, or a new one; may be used from many threads.

    Raises:
        sqlite3.Error, UntrustedError: it is no database, or another one.
    """
    _refuse_links(path)
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA trusted_schema=OFF")
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(SCHEMA.read_text(encoding="utf-8"))
        _refuse_other(db)
    except BaseException:
        db.close()
        raise
    return db


def _refuse_links(path: Path) -> None:
    """SQLite writes into what it opens, and into files beside it.

    Raises:
        UntrustedError: one is a link, or no regular file.
    """
    for end in ("", "-wal", "-shm", "-journal"):
        place = path.with_name(f"{path.name}{end}")
        if place.is_symlink():
            raise UntrustedError("it is a link")
        if place.exists():
            refuse_special(place)


def _refuse_other(db: sqlite3.Connection) -> None:
    """A view, a trigger or a computed column would run what its author wrote.

    Raises:
        UntrustedError: there is one.
    """
    with closing(sqlite3.connect(":memory:")) as plain:
        plain.executescript(SCHEMA.read_text(encoding="utf-8"))
        if _tables(db) != _tables(plain):
            raise UntrustedError("it has other tables than a study's")


def _tables(db: sqlite3.Connection) -> dict[str, list[tuple[str, ...]]]:
    """Names and types of columns, by table; none for what is no table."""
    query = (
        "SELECT name, type FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    )
    tables = {}
    for name, kind in db.execute(query).fetchall():
        columns = db.execute("SELECT name, type, hidden FROM pragma_table_xinfo(?)", [name])
        tables[name] = columns.fetchall() if kind == "table" else []
    return tables
