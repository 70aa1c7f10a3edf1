"""Names of the actions that every bot has; a custom action of the same name takes the place of ours."""

from __future__ import annotations

from collections.abc import Mapping

ACTION_LISTEN = "action_listen"
ACTION_SESSION_START = "action_session_start"
ACTION_RESTART = "action_restart"
ACTION_BACK = "action_back"
ACTION_DEACTIVATE_LOOP = "action_deactivate_loop"
ACTION_DEFAULT_FALLBACK = "action_default_fallback"
ACTION_TWO_STAGE_FALLBACK = "action_two_stage_fallback"
ACTION_ASK_AFFIRMATION = "action_default_ask_affirmation"
ACTION_ASK_REPHRASE = "action_default_ask_rephrase"
ACTION_ANSWER_FAQ = "action_answer_faq"
ACTION_REQUEST_HANDOFF = "action_request_handoff"
ACTION_CANCEL_FORM = "action_cancel_form"
ACTION_SAY_AGAIN = "action_say_again"
ACTION_CONFIRM_CORRECTION = "action_confirm_correction"
ACTION_EXTRACT_SLOTS = "action_extract_slots"
ACTION_VALIDATE_SLOT_MAPPINGS = "action_validate_slot_mappings"
ACTION_REVERT_FALLBACK_EVENTS = "action_revert_fallback_events"
ACTION_SEND_TEXT = "action_send_text"
ACTION_UNLIKELY_INTENT = "action_unlikely_intent"

BUILT_IN_ACTIONS = frozenset(
    {
        ACTION_LISTEN,
        ACTION_SESSION_START,
        ACTION_RESTART,
        ACTION_BACK,
        ACTION_DEACTIVATE_LOOP,
        ACTION_DEFAULT_FALLBACK,
        ACTION_TWO_STAGE_FALLBACK,
        ACTION_ASK_AFFIRMATION,
        ACTION_ASK_REPHRASE,
        ACTION_ANSWER_FAQ,
        ACTION_REQUEST_HANDOFF,
        ACTION_CANCEL_FORM,
        ACTION_SAY_AGAIN,
        ACTION_CONFIRM_CORRECTION,
        ACTION_EXTRACT_SLOTS,
        ACTION_REVERT_FALLBACK_EVENTS,
        ACTION_SEND_TEXT,
        ACTION_UNLIKELY_INTENT,
    }
)

ASK_AFFIRMATION = "ask_affirmation"
ASK_REPHRASE = "ask_rephrase"
GIVE_UP = "give_up"
FALLBACK_ACTION_OF_STEP: Mapping[str, str] = {
    ASK_AFFIRMATION: ACTION_ASK_AFFIRMATION,
    ASK_REPHRASE: ACTION_ASK_REPHRASE,
    GIVE_UP: ACTION_DEFAULT_FALLBACK,
}
"""The steps of the two-stage fallback, in order, and the actions that take them."""

RESTART_INTENT = "restart"
BACK_INTENT = "back"
SESSION_START_INTENT = "session_start"
OUT_OF_SCOPE_INTENT = "out_of_scope"

ACTION_OF_INTENT: Mapping[str, str] = {
    RESTART_INTENT: ACTION_RESTART,
    BACK_INTENT: ACTION_BACK,
    SESSION_START_INTENT: ACTION_SESSION_START,
}
"""Intents that every bot knows (as ``/restart``) and the actions that answer them."""
