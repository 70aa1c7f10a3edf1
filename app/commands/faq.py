"""``spandesk faq import``."""

from __future__ import annotations

import argparse

from app.commands.context import read_bot, settings_for
from app.dialogue.errors import InvalidInputError
from app.provisioning import open_stores
from retrieval.importers import read_faq


def run_import(args: argparse.Namespace) -> int:
    """Import FAQ entries; running servers rebuild their index by themselves."""
    settings = settings_for(args)
    path = args.path or read_bot(settings).faq_path
    if path is None:
        raise InvalidInputError("got no path, and the bot names no FAQ folder; say which: faq import PATH")
    entries = read_faq(path)
    stores = open_stores(settings)
    counts = stores.faq.import_entries(entries, actor="cli")
    print(
        f"{path}: {counts.num_added} added, {counts.num_changed} changed, "
        f"{counts.num_unchanged} unchanged, {counts.num_archived} archived"
    )
    stores.close()
    return 0
