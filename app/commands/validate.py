"""``spandesk validate``: everything that is wrong in a bot's files, with file and line."""

from __future__ import annotations

import argparse
import os

from app.bot.validation import validate_bot
from app.commands.context import settings_for
from nlu.data.problems import Severity


def run(args: argparse.Namespace) -> int:
    """Print every problem like a compiler; exit code 1 if there is an error."""
    settings = settings_for(args)
    problems = validate_bot(settings.bot, environment=os.environ)
    for problem in problems:
        print(problem)
    num_warnings = sum(problem.severity is Severity.WARNING for problem in problems)
    num_errors = len(problems) - num_warnings
    print(f"{_count(num_errors, 'error')}, {_count(num_warnings, 'warning')}")
    return 1 if num_errors else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
