"""Rasa's ``/conversations/{id}``: the tracker, its events, a message that is only recorded, and the story.

A sender's name is as good as the conversation's id. What a body cannot be used for leaves nothing behind.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import BeforeValidator

from app.api.access import access_or_begin, access_tracker
from app.api.deps import CurrentCaller, ServicesDep
from app.api.errors import BadRequestError, check_message
from app.api.rasa.body import Json, JsonBody, ObjectBody, kind_of, required_text
from app.api.text import Text
from app.bootstrap import Services
from app.dialogue.action_names import ACTION_SESSION_START
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecuted, Event, UserUttered
from app.dialogue.rasa_json import IncludedEvents, event_from_rasa, tracker_to_rasa
from app.dialogue.remote_control import RemoteControl
from app.dialogue.senders import sender_of
from app.dialogue.sessions import session_events
from app.dialogue.story_writer import write_stories
from app.dialogue.tracker import Tracker, empty_tracker, fold, fold_recorded
from app.dialogue.understanding import CustomerMessage

router = APIRouter(prefix="/conversations", tags=["rasa"])

ConversationName = Annotated[Text, Path(min_length=1, max_length=200)]


def known_conversation(services: ServicesDep, caller: CurrentCaller, name: ConversationName) -> str:
    """Give the id of a conversation that is there and that the caller may touch."""
    return access_tracker(services, caller, name).conversation_id


def new_or_known_conversation(services: ServicesDep, caller: CurrentCaller, name: ConversationName) -> str:
    """Give the id of a conversation that the caller may touch or begin."""
    return access_or_begin(services, caller, name)


KnownConversation = Annotated[str, Depends(known_conversation)]
NewOrKnownConversation = Annotated[str, Depends(new_or_known_conversation)]
Included = Annotated[IncludedEvents, Query(), BeforeValidator(lambda raw: str(raw).upper())]
Until = Annotated[float | None, Query(ge=0, le=253_402_300_799, allow_inf_nan=False)]


@router.get("/{name:path}/tracker")
def show_tracker(
    services: ServicesDep,
    conversation_id: NewOrKnownConversation,
    include_events: Included = "AFTER_RESTART",
    until: Until = None,
) -> Json:
    """Give the state of a conversation, now or as it was at a time (seconds since 1970).

    One that has not begun is shown as it would begin; nothing is recorded.
    """
    return tracker_json(services, conversation_id, include_events, until=until)


@router.post("/{name:path}/tracker/events")
def append_events(
    services: ServicesDep,
    conversation_id: NewOrKnownConversation,
    body: JsonBody,
    include_events: Included = "AFTER_RESTART",
) -> Json:
    """Append one event or several, as they are; the bot does not react."""
    RemoteControl(services.manager).append(conversation_id, events_of(body))
    return tracker_json(services, conversation_id, include_events)


@router.put("/{name:path}/tracker/events")
def replace_events(
    services: ServicesDep,
    conversation_id: NewOrKnownConversation,
    body: JsonBody,
    include_events: Included = "AFTER_RESTART",
) -> Json:
    """Let only these events count from now on."""
    RemoteControl(services.manager).replace(conversation_id, events_of(body))
    return tracker_json(services, conversation_id, include_events)


@router.post("/{name:path}/messages")
def add_message(
    services: ServicesDep,
    conversation_id: NewOrKnownConversation,
    body: ObjectBody,
    include_events: Included = "AFTER_RESTART",
) -> Json:
    """Record what a customer said, understood here or as `parse_data` says; the bot does not answer."""
    text = required_text(body, "text")
    check_message(text, max_chars=services.settings.max_message_chars)
    if body.get("sender") != "user":
        raise BadRequestError("'sender': only messages of the sender \"user\" can be added; expected that")
    message = CustomerMessage(conversation_id, text, channel="rest")
    RemoteControl(services.manager).add_message(message, _understood(text, body.get("parse_data")))
    return tracker_json(services, conversation_id, include_events)


@router.get("/{name:path}/story", response_class=PlainTextResponse)
def show_story(
    services: ServicesDep,
    conversation_id: KnownConversation,
    until: Until = None,
    all_sessions: Annotated[bool, Query()] = False,
) -> PlainTextResponse:
    """Give the conversation as a story: its latest session, or all of them."""
    tracker = tracker_until(services, conversation_id, until)
    story = write_stories(sender_of(conversation_id), tracker.events, all_sessions=all_sessions)
    return PlainTextResponse(story, media_type="text/yaml")


def tracker_json(
    services: Services, conversation_id: str, include_events: IncludedEvents, *, until: float | None = None
) -> Json:
    """Write a tracker as Rasa's clients read it: its id is the sender's name."""
    tracker = tracker_until(services, conversation_id, until)
    written = tracker_to_rasa(tracker, services.bot.domain, include_events=include_events)
    return written | {"sender_id": sender_of(conversation_id)}


def tracker_until(services: Services, conversation_id: str, until: float | None) -> Tracker:
    """Give a tracker as it was at a time, or as it is now."""
    if until is None:
        tracker = services.tracker_store.load(conversation_id)
        return tracker if tracker.events else _as_it_would_begin(tracker, services)
    latest = datetime.fromtimestamp(until, UTC)
    recorded = services.tracker_store.recorded(conversation_id)
    return fold_recorded(
        empty_tracker(conversation_id), [item for item in recorded if item.recorded_at <= latest]
    )


def _as_it_would_begin(tracker: Tracker, services: Services) -> Tracker:
    first = [ActionExecuted(ACTION_SESSION_START), *session_events(tracker, services.bot.domain)]
    return fold(tracker, first, at=datetime.now(UTC))


def events_of(body: Any) -> list[Event]:
    """Read one event or a list of events.

    Raises:
        BadRequestError: there is none, or one that we do not know.
    """
    raw = body if isinstance(body, list) else [body]
    if body is None or not raw:
        raise BadRequestError(f"got {kind_of(body)} as the body; expected an event or a list of events")
    return [_event_of(place, item) for place, item in enumerate(raw, 1)]


def _event_of(place: int, raw: Any) -> Event:
    try:
        return event_from_rasa(raw)
    except ActionFailedError as error:
        raise BadRequestError(f"event {place} of the body: {error}") from error


def _understood(text: str, parse_data: Any) -> UserUttered | None:
    if parse_data is None:
        return None
    if not isinstance(parse_data, dict):
        raise BadRequestError(f"'parse_data': got {kind_of(parse_data)}; expected an object")
    raw = {"event": "user", "text": text, "parse_data": parse_data, "input_channel": "rest"}
    event = _event_of(1, raw)
    return event if isinstance(event, UserUttered) else None
