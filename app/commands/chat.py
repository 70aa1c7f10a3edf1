"""``spandesk chat``: a conversation in the terminal; nothing is kept."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence

from app.commands.context import chosen_interpreter, read_bot, settings_for
from app.commands.rehearsal import learned_script, rehearsing, understanding_of
from app.dialogue.errors import InvalidInputError
from app.dialogue.events import BotUttered, RecordedEvent
from app.dialogue.manager import DialogueManager
from app.dialogue.understanding import CustomerMessage

CONVERSATION_ID = "terminal"


def run(args: argparse.Namespace) -> int:
    """Chat until the end of input; a number presses the button of that number."""
    settings = settings_for(args)
    bot = read_bot(settings)
    seed = random.SystemRandom().getrandbits(32)
    with (
        understanding_of(settings, bot, chosen_interpreter(None, settings)) as understanding,
        rehearsing(settings, bot, learned_script(settings, bot), understanding, seed=seed) as rehearsal,
    ):
        payloads = _show(rehearsal.manager.start(CONVERSATION_ID, "terminal").recorded)
        while (text := _ask()) is not None:
            payloads = _turn(rehearsal.manager, text, payloads)
    return 0


def _ask() -> str | None:
    print("> ", end="", flush=True)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def _turn(manager: DialogueManager, text: str, payloads: Sequence[str]) -> list[str]:
    payload = payloads[int(text) - 1] if text.isdecimal() and 0 < int(text) <= len(payloads) else None
    message = CustomerMessage(CONVERSATION_ID, text, channel="terminal", payload=payload)
    try:
        return _show(manager.handle_message(message).recorded)
    except InvalidInputError as error:
        print(f"  ({error})")
        return list(payloads)


def _show(recorded: Sequence[RecordedEvent]) -> list[str]:
    """Print what the bot said; give the payloads of its last buttons."""
    payloads: list[str] = []
    for item in recorded:
        if isinstance(item.event, BotUttered):
            print(f"\n{item.event.text}")
            payloads = [button.payload for button in item.event.buttons]
            for number, button in enumerate(item.event.buttons, start=1):
                print(f"  [{number}] {button.title}")
    print()
    return payloads
