"""``spandesk worker``: background jobs, for servers that do not start a worker of their own."""

from __future__ import annotations

import argparse

from app.commands.context import server_settings_for
from app.worker import run_worker


def run(args: argparse.Namespace) -> int:
    """Run jobs until interrupted."""
    return run_worker(server_settings_for(args))
