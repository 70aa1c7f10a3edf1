"""``spandesk parse TEXT``: what the bot understands, as JSON in Rasa's shape."""

from __future__ import annotations

import argparse
import json

from app.commands.context import read_bot, settings_for
from app.dialogue.rasa_json import parsed_to_rasa
from app.provisioning import champion_interpreter, open_stores


def run(args: argparse.Namespace) -> int:
    """Parse with the champion."""
    settings = settings_for(args)
    stores = open_stores(settings)
    interpreter = champion_interpreter(stores, settings, read_bot(settings))
    print(json.dumps(parsed_to_rasa(interpreter.parse([args.text])[0]), indent=2, ensure_ascii=False))
    stores.close()
    return 0
