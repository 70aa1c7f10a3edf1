"""The actions that every bot has, as events; a custom action of the same name takes their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.dialogue.action_names import (
    ACTION_ANSWER_FAQ,
    ACTION_BACK,
    ACTION_CANCEL_FORM,
    ACTION_CONFIRM_CORRECTION,
    ACTION_DEACTIVATE_LOOP,
    ACTION_REQUEST_HANDOFF,
    ACTION_RESTART,
    ACTION_REVERT_FALLBACK_EVENTS,
    ACTION_SAY_AGAIN,
    ACTION_SEND_TEXT,
    ACTION_SESSION_START,
    ACTION_UNLIKELY_INTENT,
    OUT_OF_SCOPE_INTENT,
)
from app.dialogue.action_names import ASK_AFFIRMATION as ASK_AFFIRMATION_STEP
from app.dialogue.action_names import ASK_REPHRASE as ASK_REPHRASE_STEP
from app.dialogue.events import (
    ActiveLoopChanged,
    BotUttered,
    Button,
    Event,
    FaqSource,
    Restarted,
    SlotSet,
    UserUtteranceReverted,
)
from app.dialogue.payload import ENTRY_ID_ENTITY, make_payload
from app.dialogue.policies.choice import offers
from app.dialogue.responses import Speaker
from app.dialogue.script import BotScript
from app.dialogue.sentences import (
    ASK_AFFIRMATION,
    ASK_REPHRASE,
    BACK,
    GIVE_UP,
    NONE_OF_THESE,
    RESTART,
    SUGGESTIONS,
    TALK_TO_A_PERSON,
    UTTER_ASK_AFFIRMATION,
    UTTER_ASK_REPHRASE,
    UTTER_BACK,
    UTTER_DEFAULT,
    UTTER_RESTART,
    UTTER_SUGGESTIONS,
)
from app.dialogue.sessions import session_events
from app.dialogue.steering import find_wish
from app.dialogue.steering_actions import cancel_form, confirm_correction, say_again
from app.dialogue.tracker import REQUESTED_SLOT, Tracker
from app.dialogue.two_stage import revert_fallback_events
from nlu.types import FALLBACK_INTENT
from retrieval.types import Answer, Suggestions

BuiltIn = Callable[[Tracker, BotScript, Speaker], list[Event]]

MAX_SUGGESTIONS = 3


def fallback_events(step: str, tracker: Tracker, script: BotScript, speaker: Speaker) -> list[Event]:
    """Take one step of the two-stage fallback."""
    if step == ASK_AFFIRMATION_STEP:
        has_comfort = script.settings.has_comfort
        return [(_offer if has_comfort else _ask_affirmation)(tracker, script, speaker)]
    if step == ASK_REPHRASE_STEP:
        return _say(UTTER_ASK_REPHRASE, ASK_REPHRASE, tracker, script, speaker)
    if script.settings.has_comfort:
        return _give_up(tracker, speaker)
    return [*_say(UTTER_DEFAULT, GIVE_UP, tracker, script, speaker), UserUtteranceReverted()]


def answer_events(answer: Answer) -> list[Event]:
    """Say an FAQ passage with where it comes from."""
    source = FaqSource(
        answer.entry_id,
        answer.question,
        answer.source,
        answer.span_start,
        answer.span_end,
        answer.confidence,
    )
    return [BotUttered(answer.passage, faq=source)]


def suggestion_events(suggestions: Suggestions, tracker: Tracker, speaker: Speaker) -> list[Event]:
    """Offer the likeliest questions as buttons."""
    buttons = tuple(
        Button(question, make_payload(ACTION_ANSWER_FAQ, {ENTRY_ID_ENTITY: entry_id}))
        for entry_id, question in suggestions.entries[:MAX_SUGGESTIONS]
    )
    said = speaker.say_or(UTTER_SUGGESTIONS, SUGGESTIONS, tracker)
    return [replace(said, buttons=said.buttons + buttons)]


def _say(response: str, otherwise: str, tracker: Tracker, script: BotScript, speaker: Speaker) -> list[Event]:
    """Say a response; a bot without it is silent as in Rasa, or with comfort says this sentence."""
    if speaker.has(response):
        return [*speaker.say_any(response, tracker)]
    return [BotUttered(otherwise)] if script.settings.has_comfort else []


def _ask_affirmation(tracker: Tracker, _: BotScript, __: Speaker) -> BotUttered:
    """Ask for the likeliest intent by its name, as Rasa does."""
    message = tracker.latest_message
    ranking = message.parsed.ranking if message is not None else ()
    intent = next((item.name for item in ranking if item.name != FALLBACK_INTENT), FALLBACK_INTENT)
    buttons = (Button("Yes", make_payload(intent)), Button("No", make_payload(OUT_OF_SCOPE_INTENT)))
    return BotUttered(f"Did you mean '{intent}'?", buttons=buttons)


def _offer(tracker: Tracker, script: BotScript, speaker: Speaker) -> BotUttered:
    said = speaker.say_or(UTTER_ASK_AFFIRMATION, ASK_AFFIRMATION, tracker)
    message = tracker.latest_message
    entities = message.parsed.entities if message is not None else ()
    values = {e.entity: e.value for e in entities if e.role is None and e.group is None}
    buttons = [Button(title, make_payload(intent, values)) for intent, title in offers(tracker, script)]
    none_of_these = Button(NONE_OF_THESE, make_payload(OUT_OF_SCOPE_INTENT))
    return replace(said, buttons=(*said.buttons, *buttons, none_of_these))


def _give_up(tracker: Tracker, speaker: Speaker) -> list[Event]:
    """Say so and offer a person; the message does not count, except for a form that asks again anyway."""
    said = speaker.say_or(UTTER_DEFAULT, GIVE_UP, tracker)
    button = Button(TALK_TO_A_PERSON, make_payload(ACTION_REQUEST_HANDOFF))
    said = said if said.buttons else replace(said, buttons=(button,))
    return [said] if tracker.active_loop else [said, UserUtteranceReverted()]


def _session_start(tracker: Tracker, script: BotScript, _: Speaker) -> list[Event]:
    return session_events(tracker, script.domain)


def _restart(tracker: Tracker, script: BotScript, speaker: Speaker) -> list[Event]:
    """Forget everything, in the bot's own words for it or with its welcome."""
    own = UTTER_RESTART if speaker.has(UTTER_RESTART) else script.welcome or UTTER_RESTART
    said = _say(own, RESTART, tracker, script, speaker)
    if not said and find_wish(tracker, script.steering, script.own_intents) is not None:
        said = [BotUttered(RESTART)]  # asked for in words, not by Rasa's intent: silence would puzzle
    return [*said, Restarted()]


def _back(tracker: Tracker, script: BotScript, speaker: Speaker) -> list[Event]:
    """Take back this message and the one before it."""
    said = _say(UTTER_BACK, BACK, tracker, script, speaker)
    return [*said, UserUtteranceReverted(), UserUtteranceReverted()]


def _deactivate_loop(_: Tracker, __: BotScript, ___: Speaker) -> list[Event]:
    return [ActiveLoopChanged(None), SlotSet(REQUESTED_SLOT, None)]


def _revert_fallback(tracker: Tracker, _: BotScript, __: Speaker) -> list[Event]:
    return revert_fallback_events(tracker)


def _nothing(_: Tracker, __: BotScript, ___: Speaker) -> list[Event]:
    """Do nothing: Rasa's own policies alone would give these actions something to do."""
    return []


BUILT_INS: Mapping[str, BuiltIn] = {
    ACTION_SESSION_START: _session_start,
    ACTION_RESTART: _restart,
    ACTION_BACK: _back,
    ACTION_DEACTIVATE_LOOP: _deactivate_loop,
    ACTION_CANCEL_FORM: cancel_form,
    ACTION_SAY_AGAIN: say_again,
    ACTION_CONFIRM_CORRECTION: confirm_correction,
    ACTION_REVERT_FALLBACK_EVENTS: _revert_fallback,
    ACTION_SEND_TEXT: _nothing,
    ACTION_UNLIKELY_INTENT: _nothing,
}
"""Those that a rule may name and that are no decision of their own kind."""
