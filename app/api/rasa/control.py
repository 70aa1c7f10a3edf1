"""Rasa's endpoints that move the dialogue: trigger an intent, execute an action, predict the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from app.api.deps import ServicesDep, current_admin
from app.api.errors import BadRequestError
from app.api.rasa.body import Json, JsonBody, ObjectBody, kind_of, required_text
from app.api.rasa.callback import Callbacks, MaybeCallbacks
from app.api.rasa.replies import RestReply, recorded_to_replies, replies_to_json
from app.api.rasa.tracker import (
    Included,
    KnownConversation,
    NewOrKnownConversation,
    events_of,
    tracker_json,
)
from app.api.text import Text
from app.bootstrap import Services
from app.dialogue.errors import InvalidInputError
from app.dialogue.rasa_json import tracker_to_rasa
from app.dialogue.remote_control import RemoteControl
from app.dialogue.senders import sender_of
from app.dialogue.tracker import Tracker, empty_tracker, fold

router = APIRouter(tags=["rasa"])

OutputChannel = Annotated[Text, Query(max_length=100)]
LATEST = "latest"  # the channel of the customer's last message


@router.post("/conversations/{name:path}/trigger_intent")
def trigger_intent(
    services: ServicesDep,
    conversation_id: NewOrKnownConversation,
    callbacks: MaybeCallbacks,
    body: ObjectBody,
    include_events: Included = "AFTER_RESTART",
    output_channel: OutputChannel = "",
) -> Json:
    """Let an intent come from outside the conversation; gives what the bot answers."""
    intent, values = required_text(body, "name"), entities_of(body.get("entities"))
    result = RemoteControl(services.manager).trigger_intent(conversation_id, intent, values)
    replies = recorded_to_replies(sender_of(conversation_id), result.recorded)
    _send(services, callbacks, conversation_id, output_channel, replies)
    return _moved(services, conversation_id, include_events, replies)


@router.post("/conversations/{name:path}/execute")
def execute(
    services: ServicesDep,
    conversation_id: KnownConversation,
    callbacks: MaybeCallbacks,
    body: ObjectBody,
    include_events: Included = "AFTER_RESTART",
    output_channel: OutputChannel = "",
) -> Json:
    """Execute one action; gives what the bot said by it."""
    action = required_text(body, "name")
    policy = required_text(body, "policy") if body.get("policy") is not None else ""
    control, confidence = RemoteControl(services.manager), _confidence(body.get("confidence"))
    try:
        result = control.execute(conversation_id, action, policy=policy, confidence=confidence)
    except InvalidInputError as error:
        raise BadRequestError(str(error)) from error
    replies = recorded_to_replies(sender_of(conversation_id), result.recorded)
    _send(services, callbacks, conversation_id, output_channel, replies)
    return _moved(services, conversation_id, include_events, replies)


@router.post("/conversations/{name:path}/predict")
def predict(
    services: ServicesDep,
    conversation_id: KnownConversation,
    include_events: Included = "AFTER_RESTART",
) -> Json:
    """Say what the bot would do next; nothing is recorded."""
    tracker = services.tracker_store.load(conversation_id)
    written = tracker_json(services, conversation_id, include_events)
    predicted = _prediction(services, tracker)
    predicted["scores"].sort(key=lambda item: (-item["score"], item["action"]))
    return predicted | {"tracker": written}


@router.post("/model/predict", dependencies=[Depends(current_admin)])
def predict_after_events(
    services: ServicesDep, body: JsonBody, include_events: Included = "AFTER_RESTART"
) -> Json:
    """Say what the bot would do after these events; nothing is recorded."""
    tracker = fold(empty_tracker("default"), events_of(body))
    written = tracker_to_rasa(tracker, services.bot.domain, include_events=include_events)
    return _prediction(services, tracker) | {"tracker": written}


def entities_of(raw: Any) -> list[tuple[str, Any]]:
    """Read entities: an object of names and values, or a list of ``{"entity": …, "value": …}``.

    Raises:
        BadRequestError: it is something else.
    """
    if raw is None:
        return []
    if isinstance(raw, Mapping):
        return [(name, item) for name, value in raw.items() for item in _values(value)]
    if not isinstance(raw, list):
        raise BadRequestError(f"'entities': got {kind_of(raw)}; expected an object or a list of objects")
    return [_entity_of(item) for item in raw]


def _entity_of(item: Any) -> tuple[str, Any]:
    name = item.get("entity") if isinstance(item, dict) else None
    if not isinstance(name, str) or "value" not in item:
        raise BadRequestError(f"'entities': got {kind_of(item)} in the list; expected entity and value")
    return name, item["value"]


def _values(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _confidence(raw: Any) -> float:
    if raw is None:
        return 1.0
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        raise BadRequestError(f"'confidence': got {kind_of(raw)}; expected a number from 0 to 1")
    return float(raw)


def _send(
    services: Services,
    callbacks: Callbacks | None,
    conversation_id: str,
    output_channel: str,
    replies: Sequence[RestReply],
) -> None:
    """Post what was said where the callback channel is asked for; open sockets get everything anyway."""
    if callbacks is None or not replies:
        return
    latest = services.tracker_store.load(conversation_id).latest_message
    channel = latest.channel if output_channel == LATEST and latest is not None else output_channel
    if channel == "callback":
        callbacks.deliver(replies)


def _moved(
    services: Services, conversation_id: str, include_events: Included, replies: Sequence[RestReply]
) -> Json:
    tracker = tracker_json(services, conversation_id, include_events)
    return {"tracker": tracker, "messages": replies_to_json(replies)}


def _prediction(services: Services, tracker: Tracker) -> Json:
    control = RemoteControl(services.manager)
    predicted = control.predict(tracker)
    actions = list(dict.fromkeys([*control.actions, predicted.action]))
    scores = [
        {"action": action, "score": predicted.confidence if action == predicted.action else 0.0}
        for action in actions
    ]
    return {"scores": scores, "policy": predicted.policy or None, "confidence": predicted.confidence}
