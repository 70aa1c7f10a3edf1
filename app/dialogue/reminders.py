"""Reminders, and intents that come from outside instead of from the customer (``EXTERNAL_…``). Pure.

Which reminders are still wanted is read from a conversation's events, like everything else; the database only
knows when to look (`app.db.reminder_store`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.dialogue.domain import Domain
from app.dialogue.errors import ActionFailedError, InvalidInputError, NotFoundError
from app.dialogue.events import Event, ReminderCancelled, ReminderScheduled, Restarted, UserUttered
from app.dialogue.payload import PAYLOAD_EXTRACTOR, payload_value
from app.dialogue.states import intent_base
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

EXTERNAL_TEXT = "EXTERNAL: "  # Rasa's sign for an utterance that nobody said
IS_EXTERNAL = "is_external"  # its sign in the metadata
MAX_REMINDERS = 100  # of a conversation at a time; an action that wants more schedules in a circle


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder whose time has come: the event at `sequence`, tried `num_attempts` times with this one."""

    conversation_id: str
    sequence: int
    num_attempts: int = 1

    @property
    def message_id(self) -> str:
        """Give the id under which it is heard, so that firing it again has no effect."""
        return f"{_MESSAGE_ID}{self.sequence}"


_MESSAGE_ID = "reminder:"


def external_utterance(
    name: str, entities: Sequence[EntitySpan], *, channel: str, message_id: str | None = None
) -> UserUttered:
    """Make the utterance that stands for an intent from outside."""
    parsed = ParsedUtterance(f"{EXTERNAL_TEXT}{name}", IntentPrediction(name, 1.0), entities=tuple(entities))
    return UserUttered(parsed.text, parsed, message_id, channel, metadata={IS_EXTERNAL: True})


def is_external(event: UserUttered) -> bool:
    """Say whether nobody said this: an intent that was triggered from outside."""
    return event.metadata.get(IS_EXTERNAL) is True and is_external_text(event.parsed)


def is_external_text(parsed: ParsedUtterance) -> bool:
    """Say whether the text only names an intent that was triggered from outside."""
    return parsed.embedding is None and parsed.text == f"{EXTERNAL_TEXT}{parsed.intent.name}"


def check_external_intent(name: str, domain: Domain) -> None:
    """Check that the bot knows an intent.

    Raises:
        NotFoundError: it does not.
    """
    if intent_base(name) not in domain.intents:
        raise NotFoundError(f"got the intent '{name}'; expected one of the domain's; add it to 'intents'")


def read_entities(raw: Any) -> tuple[EntitySpan, ...]:
    """Read entities as Rasa's clients write them: ``{name: value}``, or a list of ``{entity, value, …}``.

    Raises:
        InvalidInputError: it is something else, or a value is not JSON.
    """
    if isinstance(raw, Mapping):
        raw = [{"entity": name, "value": value} for name, value in raw.items()]
    if raw is None:
        return ()
    if not isinstance(raw, list | tuple) or not all(_is_entity(item) for item in raw):
        raise InvalidInputError(
            f"got the entities {str(raw)[:80]!r}; expected a mapping of names to values, or a list with"
            " 'entity' and 'value' in each item"
        )
    return tuple(_entity(item) for item in raw)


def read_due_at(raw: Any) -> datetime:
    """Read the time of a reminder; without a time zone it is the server's local time, as in Rasa.

    Raises:
        InvalidInputError: it is no ISO 8601 time.
    """
    try:
        return datetime.fromisoformat(raw).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidInputError(
            f"got the reminder's time {str(raw)[:60]!r}; expected ISO 8601, as datetime.isoformat() writes it"
        ) from error


def pending_reminders(events: Iterable[tuple[int, Event]]) -> dict[int, ReminderScheduled]:
    """Give the reminders that are neither fired nor off, by their sequence numbers.

    A restart takes all; the end of a session takes none.
    """
    pending: dict[int, ReminderScheduled] = {}
    for sequence, event in events:
        match event:
            case ReminderScheduled():
                pending = {key: other for key, other in pending.items() if not _replaces(event, other)}
                pending[sequence] = event
            case ReminderCancelled():
                pending = {key: other for key, other in pending.items() if not _cancels(event, other)}
            case UserUttered() if is_external(event):
                pending.pop(_fired_sequence(event), None)
            case UserUttered():
                pending = {key: other for key, other in pending.items() if not other.kill_on_user_message}
            case Restarted():
                pending = {}
            case _:
                pass
    return pending


def check_reminders(events: Sequence[Event], so_far: Sequence[Event]) -> None:
    """Check that an action's events leave the conversation with a bearable number of reminders.

    Raises:
        ActionFailedError: they are too many.
    """
    if not any(isinstance(event, ReminderScheduled) for event in events):
        return
    count = len(pending_reminders(enumerate((*so_far, *events), 1)))
    if count > MAX_REMINDERS:
        raise ActionFailedError(
            f"got {count} waiting reminders in one conversation; expected at most {MAX_REMINDERS}; give them"
            " names, so that a new one takes the place of the old one, or cancel those that are not needed"
        )


def _is_entity(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("entity"), str) and "value" in item


def _entity(item: Mapping[str, Any]) -> EntitySpan:
    value = item["value"]
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"got an entity value that is not JSON: {error}") from error
    return EntitySpan(
        0,
        0,
        item["entity"],
        text,
        value if isinstance(value, str) else text,
        1.0,
        item.get("role"),
        item.get("group"),
        PAYLOAD_EXTRACTOR,
    )


def _replaces(event: ReminderScheduled, other: ReminderScheduled) -> bool:
    return event.name is not None and event.name == other.name


def _cancels(event: ReminderCancelled, reminder: ReminderScheduled) -> bool:
    return (
        event.name in {None, reminder.name}
        and event.intent in {None, reminder.intent}
        and (not event.entities or _values(event.entities) == _values(reminder.entities))
    )


def _values(entities: Sequence[EntitySpan]) -> list[tuple[str, str | None, str | None, Any]]:
    return [(span.entity, span.role, span.group, payload_value(span)) for span in entities]


def _fired_sequence(event: UserUttered) -> int:
    number = (event.client_message_id or "").removeprefix(_MESSAGE_ID)
    return int(number) if number.isdecimal() else 0
