"""Reminders: planned, taken back, and what is said when one is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ReminderCancelled, ReminderScheduled
from rasa_sdk.executor import CollectingDispatcher

REMINDER = "visit"

Events = list[dict[str, Any]]


class SetReminder(Action):
    def name(self) -> str:
        return "action_set_reminder"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Plan the external intent; an hour stands for the day, so that it can be watched."""
        due = datetime.now(UTC) + timedelta(hours=1)
        return [
            ReminderScheduled(
                "EXTERNAL_visit_is_near", trigger_date_time=due, name=REMINDER, kill_on_user_message=False
            )
        ]


class ForgetReminders(Action):
    def name(self) -> str:
        return "action_forget_reminders"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [ReminderCancelled()]


class TellOfVisit(Action):
    def name(self) -> str:
        return "action_tell_of_visit"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        booking = tracker.get_slot("last_booking") or {}
        dispatcher.utter_message(text=f"Don't forget: {booking.get('line', 'your visit')}.")
        return []
