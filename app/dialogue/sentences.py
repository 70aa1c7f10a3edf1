"""What the bot says when its domain has no response for it; one sentence each, in English.

A bot overrules each by defining the response of the name beside it.
"""

from __future__ import annotations

UTTER_ACTION_FAILED = "utter_action_failed"
ACTION_FAILED = "Sorry, something went wrong on our side. Please try again in a moment."

UTTER_ASK_AFFIRMATION = "utter_ask_affirmation"
ASK_AFFIRMATION = "I'm not sure I understood. Did you mean one of these?"
NONE_OF_THESE = "None of these"

UTTER_ASK_REPHRASE = "utter_ask_rephrase"
ASK_REPHRASE = "Sorry, I didn't get that. Could you say it in other words?"

UTTER_DEFAULT = "utter_default"
GIVE_UP = "Sorry, I can't help with that. Would you like to talk to a person?"
TALK_TO_A_PERSON = "Talk to a person"

UTTER_SUGGESTIONS = "utter_faq_suggestions"
SUGGESTIONS = "I'm not certain what you are looking for. Is it one of these?"

UTTER_HANDOFF = "utter_handoff"
HANDOFF = "I'll get a colleague to help you. Somebody will join this chat as soon as possible."

UTTER_RESTART = "utter_restart"
RESTART = "All right, let's start again."

UTTER_BACK = "utter_back"
BACK = "All right, let's go back a step."

UTTER_CANCELLED = "utter_cancelled"
CANCELLED = "All right, I've stopped that. What else can I do for you?"
UTTER_NOTHING_TO_CANCEL = "utter_nothing_to_cancel"
NOTHING_TO_CANCEL = "There is nothing to stop right now. What can I do for you?"

UTTER_NOTHING_SAID = "utter_nothing_said"
NOTHING_SAID = "I haven't said anything yet. What can I do for you?"

UTTER_CORRECTED = "utter_corrected"
CORRECTED = "All right, {value} instead of {before}."
