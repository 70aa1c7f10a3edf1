"""Alembic migrations of the SpanDesk database."""
