"""The return form: what goes back, why, and what for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .conversation import empty_slots
from .order_forms import OrderFormChecks, Slots, own_order_number
from .order_tasks import Events
from .shop import find_lines, find_own_order, format_day, format_line, format_money, open_shop, today
from .shop_tables import Order, OrderLine, OrderStatus, Return, ReturnStatus

RETURN_DAYS = 30
_COST_BY_CURRENCY = {"GBP": "£2.50", "EUR": "€3.95", "USD": "$7.95"}
_EXCHANGE_CURRENCIES = ("GBP", "EUR")
_FORM_SLOTS = ("return_product", "return_reason", "return_outcome", "new_variant")


class ValidateReturnForm(OrderFormChecks, FormValidationAction):
    def name(self) -> str:
        return "validate_return_form"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[str]:
        """Ask what should come instead only for an exchange."""
        if tracker.get_slot("return_outcome") in (None, "exchange"):
            return domain_slots
        return [slot for slot in domain_slots if slot != "new_variant"]

    def why_not(self, order: Order) -> str | None:
        if order.status == OrderStatus.CANCELLED:
            return f"Order {order.number} was cancelled, so there is nothing to send back."
        if order.status != OrderStatus.DELIVERED or order.delivered_on is None:
            return f"Order {order.number} hasn't been delivered yet; it can go back once you have it."
        last_day = order.delivered_on + timedelta(RETURN_DAYS)
        if today() > last_day:
            return f"Order {order.number} could be returned until {format_day(last_day)}, I'm sorry."
        if _returnable_lines(order):
            return None
        return f"Everything in order {order.number} is already on its way back to us."

    def slots_from_order(self, order: Order, tracker: Tracker) -> Slots:
        """Name the item if the order has only one, or as the shop calls it."""
        lines = _returnable_lines(order)
        wanted = tracker.get_slot("return_product")
        if len(lines) == 1:
            return {"return_product": _line_name(lines[0])}
        if not wanted or wanted in map(_line_name, lines):
            return {}
        matches = [line for line in find_lines(order, wanted) if line in lines]
        return {"return_product": _line_name(matches[0]) if len(matches) == 1 else None}

    def validate_return_product(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        number, contact = own_order_number(tracker)
        with open_shop() as session:
            order = find_own_order(session, number, contact)
            if order is None:  # not known yet: looked at again when it is
                return {"return_product": str(value)}
            lines = _returnable_lines(order)
            matches = [line for line in find_lines(order, str(value)) if line in lines]
            if len(matches) == 1:
                return {"return_product": _line_name(matches[0])}
            choices = ", ".join(format_line(line) for line in matches or lines)
        dispatcher.utter_message(text=f"In order {number} I see: {choices}. Which of these is it?")
        return {"return_product": None}

    def validate_return_reason(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        reason = " ".join(str(value).split())
        if len(reason) >= 3:
            return {"return_reason": reason[:300]}
        dispatcher.utter_message(text="A word or two is enough, for example “too small”.")
        return {"return_reason": None}

    def validate_return_outcome(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        text = str(value).lower()
        if any(word in text for word in ("exchange", "swap", "instead", "size", "colour", "replace")):
            return {"return_outcome": "exchange"}
        if any(word in text for word in ("refund", "money", "cash", "back")):
            return {"return_outcome": "refund"}
        dispatcher.utter_message(text="Please choose: your money back, or an exchange.")
        return {"return_outcome": None}

    def validate_new_variant(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        """Keep what the customer wrote, with size and colour if both were named."""
        wanted = [
            f"size {entity['value']}" if entity["entity"] == "size" else str(entity["value"])
            for entity in tracker.latest_message.get("entities", [])
            if entity["entity"] in ("size", "colour") and entity.get("role") != "old"
        ]
        return {"new_variant": ", ".join(wanted) or str(value)[:100]}


class SubmitReturn(Action):
    def name(self) -> str:
        return "action_submit_return"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        number, contact = own_order_number(tracker)
        with open_shop() as session:
            order = find_own_order(session, number, contact)
            lines = find_lines(order, str(tracker.get_slot("return_product"))) if order else []
            if order is None or not lines:
                dispatcher.utter_message(
                    text="I couldn't register the return. Please say “return” to try again."
                )
                return empty_slots(*_FORM_SLOTS)
            item = _new_return(lines[0], tracker)
            order.returns.append(item)
            session.flush()
            dispatcher.utter_message(text=_describe_new_return(item, order))
        return empty_slots(*_FORM_SLOTS)


def _returnable_lines(order: Order) -> list[OrderLine]:
    returned = {item.product for item in order.returns}
    return [line for line in order.lines if line.product not in returned]


def _line_name(line: OrderLine) -> str:
    return f"{line.colour} {line.product}".strip()


def _new_return(line: OrderLine, tracker: Tracker) -> Return:
    return Return(
        product=line.product,
        reason=str(tracker.get_slot("return_reason")),
        outcome=str(tracker.get_slot("return_outcome")),
        exchange_for=str(tracker.get_slot("new_variant") or "")[:100],
        status=ReturnStatus.ANNOUNCED,
        amount_minor=line.price_minor * line.quantity,
        announced_on=today(),
    )


def _describe_new_return(item: Return, order: Order) -> str:
    start = f"Your return RT-{5000 + item.id} is registered: {item.product} from order {order.number}. "
    label = "The label comes by e-mail within minutes and is valid for 14 days. "
    if item.outcome == "exchange" and order.currency in _EXCHANGE_CURRENCIES:
        return start + label + f"The exchange ({item.exchange_for}) is free and reserved for you for 7 days."
    if item.outcome == "exchange":
        return (
            start + label + "We exchange within the United Kingdom and Ireland only, so please order "
            f"“{item.exchange_for}” anew; this item is refunded when we have it."
        )
    amount = format_money(item.amount_minor, order.currency)
    cost = _COST_BY_CURRENCY[order.currency]
    return (
        start
        + label
        + f"When we have it, we refund {amount}, less {cost} for postage; in a store it is free."
    )
