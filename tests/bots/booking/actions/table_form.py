"""The checks of `table_form`, and the question for its time."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .words import hour_in, number_in

MOST_WITHOUT_DEPOSIT = 8
MOST_GUESTS = 24


class ValidateTableForm(FormValidationAction):
    def name(self) -> str:
        return "validate_table_form"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[str]:
        """Ask large parties whether they agree to a deposit; the number may not have been checked yet."""
        guests = number_in(str(tracker.get_slot("party_size")))
        if guests is not None and guests > MOST_WITHOUT_DEPOSIT:
            return [*domain_slots[:-1], "deposit_agreed", domain_slots[-1]]
        return domain_slots

    def validate_visit_day(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Refuse Mondays."""
        if "monday" in str(value).lower():
            dispatcher.utter_message(text="On Mondays the kitchen is closed.")
            return {"visit_day": None}
        return {"visit_day": value}

    def validate_visit_time(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Accept what lies between five and half past nine."""
        hour = hour_in(str(value))
        if hour is None or not 17 <= hour <= 21:
            dispatcher.utter_message(text="We serve from 5 pm, and the last order is at half past nine.")
            return {"visit_time": None}
        return {"visit_time": value}

    def validate_party_size(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Turn words into a number; the largest table seats 24."""
        guests = number_in(str(value))
        if guests is None or not 1 <= guests <= MOST_GUESTS:
            dispatcher.utter_message(text=f"I can seat between 1 and {MOST_GUESTS} guests.")
            return {"party_size": None}
        return {"party_size": guests}

    def validate_deposit_agreed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Without a deposit, ask again for a smaller party."""
        if value is False:
            dispatcher.utter_message(text="Then I can only offer a smaller table.")
            return {"deposit_agreed": None, "party_size": None}
        return {"deposit_agreed": value}

    def validate_booking_name(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        name = str(value).strip()
        if len(name) < 2:
            dispatcher.utter_message(text="That is a very short name.")
            return {"booking_name": None}
        return {"booking_name": name}


class AskVisitTime(Action):
    def name(self) -> str:
        return "action_ask_table_form_visit_time"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Offer the times of that day as buttons."""
        times = ["6 pm", "7 pm", "8 pm"]
        day = tracker.get_slot("visit_day") or "that day"
        buttons = [{"title": time, "payload": f'/inform{{"time": "{time}"}}'} for time in times]
        dispatcher.utter_message(text=f"At what time on {day}?", buttons=buttons)
        return []
