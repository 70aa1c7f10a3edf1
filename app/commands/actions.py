"""``spandesk actions``: a bot's custom actions on an action server, for SpanDesk or Rasa elsewhere."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os

from app.action_server import BotActions, create_action_app, serve_actions
from app.commands.context import server_settings_for
from app.dialogue.errors import NotFoundError

DEFAULT_PORT = 5055  # rasa-sdk's
_log = logging.getLogger(__name__)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted, in the bot's folder: relative paths in actions start there, as with Rasa."""
    settings = server_settings_for(args)
    bot = settings.bot.resolve()
    if not bot.is_dir():
        raise NotFoundError(f"got the bot folder {bot}, which is not there; name it with --bot")
    os.chdir(bot)
    executor = BotActions(bot)
    if not executor.actions:
        raise NotFoundError(f"the bot at {bot} has no actions; expected 'actions/' or 'actions.py' there")
    token = args.token or (settings.action_token.get_secret_value() if settings.action_token else None)
    host, port = args.host or "127.0.0.1", args.port or DEFAULT_PORT
    if token is None and not _is_loopback(host):
        _log.warning("actions_are_open", extra={"host": host, "remedy": "set SPANDESK_ACTION_TOKEN"})
    app = create_action_app(executor, token=token)
    app.after_server_start(
        lambda *_: print(f"{len(executor.actions)} actions on http://{host}:{port}/webhook", flush=True)
    )
    serve_actions(app, host=host, port=port)
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
