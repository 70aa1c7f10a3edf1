"""What happens with a booking once a form is complete, and what is noticed on the way."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

OCCASIONS = ("birthday", "anniversary", "wedding", "graduation", "retirement")
FORM_SLOTS = (
    "visit_day",
    "visit_time",
    "party_size",
    "outside",
    "deposit_agreed",
    "booking_name",
    "room_type",
    "nights",
    "breakfast",
    "cot_needed",
    "wishes",
    "occasion",
    "booking_kind",
)

Events = list[dict[str, Any]]


class NoteOccasion(Action):
    def name(self) -> str:
        return "action_note_occasion"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Remember a birthday and the like, whatever else the message says."""
        words = (tracker.latest_message.get("text") or "").lower()
        found = [occasion for occasion in OCCASIONS if occasion in words]
        return [SlotSet("occasion", found[0])] if found else []


class BookTable(Action):
    def name(self) -> str:
        return "action_book_table"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        line = f"a table for {tracker.get_slot('party_size'):g} on {tracker.get_slot('visit_day')}"
        left = tracker.get_slot("tables_left") or 0
        return [*_booked(line, tracker), SlotSet("tables_left", max(left - 1, 0))]


class BookRoom(Action):
    def name(self) -> str:
        return "action_book_room"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        line = f"a {tracker.get_slot('room_type')} room for {tracker.get_slot('nights'):g} nights"
        return _booked(f"{line} from {tracker.get_slot('visit_day')}", tracker)


class AskStop(Action):
    def name(self) -> str:
        return "action_ask_stop"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(response="utter_ask_stop")
        return [SlotSet("stop_asked", True)]


class CarryOn(Action):
    def name(self) -> str:
        return "action_carry_on"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(response="utter_go_on")
        return [SlotSet("stop_asked", False)]


class ClearBooking(Action):
    def name(self) -> str:
        return "action_clear_booking"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Empty what belongs to one booking; what is on the sheet stays."""
        return [SlotSet(slot, None) for slot in FORM_SLOTS]


class DropBooking(Action):
    def name(self) -> str:
        return "action_drop_booking"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Empty what belongs to the booking, and the question whether to drop it."""
        return [*(SlotSet(slot, None) for slot in FORM_SLOTS), SlotSet("stop_asked", False)]


class ShowBooking(Action):
    def name(self) -> str:
        return "action_show_booking"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        booking = tracker.get_slot("last_booking") or {}
        return [SlotSet("booking_line", booking.get("line", "nothing"))]


def _booked(line: str, tracker: Tracker) -> Events:
    booking = {
        "line": line,
        "kind": tracker.get_slot("booking_kind"),
        "name": tracker.get_slot("booking_name"),
        "wishes": tracker.get_slot("wishes") or [],
        "occasion": tracker.get_slot("occasion"),
    }
    return [SlotSet("last_booking", booking), SlotSet("has_booking", True)]
