"""Alembic environment: runs on the connection that `app.db.migrate` opened, or on the configured database."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from app.db.engine import open_engine, writing_connection
from app.db.tables import Table
from app.settings import load_settings


def run_migrations(connection: Connection) -> None:
    """Run the requested migrations in the connection's one transaction."""
    context.configure(connection=connection, target_metadata=Table.metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the given connection, or (the `alembic` command) the database of the settings."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run_migrations(given)
        return
    engine = open_engine(load_settings().effective_database_url)
    with writing_connection(engine) as connection:
        run_migrations(connection)
    engine.dispose()


main()
