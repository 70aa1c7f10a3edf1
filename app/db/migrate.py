"""Brings a database to the tables of this code, or says why not; two processes may do it at once."""

from __future__ import annotations

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from app.db.engine import open_engine, writing_connection
from app.dialogue.errors import ChatbotError

_LOCK_KEY = 7_261_508_113  # of PostgreSQL's advisory lock; any number that nobody else uses


class MigrationError(ChatbotError):
    """The database and the code do not belong together."""


def upgrade(url: str) -> None:
    """Create or upgrade the tables in one transaction; does nothing when they are as they should be.

    Raises:
        MigrationError: a newer version of SpanDesk wrote the database.
    """
    engine = open_engine(url)
    try:
        upgrade_engine(engine)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine) -> None:
    """Upgrade the tables behind `engine`; see `upgrade`."""
    with writing_connection(engine) as connection:
        upgrade_connection(connection)


def upgrade_connection(connection: Connection) -> None:
    """Upgrade the tables within a writing transaction; another upgrade waits until it ends."""
    _wait_for_other_migrations(connection)
    config = alembic_config(connection)
    _refuse_newer(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")


def require_current(engine: Engine) -> None:
    """Check that the tables are those of this code; changes nothing.

    Raises:
        MigrationError: they are older (upgrade them) or newer (upgrade SpanDesk).
    """
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
        _refuse_newer(connection, script)
        current = MigrationContext.configure(connection).get_current_revision()
    if current != script.get_current_head():
        raise MigrationError(
            f"database: got tables of revision {current}, expected {script.get_current_head()};"
            " run `spandesk db upgrade`"
        )


def alembic_config(connection: Connection) -> Config:
    """Point Alembic to the migrations package, wherever it is installed, and to `connection`."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _refuse_newer(connection: Connection, script: ScriptDirectory) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise MigrationError(
            f"database: got tables of revision {current}, expected one up to {script.get_current_head()};"
            " a newer SpanDesk has used it: start that version, or restore a backup"
        )


def _wait_for_other_migrations(connection: Connection) -> None:
    """On SQLite the writing transaction itself is the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
