"""What the forms share: they need an order that exists, is the customer's, and is in the right state."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT

from .customer_text import find_email, find_order_number
from .order_tasks import NOT_AN_ORDER_NUMBER, Events
from .shop import find_own_order, open_shop, order_exists
from .shop_tables import Order

Slots = dict[str, Any]

_ANOTHER_ORDER = "If it is about another order, tell me its number; to leave it, say “stop”."


class OrderFormChecks:
    """Checks of `order_number` and `contact`; goes before `FormValidationAction` in a form's base classes.

    Number and e-mail address are looked at together, after all slots of the message, since one message may
    bring both, in either order, or change one of them.
    """

    def why_not(self, order: Order) -> str | None:
        """Say why this form can do nothing about the customer's order; None if it can."""
        raise NotImplementedError

    def slots_from_order(self, order: Order, tracker: Tracker) -> Slots:
        """Give slots that need no question because the order or what was said before answers it."""
        return {}

    def validate_order_number(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        """Write the number as FH-12345 and make sure that there is such an order."""
        number = find_order_number(str(value))
        if number is None:
            dispatcher.utter_message(text=NOT_AN_ORDER_NUMBER)
            return {"order_number": None}
        with open_shop() as session:
            if order_exists(session, number):
                return {"order_number": number}
        dispatcher.utter_message(text=f"I can't find an order {number}. Could there be a slip in the number?")
        return {"order_number": None}

    def validate_contact(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        """Take an e-mail address; a postcode is enough to look, not to change something."""
        email = find_email(str(value))
        if email is None and tracker.get_slot(REQUESTED_SLOT) == "contact":
            dispatcher.utter_message(
                text="For this I need the e-mail address that you ordered with, like name@example.com."
            )
        return {"contact": email}

    async def get_validation_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        """Validate slot by slot as rasa-sdk does, then the order as a whole."""
        events: Events = await super().get_validation_events(dispatcher, tracker, domain)  # type: ignore[misc]
        changes = self._check_order(dispatcher, tracker)
        tracker.slots.update(changes)
        return [*events, *(SlotSet(name, value) for name, value in changes.items())]

    def _check_order(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Slots:
        number, contact = tracker.get_slot("order_number"), tracker.get_slot("contact")
        if not number or not contact:
            return {}
        with open_shop() as session:
            order = find_own_order(session, number, contact)
            if order is None:
                dispatcher.utter_message(
                    text=f"That e-mail address doesn't belong to order {number}. Please check both."
                )
                return {"contact": None}
            reason = self.why_not(order)
            if reason is not None:
                dispatcher.utter_message(text=f"{reason} {_ANOTHER_ORDER}")
                return {"order_number": None}
            known = self.slots_from_order(order, tracker)
            return {name: value for name, value in known.items() if value != tracker.get_slot(name)}


def own_order_number(tracker: Tracker) -> tuple[str, str]:
    """Give number and e-mail address that a filled form has checked."""
    return str(tracker.get_slot("order_number")), str(tracker.get_slot("contact"))
