"""``spandesk db upgrade``."""

from __future__ import annotations

import argparse

from app.commands.context import settings_for
from app.db.migrate import upgrade


def run_upgrade(args: argparse.Namespace) -> int:
    """Bring the database to the present schema."""
    settings = settings_for(args)
    settings.home.mkdir(parents=True, exist_ok=True)
    upgrade(settings.effective_database_url)
    print("the database is at the present schema")
    return 0
