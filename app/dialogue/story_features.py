"""What a learned story policy sees of a state: named features with their strength, and nothing else. Pure.

Names are words of our own, so that a feature that was never learnt can be told from one that was. After
Vlasov, Mosig and Nichol 2019, "Dialogue Transformers", section 3: the last action, what the customer said,
slots and the active form, one position per state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.dialogue.action_names import ACTION_LISTEN, ACTION_SESSION_START
from app.dialogue.features import ANY_SET
from app.dialogue.states import TurnState

ACTION_FEATURE, INTENT_FEATURE = "action ", "intent "
"""How the features of the previous action and of what the customer wants begin."""

_BEFORE_THE_START = (None, ACTION_SESSION_START)


def state_features(state: TurnState) -> Mapping[str, float]:
    """Name what a state states: the previous action, intent, entities, active form and slots.

    What the customer said belongs to the state in which it was just heard; later states of the turn see it in
    their past, as in Rasa. Otherwise little data would tie the bot's second action to the customer's words.
    """
    names = [f"{ACTION_FEATURE}{state.previous_action}"] if state.previous_action else []
    if state.previous_action == ACTION_LISTEN:
        names += [f"entity {label}" for label in state.entities]
        names += [f"{INTENT_FEATURE}{state.intent}"] if state.intent else []
    names += [f"loop {state.active_loop}"] if state.active_loop else []
    return dict.fromkeys(names, 1.0) | _slot_features(state)


def learnable(states: Sequence[TurnState]) -> list[TurnState]:
    """Leave out the states before the bot first listened: stories know nothing of a session's start."""
    return [state for state in states if state.previous_action not in _BEFORE_THE_START]


def before_listening(states: Sequence[TurnState]) -> list[TurnState]:
    """Give the states up to the one in which the bot began to listen; none, unless it listened last.

    The very start of a conversation is one of them, a session's start is not.
    """
    if not states or states[-1].previous_action != ACTION_LISTEN:
        return []
    return [state for state in states[:-1] if state.previous_action != ACTION_SESSION_START]


def _slot_features(state: TurnState) -> dict[str, float]:
    """Name the values of each slot's features; a slot that a story sets to anything is just set."""
    return {
        f"slot {slot} {place}": value
        for slot, values in state.slots.items()
        for place, value in enumerate((1.0,) if values == ANY_SET else values)
        if value
    }
