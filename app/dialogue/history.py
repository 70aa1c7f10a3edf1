"""What of a conversation's events still counts: restarts forget, taken-back messages vanish. Pure.

A form that asks several questions in a row counts as one execution, as in Rasa: its happy path is the
form's own affair and invisible to rules and stories.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.dialogue.action_names import ACTION_LISTEN, ACTION_UNLIKELY_INTENT
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoopChanged,
    AllSlotsReset,
    BotUttered,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)

_FORGETTING = frozenset({Restarted, SessionStarted})
_TAKING_BACK = frozenset({UserUtteranceReverted, ActionReverted})
_MAX_WORDS = 40  # of an utterance that a later question may be about


def since_forgetting(events: Sequence[Event]) -> Sequence[Event]:
    """Give the events since the last restart or session start, taken back or not."""
    for index in range(len(events) - 1, -1, -1):
        if type(events[index]) in _FORGETTING:
            return events[index + 1 :]
    return events


def rewound(events: Sequence[Event]) -> list[Event]:
    """Give the events since the last restart or session start, without what was taken back.

    Every question of a form is still there; see `applied` for what the dialogue itself goes by.
    """
    return _played(since_forgetting(events), frozenset())


def applied(events: Sequence[Event]) -> list[Event]:
    """Give the events that count, as in Rasa: without what was taken back and the happy path of each loop.

    Both happen in the order of the events: a message that a form has answered is part of the form's one
    execution, so that taking the next message back twice takes the whole form back.
    """
    remaining = since_forgetting(events)
    loops = {event.name for event in remaining if type(event) is ActiveLoopChanged and event.name}
    return _played(remaining, loops)


def _played(events: Sequence[Event], loops: Collection[str]) -> list[Event]:
    """Take back what was taken back (with the ``action_listen`` before the utterance), and collapse loops."""
    if not loops and not any(type(event) in _TAKING_BACK for event in events):
        return list(events)
    done: list[Event] = []
    for event in events:
        if isinstance(event, UserUtteranceReverted):
            _undo_until(UserUttered, done)
            _undo_until(ActionExecuted, done)
        elif isinstance(event, ActionReverted):
            _undo_until(ActionExecuted, done)
        elif type(event) is ActionExecuted and event.action in loops and _goes_on(event.action, done):
            _undo_back_to(event.action, done)
        else:
            done.append(event)
    return done


def without_signals(applied_events: Sequence[Event]) -> list[Event]:
    """Leave out ``action_unlikely_intent``: no story knows it, whatever a custom action of that name sets."""
    return [
        event
        for event in applied_events
        if not (type(event) is ActionExecuted and event.action == ACTION_UNLIKELY_INTENT)
    ]


def recent(applied_events: Sequence[Event], num_states: int | None) -> Sequence[Event]:
    """Give a short conversation that ends like this one: the last `num_states` states are the same.

    What lies before is reduced to the last word about each slot and the loop. None: all of it.
    """
    if num_states is None:
        return applied_events
    start = _start(applied_events, num_states)
    return [*lasting(applied_events[:start]), *applied_events[start:]] if start else applied_events


def lasting(events: Sequence[Event]) -> list[Event]:
    """Give the last event about each slot and about the loop, in order."""
    last: dict[str | None, Event] = {}
    for event in events:
        kind = type(event)
        if kind is AllSlotsReset:
            last = {name: kept for name, kept in last.items() if name is None} | {"": event}
        elif kind is SlotSet or kind is ActiveLoopChanged:
            name = event.slot if isinstance(event, SlotSet) else None
            last.pop(name, None)
            last[name] = event
    return list(last.values())


def _start(events: Sequence[Event], num_states: int) -> int:
    """Give the place where the bot last listened with more visible actions to come than states count.

    Not beside a hidden action: what stories see then depends on what went before.
    """
    num_visible = 0
    listening: int | None = None  # a place to start from, if the action before it is visible
    is_hidden_after = False
    for place in range(len(events) - 1, -1, -1):
        event = events[place]
        if not isinstance(event, ActionExecuted):
            continue
        if listening is not None and not event.hide_rule_turn:
            return listening
        num_visible += not event.hide_rule_turn
        is_place = num_visible > num_states and event.action == ACTION_LISTEN and not event.hide_rule_turn
        listening = place if is_place and not is_hidden_after else None
        is_hidden_after = event.hide_rule_turn
    return 0


def last_turn(events: Sequence[Event]) -> Sequence[Event]:
    """Give the events from the latest customer utterance on; all of them when there is none."""
    return events[_last_index(events, UserUttered) :]


def turn_before(events: Sequence[Event]) -> Sequence[Event]:
    """Give the events of the customer turn before the latest one; empty when there is none."""
    end = _last_index(events, UserUttered)
    return last_turn(events[:end]) if end else ()


def said_before(events: Sequence[Event]) -> tuple[str, ...]:
    """Give the help text that the bot answered with in the turn before the latest one, and what was asked.

    The latest comes first, and of a long text only the beginning. Nothing where that turn was about anything
    else: greetings, tasks and what a customer and an agent say to each other explain no question about help.
    """
    before = turn_before(rewound(events))
    answers = [event for event in before if isinstance(event, BotUttered) and event.faq is not None]
    if not answers or not isinstance(before[0], UserUttered):
        return ()
    asked = before[0].display_text if before[0].text.lstrip().startswith("/") else before[0].text
    texts = [*(event.text for event in reversed(answers)), asked or ""]
    return tuple(beginning for text in texts if (beginning := _beginning(text)))


def _beginning(text: str) -> str:
    return " ".join(text.split()[:_MAX_WORDS])


def _last_index(events: Sequence[Event], kind: type) -> int:
    return next((i for i in range(len(events) - 1, -1, -1) if isinstance(events[i], kind)), 0)


def _undo_until(kind: type, done: list[Event]) -> None:
    while done and not isinstance(done.pop(), kind):
        pass


def _undo_back_to(form: str, done: list[Event]) -> None:
    """Drop utterances and actions after the form's last execution; what they set stays."""
    kept: list[Event] = []
    while not (isinstance(done[-1], ActionExecuted) and done[-1].action == form):
        event = done.pop()
        if not isinstance(event, ActionExecuted | UserUttered):
            kept.append(event)
    done.extend(reversed(kept))


def _goes_on(form: str, done: Sequence[Event]) -> bool:
    """Say whether this execution continues an earlier one, with nothing but the form in between."""
    next_action: str | None = None
    for event in reversed(done):
        if isinstance(event, ActiveLoopChanged) and event.name is None:
            return False
        if isinstance(event, ActionExecutionRejected) and event.action == form:
            return False
        if isinstance(event, UserUttered) and next_action not in {None, form}:
            return False
        if isinstance(event, ActionExecuted):
            if event.action == form:
                return True
            next_action = event.action
    return False
