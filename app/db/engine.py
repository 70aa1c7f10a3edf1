"""Opens the database: SQLite (WAL) embedded, or PostgreSQL through psycopg 3.

SQLite gets one rule beyond its settings: a transaction that will write says so when it begins
(``BEGIN IMMEDIATE``), so that two writers queue for the lock instead of failing half-way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from app.dialogue.errors import InvalidInputError

Sessions = sessionmaker[Session]

BUSY_TIMEOUT_MS = 15_000  # how long a writer waits for another: longer than any transaction of ours
_POOL_SIZE = 8  # connections kept open; the others of the 40 worker threads come and go
_MAX_OVERFLOW = 40
_WILL_WRITE = {"spandesk_will_write": True}


def parse_database_url(url: str) -> URL:
    """Read a database URL and choose the driver.

    Raises:
        InvalidInputError: it is not a URL, or names a database that is not supported.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidInputError(
            "database URL: got something that is not a URL, expected sqlite:///…"
        ) from error
    match parsed.get_backend_name():
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case "sqlite" if parsed.database not in (None, "", ":memory:"):
            return parsed
        case "sqlite":
            raise InvalidInputError(
                "database URL: got SQLite in memory, which threads and processes cannot share;"
                " give a file, sqlite:////path/spandesk.sqlite3"
            )
        case other:
            raise InvalidInputError(
                f"database URL: got {other!r}, expected sqlite:///… or postgresql+psycopg://…"
            )


def open_engine(url: str) -> Engine:
    """Make an engine for up to 40 threads; connects lazily.

    The folder of an SQLite file is created. Close with ``engine.dispose()``.
    """
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_size=_POOL_SIZE, max_overflow=_MAX_OVERFLOW, pool_pre_ping=True)
    Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, pool_size=_POOL_SIZE, max_overflow=_MAX_OVERFLOW)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_sessions(engine: Engine) -> Sessions:
    """Make the session factory that the stores take."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def reading(sessions: Sessions) -> Iterator[Session]:
    """Open a transaction that only reads."""
    with sessions.begin() as session:
        yield session


@contextmanager
def writing(sessions: Sessions) -> Iterator[Session]:
    """Open a transaction that will write; commits at the end, rolls back on an error."""
    with sessions.begin() as session:
        session.connection(execution_options=_WILL_WRITE)
        yield session


@contextmanager
def writing_connection(engine: Engine) -> Iterator[Connection]:
    """Open a writing transaction without a session, for migrations."""
    with engine.connect().execution_options(**_WILL_WRITE) as connection, connection.begin():
        yield connection


def _set_up_sqlite(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not in the driver
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",  # a killed process loses nothing; only a power cut may lose the last commits
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    will_write = connection.get_execution_options().get("spandesk_will_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if will_write else "BEGIN")
