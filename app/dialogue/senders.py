"""The names under which customers of Rasa's channels are known outside. Pure."""

from __future__ import annotations

REST_PREFIX = "rest:"  # conversations of Rasa's webhooks: this and the sender's name
SOCKETIO_PREFIX = "socketio:"  # conversations of socket.io: this and the session's id
RASA_PREFIXES = (REST_PREFIX, SOCKETIO_PREFIX)


def sender_of(conversation_id: str) -> str:
    """Give the sender's name as the customer's client sent it; a conversation of the widget has its id."""
    prefix = next((prefix for prefix in RASA_PREFIXES if conversation_id.startswith(prefix)), "")
    return conversation_id[len(prefix) :]
