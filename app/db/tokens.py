"""Random tokens: given out once, kept as a hash, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_NUM_BYTES = 32


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(_NUM_BYTES)


def hash_token(token: str) -> str:
    """Hash a token for storage; tokens are long and random, so a fast hash does."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_token(token: str, token_hash: str | None) -> bool:
    """Say whether this is the hash's token; takes equally long for every wrong one."""
    return token_hash is not None and hmac.compare_digest(hash_token(token), token_hash)
