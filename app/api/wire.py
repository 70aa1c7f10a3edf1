"""Recorded events -> what customers and agents see. Pure."""

from __future__ import annotations

from typing import Literal

from app.api.frames import RatedFrame, WireButton, WireSource, WireUtterance
from app.dialogue.events import (
    AgentJoined,
    AgentUttered,
    AnswerRated,
    BotUttered,
    FaqSource,
    HandoffClosed,
    HandoffRequested,
    RecordedEvent,
    UserUttered,
)
from app.dialogue.reminders import is_external

Kind = Literal["customer", "bot", "agent", "notice"]
Notice = Literal["handoff_requested", "agent_joined", "handoff_closed"]


def recorded_to_frame(conversation_id: str, recorded: RecordedEvent) -> WireUtterance | RatedFrame | None:
    """Give what a customer is sent of an event, or None."""
    if isinstance(recorded.event, AnswerRated):
        return RatedFrame(
            conversation_id=conversation_id,
            sequence=recorded.sequence,
            answer_sequence=recorded.event.answer_sequence,
            is_helpful=recorded.event.is_helpful,
        )
    return recorded_to_utterance(conversation_id, recorded)


def recorded_to_utterance(conversation_id: str, recorded: RecordedEvent) -> WireUtterance | None:
    """Give the visible form of an event, or None when there is nothing to see."""
    match recorded.event:
        case UserUttered() as event if is_external(event):
            return None
        case UserUttered(is_heard_again=False) as event:
            utterance = _blank(conversation_id, recorded, "customer")
            utterance.text = shown_text(event)
            utterance.client_message_id = event.client_message_id
            return utterance
        case BotUttered() as event:
            return _from_bot(_blank(conversation_id, recorded, "bot"), event)
        case AgentUttered(text=text, agent_name=agent_name):
            utterance = _blank(conversation_id, recorded, "agent")
            utterance.text, utterance.agent_name = text, agent_name
            return utterance
        case AgentJoined(agent_name=agent_name):
            utterance = _notice(conversation_id, recorded, "agent_joined")
            utterance.agent_name = agent_name
            return utterance
        case HandoffRequested():
            return _notice(conversation_id, recorded, "handoff_requested")
        case HandoffClosed():
            return _notice(conversation_id, recorded, "handoff_closed")
        case _:
            return None


def shown_text(event: UserUttered) -> str:
    """Give what the customer saw: the title of a pressed button, otherwise the text itself."""
    return event.text if event.display_text is None else event.display_text


def _blank(conversation_id: str, recorded: RecordedEvent, kind: Kind) -> WireUtterance:
    return WireUtterance(
        conversation_id=conversation_id,
        sequence=recorded.sequence,
        sent_at=recorded.recorded_at,
        kind=kind,
    )


def _notice(conversation_id: str, recorded: RecordedEvent, notice: Notice) -> WireUtterance:
    utterance = _blank(conversation_id, recorded, "notice")
    utterance.notice = notice
    return utterance


def _from_bot(utterance: WireUtterance, event: BotUttered) -> WireUtterance:
    utterance.text = event.text
    utterance.buttons = [WireButton(title=button.title, payload=button.payload) for button in event.buttons]
    utterance.image = event.image
    utterance.attachment = event.attachment
    utterance.custom = dict(event.custom)
    utterance.faq = _source(event.faq) if event.faq else None
    return utterance


def _source(faq: FaqSource) -> WireSource:
    return WireSource(
        entry_id=faq.entry_id,
        question=faq.question,
        source=faq.source,
        span_start=faq.span_start,
        span_end=faq.span_end,
    )
