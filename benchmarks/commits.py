"""Which code a result came from."""

from __future__ import annotations

import subprocess
from pathlib import Path

UNKNOWN_COMMIT = "unknown"

_ROOT = Path(__file__).parents[1]
_CHANGED = "+changes"


def read_commit() -> str:
    """Name the commit of this code, with ``+changes`` when the tree differs from it."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return f"{commit}{_CHANGED}" if _git("status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN_COMMIT


def is_changed(commit: str) -> bool:
    """Say whether `read_commit` found the tree changed."""
    return commit.endswith(_CHANGED)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
