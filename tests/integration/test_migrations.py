from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, inspect, text

from app.db.engine import make_sessions, open_engine, writing_connection
from app.db.faq_answers import FaqUsage
from app.db.faq_store import FaqStore
from app.db.migrate import (
    MigrationError,
    alembic_config,
    require_current,
    upgrade,
    upgrade_connection,
    upgrade_engine,
)
from app.db.tables import Table
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.events import AnswerRated, BotUttered, FaqSource
from retrieval.types import FaqEntry
from tests.fixtures_db import new_postgres_schema

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def tables_of(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def run_alembic(engine: Engine, name: str, *args: str) -> None:
    with writing_connection(engine) as connection:
        getattr(command, name)(alembic_config(connection), *args)


def test_upgrade_makes_all_tables_and_no_drift(empty_url: str, empty_engine: Engine) -> None:
    upgrade(empty_url)

    assert tables_of(empty_engine) == set(Table.metadata.tables)
    run_alembic(empty_engine, "check")
    require_current(empty_engine)


def test_upgrade_twice_changes_nothing(empty_engine: Engine) -> None:
    upgrade_engine(empty_engine)
    with writing_connection(empty_engine) as connection:
        connection.execute(text("INSERT INTO models VALUES ('b', '/b', 'train', '2026-01-01', '{}')"))

    upgrade_engine(empty_engine)

    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT bundle_id FROM models")).scalars().all() == ["b"]


def test_migrations_go_down_and_up_again(empty_engine: Engine) -> None:
    upgrade_engine(empty_engine)

    run_alembic(empty_engine, "downgrade", "base")
    assert tables_of(empty_engine) == set()

    upgrade_engine(empty_engine)
    run_alembic(empty_engine, "check")


def test_newer_database_is_refused(empty_engine: Engine) -> None:
    upgrade_engine(empty_engine)
    with writing_connection(empty_engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(MigrationError, match=r"revision 9999, expected one up to \d{4}; a newer SpanDesk"):
        upgrade_engine(empty_engine)
    with pytest.raises(MigrationError, match="revision 9999"):
        require_current(empty_engine)


def test_database_without_tables_is_not_current(empty_engine: Engine) -> None:
    with pytest.raises(MigrationError, match="run `spandesk db upgrade`"):
        require_current(empty_engine)


def test_failed_upgrade_leaves_nothing(empty_engine: Engine) -> None:
    with writing_connection(empty_engine) as connection:
        connection.execute(text("CREATE TABLE audit_log (x INTEGER)"))

    with pytest.raises(Exception, match="audit_log"):
        upgrade_engine(empty_engine)
    assert tables_of(empty_engine) == {"audit_log"}


@pytest.mark.postgres
def test_second_upgrade_waits_for_the_first(postgres_server: Engine, postgres_schemas: list[str]) -> None:
    url = new_postgres_schema(postgres_server, postgres_schemas)
    first, second = open_engine(url), open_engine(url)

    with ThreadPoolExecutor(1) as pool:
        with writing_connection(first) as connection:
            upgrade_connection(connection)
            waiting = pool.submit(upgrade_engine, second)
            wait_until_blocked(postgres_server, by=connection)
        waiting.result(timeout=30)

    assert tables_of(second) == set(Table.metadata.tables)
    first.dispose()
    second.dispose()


def wait_until_blocked(server: Engine, *, by: Connection) -> None:
    """Wait until some other connection waits for this one."""
    process_id = by.execute(text("SELECT pg_backend_pid()")).scalar_one()
    query = text("SELECT count(*) FROM pg_stat_activity WHERE :pid = ANY(pg_blocking_pids(pid))")
    deadline = time.monotonic() + 30
    while True:
        with server.connect() as observer:
            if observer.execute(query, {"pid": process_id}).scalar_one():
                return
        assert time.monotonic() < deadline, "nobody waits"


def test_four_processes_may_upgrade_at_once(empty_url: str, empty_engine: Engine) -> None:
    program = "import sys; from app.db.migrate import upgrade; upgrade(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(4)
    ]

    failures = [process.communicate(timeout=50)[1].decode() for process in processes]

    assert failures == [""] * 4
    assert tables_of(empty_engine) == set(Table.metadata.tables)


def test_faq_entries_of_the_first_schema_are_kept(empty_engine: Engine) -> None:
    run_alembic(empty_engine, "upgrade", "0001")
    insert = text(
        "INSERT INTO faq_entries VALUES ('a', 'A?', 'a', '[]', '[\"t\"]', '/a', 'en', 'f.yml:1', 'archived',"
        " :is_imported, '2026-01-01 00:00:00')"
    )
    with writing_connection(empty_engine) as connection:
        connection.execute(insert, {"is_imported": True})

    upgrade_engine(empty_engine)

    store = FaqStore(make_sessions(empty_engine))
    record = store.get("a")
    assert (record.entry, record.version, record.updated_by) == (
        FaqEntry("a", "A?", "a", (), ("t",), "/a", "en", "f.yml:1", status="archived"),
        1,
        "",
    )
    assert store.set_status("a", "published", "ann").version == 2
    assert [version.version for version in store.history("a")] == [2, 1]


def test_faq_answers_of_earlier_events_are_counted(empty_engine: Engine) -> None:
    upgrade_engine(empty_engine)
    trackers, faq = SqlTrackerStore(make_sessions(empty_engine)), FaqStore(make_sessions(empty_engine))
    answers = [
        BotUttered(text, faq=FaqSource("a", "A?", "", 0, 1, 0.9)) for text in ("nul \x00", "yes", "no")
    ]
    ratings = [
        AnswerRated(2, is_helpful=False),
        AnswerRated(2, is_helpful=True),
        AnswerRated(3, is_helpful=False),
    ]
    trackers.append("c", [*answers, BotUttered("Bye."), *ratings], expected_version=0)
    run_alembic(empty_engine, "downgrade", "0002")

    upgrade_engine(empty_engine)

    assert faq.usage() == {"a": FaqUsage(num_answers=3, num_helpful=1, num_unhelpful=1)}
