"""Steers the conversation: goes on with a task, drops it, repeats what was said."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .order_tasks import Events

FORM_SLOTS = (
    "return_product",
    "return_reason",
    "return_outcome",
    "new_variant",
    "new_street",
    "new_city",
    "new_postcode",
    "address_confirmed",
    "problem",
    "damaged_product",
    "damage_description",
    "damage_outcome",
)


def empty_slots(*names: str) -> Events:
    """Empty these slots."""
    return [SlotSet(name, None) for name in names]


class ContinueTask(Action):
    """The customer gave a detail: go on with the task that asked for it."""

    def name(self) -> str:
        return "action_continue_task"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        task = tracker.get_slot("task")
        if task in domain["actions"]:
            return [FollowupAction(task)]
        dispatcher.utter_message(response="utter_what_about_it")
        return []


class DropTask(Action):
    def name(self) -> str:
        return "action_drop_task"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        names = ("task", "cancel_offered", *FORM_SLOTS)
        was_running = any(tracker.get_slot(name) is not None for name in names) or _has_left_form(tracker)
        dispatcher.utter_message(response="utter_stopped" if was_running else "utter_nothing_to_stop")
        return empty_slots(*names)


class Repeat(Action):
    """Say again what the bot said last."""

    def name(self) -> str:
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if tracker.active_loop_name:  # the form asks its question again by itself
            return []
        said = _last_bot_messages(tracker.events)
        if not said:
            dispatcher.utter_message(response="utter_nothing_said_yet")
        for event in said:
            buttons = (event.get("data") or {}).get("buttons")
            dispatcher.utter_message(text=event["text"], buttons=buttons or None)
        return []


def _has_left_form(tracker: Tracker) -> bool:
    names = [event["name"] for event in tracker.events if event["event"] == "action"]
    return bool(names) and names[-1] == "action_deactivate_loop"


def _last_bot_messages(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Collect what the bot said last before the customer's present message."""
    messages: list[dict[str, Any]] = []
    num_user_messages = 0
    for event in reversed(events):
        if event["event"] == "user":
            num_user_messages += 1
            if messages:
                break
        elif event["event"] == "bot" and num_user_messages and event.get("text"):
            messages.append(event)
    return messages[::-1]
