from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.dialects import postgresql, sqlite

from app.db.engine import Sessions, open_engine, parse_database_url, reading, writing
from app.db.tables import UtcDateTime
from app.dialogue.errors import InvalidInputError


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 15000), ("synchronous", 1)],
)
def test_sqlite_is_set_up(sqlite_engine: Engine, pragma: str, expected: object) -> None:
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == expected


def test_folder_of_the_database_is_made(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'folder' / 'db.sqlite3'}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "that is not a URL"),
        ("nonsense", "that is not a URL"),
        ("sqlite://", "SQLite in memory"),
        ("sqlite:///:memory:", "SQLite in memory"),
        ("mysql://localhost/x", "got 'mysql'"),
    ],
)
def test_unusable_url_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        parse_database_url(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg(scheme: str) -> None:
    assert parse_database_url(f"{scheme}://u:p@h:5432/d").drivername == "postgresql+psycopg"


def test_failed_transaction_leaves_nothing(sqlite_sessions: Sessions) -> None:
    def fail() -> None:
        with writing(sqlite_sessions) as session:
            session.execute(text("INSERT INTO audit_log VALUES (1, '2026-01-01', 'a', 'b', 'c', '{}')"))
            raise InvalidInputError("half-way")

    with pytest.raises(InvalidInputError, match="half-way"):
        fail()
    with reading(sqlite_sessions) as session:
        assert session.execute(text("SELECT count(*) FROM audit_log")).scalar_one() == 0


def test_writers_queue_while_readers_go_on(sqlite_sessions: Sessions) -> None:
    order: list[str] = []
    is_waiting = threading.Event()

    def second_writer() -> None:
        is_waiting.set()
        with writing(sqlite_sessions):
            order.append("second")

    thread = threading.Thread(target=second_writer)
    with writing(sqlite_sessions) as session:
        thread.start()
        is_waiting.wait(timeout=10)
        session.execute(text("INSERT INTO audit_log VALUES (1, '2026-01-01', 'a', 'b', 'c', '{}')"))
        with reading(sqlite_sessions) as other:
            order.append(f"read {other.execute(text('SELECT count(*) FROM audit_log')).scalar_one()}")
        order.append("first")
    thread.join(timeout=20)

    assert order == ["read 0", "first", "second"]


NINE_IN_PARIS = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_times_come_back_in_utc(dialect: object) -> None:
    column = UtcDateTime()

    bound = column.process_bind_param(NINE_IN_PARIS, dialect)
    back = column.process_result_value(bound, dialect)

    assert back == NINE_IN_PARIS
    assert back.tzinfo is UTC


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="a time without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001
