"""``spandesk user add``."""

from __future__ import annotations

import argparse
import getpass
import sys

from app.commands.context import settings_for
from app.dialogue.errors import InvalidInputError
from app.provisioning import open_stores


def run_add(args: argparse.Namespace) -> int:
    """Add an agent or operator; the password comes from the terminal or from standard input."""
    password = sys.stdin.readline().rstrip("\n") if args.password_stdin else _ask_twice()
    stores = open_stores(settings_for(args))
    user = stores.users.add(args.name, password, args.role)
    stores.audit.record("cli", "user.add", user.name, {"role": user.role})
    print(f"added the {user.role} {user.name}")
    stores.close()
    return 0


def _ask_twice() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise InvalidInputError("got two different passwords, expected the same twice; try again")
    return password
