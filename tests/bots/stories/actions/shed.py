"""Actions without any store: what they find depends on what the customer said, so tests are repeatable."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

_OUT = "ladder"
_MOST_DAYS = 14
_LOANS = {"101": "open", "102": "overdue"}

Events = list[dict[str, Any]]


def _entity(tracker: Tracker, name: str) -> str:
    return str(next(tracker.get_latest_entity_values(name), ""))


class CheckStock(Action):
    def name(self) -> str:
        return "action_check_stock"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet("in_stock", tracker.get_slot("tool") != _OUT)]


class NoteMember(Action):
    def name(self) -> str:
        return "action_note_member"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet("is_member", tracker.get_intent_of_latest_message() == "affirm")]


class CheckDays(Action):
    def name(self) -> str:
        return "action_check_days"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        days = _entity(tracker, "days")
        return [SlotSet("days_ok", days.isdigit() and int(days) <= _MOST_DAYS)]


class FindLoan(Action):
    def name(self) -> str:
        return "action_find_loan"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet("loan_state", _LOANS.get(_entity(tracker, "card"), "none"))]


class _Forgetting(Action):
    """Does its work elsewhere and forgets what it was about."""

    action = ""
    slots: tuple[str, ...] = ()

    def name(self) -> str:
        return self.action

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet(slot, None) for slot in self.slots]


class Reserve(_Forgetting):
    action = "action_reserve"
    slots = ("tool", "in_stock", "days_ok")


class JoinWaitlist(_Forgetting):
    action = "action_join_waitlist"
    slots = ("tool", "in_stock")


class ForgetTool(_Forgetting):
    action = "action_forget_tool"
    slots = ("tool", "in_stock")


class CloseReport(_Forgetting):
    action = "action_close_report"
    slots = ("severity",)


class OpenCase(_Forgetting):
    action = "action_open_case"


class Extend(_Forgetting):
    action = "action_extend"
    slots = ("loan_state",)


class ForgetLoan(_Forgetting):
    action = "action_forget_loan"
    slots = ("loan_state",)


class BookCourse(_Forgetting):
    action = "action_book_course"
