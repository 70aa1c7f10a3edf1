"""Facts of a conversation: frozen, past tense, append-only. The tracker is their fold.

Events know nothing of storage, wire formats or Rasa; `app.db` stores them, `app.api` and `app.actions`
translate them. Times and sequence numbers are given when an event is recorded (`RecordedEvent`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nlu.types import EntitySpan, ParsedUtterance


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A new session begins; slots were carried over or not by the SlotSet events that follow."""


@dataclass(frozen=True, slots=True)
class UserUttered:
    """The customer said something; `client_message_id` makes re-sending harmless."""

    text: str
    parsed: ParsedUtterance
    client_message_id: str | None = None
    channel: str = "web"
    bundle_id: str = ""  # which model understood it
    display_text: str | None = None  # what the customer saw, for a button with a payload
    metadata: Mapping[str, Any] = field(default_factory=dict)
    is_heard_again: bool = False  # the fallback was cleared up: an earlier message, shown already


@dataclass(frozen=True, slots=True)
class Button:
    """A quick reply: `title` is shown, `payload` is sent; `more` is for clients of Rasa's channels."""

    title: str
    payload: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaqSource:
    """Where an FAQ answer comes from; the span is ``[span_start, span_end)`` of the utterance's text."""

    entry_id: str
    question: str
    source: str
    span_start: int
    span_end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class BotUttered:
    """The bot said something; `response` names the template it came from, if any."""

    text: str
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    attachment: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    response: str | None = None
    faq: FaqSource | None = None


@dataclass(frozen=True, slots=True)
class AnswerRated:
    """The customer said whether an FAQ answer was helpful; of several ratings of an answer the last counts.

    It is about something said earlier and no part of the dialogue: no policy sees it, no session lives on it.
    """

    answer_sequence: int  # of the BotUttered that is meant
    is_helpful: bool


@dataclass(frozen=True, slots=True)
class SlotSet:
    """A slot got a value (None empties it)."""

    slot: str
    value: Any


@dataclass(frozen=True, slots=True)
class AllSlotsReset:
    """All slots went back to their initial values."""


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """What the policies decided, which policy, and why: read by agents, never by the fold."""

    decision: str  # class name of the Decision
    target: str  # response, action, form or slot it is about; may be empty
    policy: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionExecuted:
    """An action, response or form ran; ``action_listen`` ends a turn. `metadata` are the policy's own."""

    action: str
    policy: str = ""
    confidence: float = 1.0
    hide_rule_turn: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionFailed:
    """A custom action failed; the customer got an apology. `reference` is in the server's log."""

    action: str
    error: str
    reference: str


@dataclass(frozen=True, slots=True)
class ActionExecutionRejected:
    """A form could not use the utterance and let other policies answer."""

    action: str


@dataclass(frozen=True, slots=True)
class ActiveLoopChanged:
    """A form or loop became active, or (None) the active one ended."""

    name: str | None


@dataclass(frozen=True, slots=True)
class LoopInterrupted:
    """The active form was (or is no longer) interrupted by something else."""

    is_interrupted: bool


@dataclass(frozen=True, slots=True)
class FollowupActionSet:
    """A custom action asked for this action to run next (None: nothing)."""

    action: str | None


@dataclass(frozen=True, slots=True)
class UserUtteranceReverted:
    """The last customer utterance does not count for the dialogue."""


@dataclass(frozen=True, slots=True)
class ActionReverted:
    """The last action and what it changed do not count for the dialogue."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The conversation was restarted: slots, loop and history are as new."""


@dataclass(frozen=True, slots=True)
class ReminderScheduled:
    """An action asked for `intent` to be triggered later; the next one of the same name takes its place.

    `kill_on_user_message`: the customer's next message cancels it.
    """

    intent: str
    due_at: datetime  # UTC
    name: str | None = None
    kill_on_user_message: bool = True
    entities: tuple[EntitySpan, ...] = ()


@dataclass(frozen=True, slots=True)
class ReminderCancelled:
    """The reminders that agree with all that is stated here are off; nothing stated: all of them."""

    name: str | None = None
    intent: str | None = None
    entities: tuple[EntitySpan, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteKept:
    """An event of Rasa's that is kept and changes nothing: the end of a session, an export."""

    name: str  # as Rasa's JSON calls it
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventUnreadable:
    """In this place stands an event that another version of the code stored and this one cannot read."""

    type: str
    problem: str


@dataclass(frozen=True, slots=True)
class HandoffRequested:
    """A human agent was asked for."""

    reason: str


@dataclass(frozen=True, slots=True)
class AgentJoined:
    """An agent took over: the bot is silent until `HandoffClosed`."""

    agent_id: str
    agent_name: str


@dataclass(frozen=True, slots=True)
class AgentUttered:
    """An agent wrote to the customer."""

    text: str
    agent_id: str
    agent_name: str


@dataclass(frozen=True, slots=True)
class HandoffClosed:
    """The agent handed the conversation back to the bot, or the request was withdrawn."""


Event = (
    SessionStarted
    | UserUttered
    | BotUttered
    | AnswerRated
    | SlotSet
    | AllSlotsReset
    | DecisionMade
    | ActionExecuted
    | ActionFailed
    | ActionExecutionRejected
    | ActiveLoopChanged
    | LoopInterrupted
    | FollowupActionSet
    | UserUtteranceReverted
    | ActionReverted
    | Restarted
    | ReminderScheduled
    | ReminderCancelled
    | NoteKept
    | EventUnreadable
    | HandoffRequested
    | AgentJoined
    | AgentUttered
    | HandoffClosed
)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its place: `sequence` starts at 1 and has no gaps within a conversation."""

    sequence: int
    recorded_at: datetime  # UTC
    event: Event
