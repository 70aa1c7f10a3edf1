"""The newsletter, and the end of an account."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .customer_text import find_email
from .order_tasks import Events, ask_for
from .shop import open_shop, request_service


class Unsubscribe(Action):
    def name(self) -> str:
        return "action_unsubscribe"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        email = find_email(tracker.get_slot("contact") or "")
        if email is None:
            return ask_for(self.name(), dispatcher, "utter_ask_email")
        with open_shop() as session:
            request_service(session, "unsubscribe", about=email)
        dispatcher.utter_message(
            text=f"Done, {email} gets no more newsletters. It may take 48 hours until they stop."
        )
        return [SlotSet("task", None)]


class RequestAccountDeletion(Action):
    """Only starts the deletion: the link in the e-mail proves that it is the owner who wants it."""

    def name(self) -> str:
        return "action_request_account_deletion"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        email = find_email(tracker.get_slot("contact") or "")
        if email is None:
            return ask_for(self.name(), dispatcher, "utter_ask_email")
        with open_shop() as session:
            request_service(session, "delete account", about=email)
        dispatcher.utter_message(
            text=f"If there is an account for {email}, a link to confirm is on its way there. "
            "Once you've pressed it, everything is deleted within 30 days."
        )
        return [SlotSet("task", None)]
