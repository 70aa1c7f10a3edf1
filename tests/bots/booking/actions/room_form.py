"""The checks of `room_form`, and the question for its nights."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .words import number_in

LONGEST_STAY = 21
ROOM_TYPES = ("single", "double", "family", "hut")


class ValidateRoomForm(FormValidationAction):
    def name(self) -> str:
        return "validate_room_form"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[str]:
        """There is no breakfast in the huts, and cots only in family rooms."""
        match tracker.get_slot("room_type"):
            case "hut":
                return [slot for slot in domain_slots if slot != "breakfast"]
            case "family":
                return [*domain_slots[:-1], "cot_needed", domain_slots[-1]]
            case _:
                return domain_slots

    def validate_room_type(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        if str(value).lower() not in ROOM_TYPES:
            dispatcher.utter_message(text="We have no such room.")
            return {"room_type": None}
        return {"room_type": str(value).lower()}

    def validate_nights(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        nights = number_in(str(value))
        if nights is None or not 1 <= nights <= LONGEST_STAY:
            dispatcher.utter_message(text=f"Stays are between 1 and {LONGEST_STAY} nights.")
            return {"nights": None}
        return {"nights": nights}


class AskNights(Action):
    def name(self) -> str:
        return "action_ask_nights"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(text="For how many nights?")
        return []
