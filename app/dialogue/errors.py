"""The error tree of the service; the API maps each class to one status code in ``app.api.errors``.

::

    ChatbotError
    ├── NotFoundError           no such thing, or not yours: the same answer for both
    ├── ConflictError           somebody else changed it first
    ├── PermissionDeniedError   known, but not allowed
    ├── InvalidInputError       got / expected / remedy
    ├── RateLimitedError        too much too fast; has retry_after_s
    ├── UnderstandingError      the interpreter failed or timed out
    ├── RetrievalError          the FAQ search failed
    ├── ActionFailedError       a custom action raised or answered nonsense
    ├── TemplateError           a response lacks a variable or does not exist
    └── HandoffError            a handoff step in the wrong state

Messages say what came, what was expected and what to do about it.
"""

from __future__ import annotations


class ChatbotError(Exception):
    """Base of all named errors of the service."""


class NotFoundError(ChatbotError):
    """The thing does not exist, or the caller may not know that it does."""


class ConflictError(ChatbotError):
    """A concurrent change won; reload and try again."""


class PermissionDeniedError(ChatbotError):
    """The caller is known but may not do this."""


class InvalidInputError(ChatbotError):
    """Input from outside is not acceptable; the message says what would be."""


class RateLimitedError(ChatbotError):
    """Too many messages; `retry_after_s` says when to come back."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        """Store the message and the seconds to wait."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnderstandingError(ChatbotError):
    """The interpreter failed or timed out."""


class RetrievalError(ChatbotError):
    """The FAQ search failed."""


class ActionFailedError(ChatbotError):
    """A custom action raised, is unknown, or returned what we cannot read."""


class TemplateError(ChatbotError):
    """A response does not exist or lacks a variable."""


class HandoffError(ChatbotError):
    """A handoff step was asked for in the wrong state."""
