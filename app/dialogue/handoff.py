"""How a person takes over and hands back: which step is allowed when. Pure.

``bot -> handoff_requested -> agent -> bot``; an agent may also join unasked, and a request be withdrawn.
"""

from __future__ import annotations

from app.dialogue.errors import HandoffError
from app.dialogue.events import (
    ActiveLoopChanged,
    AgentJoined,
    AgentUttered,
    Event,
    HandoffClosed,
    HandoffRequested,
    SlotSet,
)
from app.dialogue.responses import Speaker
from app.dialogue.sentences import HANDOFF, UTTER_HANDOFF
from app.dialogue.tracker import REQUESTED_SLOT, Tracker


def request_handoff(tracker: Tracker, reason: str, speaker: Speaker) -> list[Event]:
    """Ask for an agent and tell the customer so; asking again only tells it again."""
    said = speaker.say_or(UTTER_HANDOFF, HANDOFF, tracker)
    return [said] if tracker.mode == "handoff_requested" else [HandoffRequested(reason), said]


def join(tracker: Tracker, *, agent_id: str, agent_name: str) -> list[Event]:
    """Let an agent take over; a form that was active ends, its slots stay.

    Raises:
        HandoffError: an agent has the conversation already.
    """
    holder = agent_in_charge(tracker)
    if holder is not None:
        raise HandoffError(
            f"{agent_name} cannot join: {holder.agent_name} has this conversation; hand it back first"
        )
    ending: list[Event] = []
    if tracker.active_loop is not None:
        ending = [ActiveLoopChanged(None), SlotSet(REQUESTED_SLOT, None)]
    return [AgentJoined(agent_id, agent_name), *ending]


def say(tracker: Tracker, text: str, *, agent_id: str, agent_name: str) -> list[Event]:
    """Let the agent who joined write to the customer.

    Raises:
        HandoffError: this agent has not joined.
    """
    holder = agent_in_charge(tracker)
    if holder is None or holder.agent_id != agent_id:
        who = "the bot" if holder is None else holder.agent_name
        raise HandoffError(f"{agent_name} cannot write: {who} has this conversation; join it first")
    return [AgentUttered(text, agent_id, agent_name)]


def leave(tracker: Tracker) -> list[Event]:
    """Hand the conversation back to the bot, or withdraw the request for a person.

    Raises:
        HandoffError: the bot has it already and nobody was asked for.
    """
    if tracker.mode == "bot":
        raise HandoffError(
            "there is nothing to close: the bot has this conversation and no person was asked for"
        )
    return [HandoffClosed()]


def agent_in_charge(tracker: Tracker) -> AgentJoined | None:
    """Give the joining of the agent who has the conversation, or None when no agent has it."""
    if tracker.mode != "agent":
        return None
    return next((event for event in reversed(tracker.events) if isinstance(event, AgentJoined)), None)
