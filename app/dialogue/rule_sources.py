"""Which parts of the rules stories go through as well: the others hide their turns from stories. Pure.

As in Rasa, every story is told to the rules, action by action: where they say what the story does, what made
them say so is not theirs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.dialogue.action_names import ACTION_LISTEN, ACTION_OF_INTENT
from app.dialogue.domain import Domain
from app.dialogue.events import ActionExecuted, Event
from app.dialogue.states import TurnState, advance, start_of_conversation
from app.dialogue.stories import ELLIPSIS


@dataclass(frozen=True, slots=True)
class Source:
    """What makes the rules say something: a place of a rule, an intent that every bot knows, or a loop.

    `rule`: the place's number. `after_loop`: the loop has run, so that the bot listens.
    """

    rule: int | None = None
    intent: str | None = None
    loop: str | None = None
    after_loop: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules say comes next, and why."""

    action: str
    source: Source


_UNPREDICTABLE_AFTER = (None, ELLIPSIS.action)

AskRules = Callable[[Sequence[TurnState]], Said | None]
"""Gives what the written rules say after these states."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the rules said at one place of a rule or story, and whether it goes on like that."""

    source: Source
    is_so: bool


def hear(events: Sequence[Event], ask: AskRules, domain: Domain) -> Iterator[Hearing]:
    """Tell a rule or story to the rules, action by action, and give what they say where they say something.

    Args:
        events: its events that count (`app.dialogue.history.applied`).
        ask: the written rules.
        domain: the bot's domain.
    """
    states: list[TurnState] = []
    state = start_of_conversation(domain)
    is_rejected = False
    for event in events:
        after = advance(state, event, domain)
        if isinstance(event, ActionExecuted):
            states.append(state)
            if state.previous_action not in _UNPREDICTABLE_AFTER and event.action != ELLIPSIS.action:
                said = _said(states, ask, is_rejected=is_rejected)
                if said is not None and said.action == state.active_loop != event.action:
                    is_rejected = True  # the story shows that the loop did not want the message
                    said = _said(states, ask, is_rejected=True)
                if said is not None:
                    yield Hearing(said.source, is_so=said.action == event.action)
            is_rejected = is_rejected and event.action != state.active_loop
        is_rejected = is_rejected and after.active_loop == state.active_loop
        state = after


def _said(states: Sequence[TurnState], ask: AskRules, *, is_rejected: bool) -> Said | None:
    state = states[-1]
    default = ACTION_OF_INTENT.get(state.intent or "") if state.previous_action == ACTION_LISTEN else None
    if default is not None:
        return Said(default, Source(intent=state.intent))
    loop = state.active_loop
    if loop and not is_rejected:
        if state.previous_action == loop:
            return Said(ACTION_LISTEN, Source(loop=loop, after_loop=True))
        return Said(loop, Source(loop=loop))
    return ask(states)
