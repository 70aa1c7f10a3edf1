"""What all tasks about an order share: ask for what is missing, make sure whose order it is, then act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from .customer_text import find_email, find_order_number, find_postcode
from .shop import find_own_order, open_shop
from .shop_tables import Order

Events = list[dict[str, Any]]

NOT_FOUND = (
    "I can't find an order {number} with that e-mail address or postcode. "
    "Please check both and send me the right ones, or say “a person” and I'll fetch a colleague."
)
NOT_AN_ORDER_NUMBER = (
    "That doesn't look like one of our order numbers. They have five digits, like FH-10482, "
    "and stand in your confirmation e-mail. What is yours?"
)
NOT_A_CONTACT = (
    "I need the e-mail address or the postcode of the order, for example name@example.com. What is it?"
)


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order that is the customer's, and all that a task needs to act on it."""

    order: Order
    session: Session
    dispatcher: CollectingDispatcher
    tracker: Tracker

    def say(self, text: str) -> None:
        """Tell the customer."""
        self.dispatcher.utter_message(text=text)


OrderTask = Callable[[OwnOrder], Events]


def ask_for(task: str, dispatcher: CollectingDispatcher, response: str, **variables: str) -> Events:
    """Ask for a missing detail; `action_continue_task` comes back to `task` when it is there."""
    dispatcher.utter_message(response=response, **variables)
    return [SlotSet("task", task)]


def with_own_order(task: str, dispatcher: CollectingDispatcher, tracker: Tracker, act: OrderTask) -> Events:
    """Run `act` on the customer's order, once number and e-mail address or postcode belong together."""
    given_number, given_contact = tracker.get_slot("order_number"), tracker.get_slot("contact")
    number = find_order_number(given_number or "")
    if given_number and number is None:
        dispatcher.utter_message(text=NOT_AN_ORDER_NUMBER)
        return [SlotSet("task", task), SlotSet("order_number", None)]
    if given_contact and not (find_email(given_contact) or find_postcode(given_contact)):
        dispatcher.utter_message(text=NOT_A_CONTACT)
        return [SlotSet("task", task), SlotSet("contact", None)]
    if number is None or not given_contact:
        return _ask_what_is_missing(task, dispatcher, number, given_contact)
    with open_shop() as session:
        order = find_own_order(session, number, given_contact)
        if order is None:
            dispatcher.utter_message(text=NOT_FOUND.format(number=number))
            return [SlotSet("task", task), SlotSet("contact", None)]
        return [SlotSet("task", None), *act(OwnOrder(order, session, dispatcher, tracker))]


def _ask_what_is_missing(
    task: str, dispatcher: CollectingDispatcher, number: str | None, contact: str | None
) -> Events:
    if number is None and not contact:
        return ask_for(task, dispatcher, "utter_ask_order_access")
    if number is None:
        return ask_for(task, dispatcher, "utter_ask_lookup_order_number")
    return ask_for(task, dispatcher, "utter_ask_lookup_contact", order_number=number)
