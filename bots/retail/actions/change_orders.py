"""Cancels orders, and changes what is in them or when they come."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .order_tasks import Events, OwnOrder, ask_for, with_own_order
from .shop import format_line, format_money, request_service
from .shop_tables import Order, OrderStatus

_ADDING = re.compile(r"\b(?:add|adding|extra|one more|another)\b", re.IGNORECASE)
_YES_OR_NO = [{"title": "Yes, cancel it", "payload": "/affirm"}, {"title": "No, keep it", "payload": "/deny"}]
_TOO_LATE = {
    OrderStatus.PACKING: "is already being packed and can't be changed any more.",
    OrderStatus.ON_ITS_WAY: "is already on its way and can't be changed any more.",
    OrderStatus.DELIVERED: "has already been delivered.",
    OrderStatus.CANCELLED: "has already been cancelled.",
}


class CancelOrder(Action):
    """Offer to cancel; `ConfirmCancel` does it."""

    def name(self) -> str:
        return "action_cancel_order"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return with_own_order(self.name(), dispatcher, tracker, _offer_to_cancel)


class ConfirmCancel(Action):
    def name(self) -> str:
        return "action_confirm_cancel"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        forget_offer = SlotSet("cancel_offered", None)
        if _is_plain_yes(tracker):
            return [forget_offer, *with_own_order(self.name(), dispatcher, tracker, _cancel)]
        dispatcher.utter_message(
            text="What do you say yes to? If it is about cancelling, say “cancel my order”."
        )
        return [forget_offer]


class KeepOrder(Action):
    def name(self) -> str:
        return "action_keep_order"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(text="Good, the order stays as it is. Is there anything else?")
        return [SlotSet("cancel_offered", None)]


class ChangeOrderItem(Action):
    def name(self) -> str:
        return "action_change_order_item"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return with_own_order(self.name(), dispatcher, tracker, _change_item)


class ChangeDeliveryDate(Action):
    def name(self) -> str:
        return "action_change_delivery_date"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return with_own_order(self.name(), dispatcher, tracker, _change_date)


def why_too_late(order: Order) -> str | None:
    """Say why an order can't be changed any more; None if it still can."""
    reason = _TOO_LATE.get(order.status)
    return f"Order {order.number} {reason}" if reason else None


def _offer_to_cancel(own: OwnOrder) -> Events:
    order = own.order
    reason = why_too_late(order)
    if reason is not None:
        hint = "" if order.status == OrderStatus.CANCELLED else _after_dispatch_hint(order)
        own.say(f"{reason}{hint}")
        return [SlotSet("cancel_offered", None)]
    lines = ", ".join(format_line(line) for line in order.lines)
    total = format_money(order.total_minor, order.currency)
    own.dispatcher.utter_message(
        text=f"Shall I cancel order {order.number} with {lines} for {total}? This can't be undone.",
        buttons=_YES_OR_NO,
    )
    return [SlotSet("cancel_offered", True)]


def _after_dispatch_hint(order: Order) -> str:
    if order.status == OrderStatus.DELIVERED:
        return " You can send it back within 30 days, though: just say “return”."
    return " When it has arrived, you can send it back within 30 days: just say “return”."


def _cancel(own: OwnOrder) -> Events:
    order = own.order
    reason = why_too_late(order)
    if reason is None:
        order.status = OrderStatus.CANCELLED
        text = (
            f"Done, order {order.number} is cancelled. Nothing was charged; "
            "if your bank shows a reservation, it disappears within 3 to 5 working days."
        )
    else:
        text = f"I'm sorry, I was too slow. {reason}"
    own.say(text)
    return []


def _is_plain_yes(tracker: Tracker) -> bool:
    """Say whether the yes follows our question at once and names no order, so that it means just that."""
    if any(entity["entity"] == "order_number" for entity in tracker.latest_message.get("entities", [])):
        return False
    names = [event["name"] for event in tracker.events if event["event"] == "action"]
    names = [name for name in names if name != "action_listen"]
    return bool(names) and names[-1] == "action_cancel_order"


def _change_item(own: OwnOrder) -> Events:
    order = own.order
    reason = why_too_late(order)
    if reason is not None:
        can_exchange = order.status != OrderStatus.CANCELLED
        own.say(f"{reason} When you have it, you can exchange it for free." if can_exchange else reason)
        return [SlotSet("new_variant", None)]
    wanted = _wanted_change(own.tracker)
    if wanted is None and _ADDING.search(own.tracker.latest_message.get("text") or ""):
        own.say(
            "I can't add anything to an order, sorry. Order it separately within two hours and "
            "we refund the second delivery charge. Is there something else you'd like to change?"
        )
        return []
    if wanted is None:
        return ask_for("action_change_order_item", own.dispatcher, "utter_ask_order_change")
    request_service(own.session, "change item", about=order.number, detail=wanted)
    own.say(
        f"I've noted the change for order {order.number}: {wanted}. You'll get a new confirmation "
        "by e-mail; if it isn't there within an hour, write to me again."
    )
    return [SlotSet("new_variant", None)]


def _wanted_change(tracker: Tracker) -> str | None:
    """Take the new size or colour from the slot, or from an answer like "size 8, in green"."""
    if tracker.get_slot("new_variant"):
        return str(tracker.get_slot("new_variant"))
    parts = [
        f"size {entity['value']}" if entity["entity"] == "size" else str(entity["value"])
        for entity in tracker.latest_message.get("entities", [])
        if entity["entity"] in ("size", "colour") and entity.get("role") != "old"
    ]
    return ", ".join(parts) or None


def _change_date(own: OwnOrder) -> Events:
    order = own.order
    if order.status in (OrderStatus.DELIVERED, OrderStatus.CANCELLED):
        own.say(f"Order {order.number} {_TOO_LATE[order.status]} Is it about another order?")
        return [SlotSet("date", None)]
    if order.method != "nominated day":
        own.say(
            f"Order {order.number} comes by {order.method} delivery. You can postpone it "
            "by up to five days yourself, with the link in the carrier's message."
        )
        return [SlotSet("date", None)]
    wanted = own.tracker.get_slot("date")
    if not wanted:
        return ask_for("action_change_delivery_date", own.dispatcher, "utter_ask_new_date")
    request_service(own.session, "change date", about=order.number, detail=wanted)
    own.say(
        f"I've passed on your new day for order {order.number}: {wanted}. The carrier confirms it "
        "by e-mail; a day can be moved once, until 8 pm two days before."
    )
    return [SlotSet("date", None)]
