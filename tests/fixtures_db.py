"""Databases for tests: a migrated SQLite file of one's own, and PostgreSQL where it answers."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError

from app.db.engine import Sessions, make_sessions, open_engine
from app.db.migrate import upgrade
from app.db.tables import Table

POSTGRES_URL = os.environ.get(
    "SPANDESK_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)


@pytest.fixture(scope="session")
def migrated_sqlite_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file; copy it, never open it."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite_path: Path, tmp_path: Path) -> str:
    """The URL of an empty database of this test."""
    path = tmp_path / "test.sqlite3"
    shutil.copyfile(migrated_sqlite_path, path)
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    engine = open_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_sessions(sqlite_engine: Engine) -> Sessions:
    """Sessions on an empty SQLite database: what most tests need."""
    return make_sessions(sqlite_engine)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Engine]:
    """An engine on the test server's own schema; skips where no server answers."""
    address = make_url(POSTGRES_URL).render_as_string(hide_password=True)
    engine = open_engine(_with_query(connect_timeout="3"))
    try:
        with engine.connect():
            pass
    except OperationalError:
        engine.dispose()
        pytest.skip(f"no PostgreSQL answers at {address} (SPANDESK_TEST_POSTGRES_URL)")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_schemas(postgres_server: Engine) -> Iterator[list[str]]:
    """Names of schemas that are dropped at the end of the run."""
    names: list[str] = []
    yield names
    with postgres_server.begin() as connection:
        for name in names:
            connection.execute(text(f'DROP SCHEMA "{name}" CASCADE'))


def new_postgres_schema(server: Engine, schemas: list[str]) -> str:
    """Create an empty schema and give the URL that sees only it."""
    name = f"spandesk_{uuid.uuid4().hex[:12]}"
    with server.begin() as connection:
        connection.execute(text(f'CREATE SCHEMA "{name}"'))
    schemas.append(name)
    return _with_query(options=f"-csearch_path={name}")


def _with_query(**query: str) -> str:
    return make_url(POSTGRES_URL).update_query_dict(query).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Engine, postgres_schemas: list[str]) -> Iterator[Engine]:
    url = new_postgres_schema(postgres_server, postgres_schemas)
    upgrade(url)
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(migrated_postgres: Engine) -> Engine:
    with migrated_postgres.begin() as connection:
        for table in reversed(Table.metadata.sorted_tables):
            connection.execute(table.delete())
    return migrated_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An empty database; the test runs once for each kind."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    """Sessions on an empty database; the test runs once for each kind."""
    return make_sessions(engine)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any tables; the test runs once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    return new_postgres_schema(
        request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_schemas")
    )
