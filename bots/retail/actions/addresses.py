"""The address form: sends an order somewhere else while that is still possible."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .change_orders import why_too_late
from .conversation import empty_slots
from .customer_text import find_postcode, read_address
from .order_forms import OrderFormChecks, Slots, own_order_number
from .order_tasks import Events
from .shop import find_own_order, open_shop, today
from .shop_tables import AddressChange, Order

_FORM_SLOTS = ("new_street", "new_city", "new_postcode", "address_confirmed")


class ValidateAddressForm(OrderFormChecks, FormValidationAction):
    def name(self) -> str:
        return "validate_address_form"

    def why_not(self, order: Order) -> str | None:
        return why_too_late(order)

    def validate_new_street(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        """Take the street; city and postcode too if the customer wrote all in one line."""
        address = read_address(str(value))
        if address is None:
            dispatcher.utter_message(text="I need a house number and a street, for example “12 Mill Lane”.")
            return {"new_street": None}
        given = {"new_street": address.street, "new_city": address.city, "new_postcode": address.postcode}
        return {name: part for name, part in given.items() if part}

    def validate_new_city(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        city = " ".join(str(value).split()).strip(" .,")
        if 2 <= len(city) <= 60 and not city.endswith("?"):
            return {"new_city": city}
        dispatcher.utter_message(text="Just the name of the town or city, please.")
        return {"new_city": None}

    def validate_new_postcode(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        postcode = find_postcode(str(value))
        if postcode is None:
            dispatcher.utter_message(
                text="That doesn't look like a postcode; I expect something like YO1 7AB."
            )
        return {"new_postcode": postcode}

    def validate_address_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        if value is True:
            return {"address_confirmed": True}
        dispatcher.utter_message(text="No problem, then once more.")
        return dict.fromkeys(_FORM_SLOTS)


class SubmitAddressChange(Action):
    def name(self) -> str:
        return "action_submit_address_change"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        number, contact = own_order_number(tracker)
        with open_shop() as session:
            order = find_own_order(session, number, contact)
            reason = why_too_late(order) if order else f"I can't find order {number} any more."
            if order is None or reason:
                dispatcher.utter_message(text=f"I'm sorry, the address couldn't be changed. {reason}")
                return empty_slots(*_FORM_SLOTS)
            old_address = _address(order)
            order.street = str(tracker.get_slot("new_street"))
            order.city = str(tracker.get_slot("new_city"))
            order.postcode = str(tracker.get_slot("new_postcode"))
            new_address = _address(order)
            change = AddressChange(
                order_id=order.id, old_address=old_address, new_address=new_address, changed_on=today()
            )
            session.add(change)
        dispatcher.utter_message(
            text=f"Done: order {number} now goes to {new_address}. A new confirmation is on its way to you."
        )
        return empty_slots(*_FORM_SLOTS)


def _address(order: Order) -> str:
    return f"{order.street}, {order.city}, {order.postcode}"
