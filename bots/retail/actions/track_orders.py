"""Tells where an order is, and when a refund comes."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .order_tasks import Events, OwnOrder, with_own_order
from .shop import format_day, format_line, format_money, today
from .shop_tables import Order, OrderStatus, Return, ReturnStatus

LATE_DAYS_TO_TRACE = 5  # three working days never are more than five days


class TrackOrder(Action):
    def name(self) -> str:
        return "action_track_order"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return with_own_order(self.name(), dispatcher, tracker, _tell_status)


class CheckRefund(Action):
    def name(self) -> str:
        return "action_check_refund"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return with_own_order(self.name(), dispatcher, tracker, _tell_refund)


def describe_status(order: Order) -> str:
    """Say in one or two sentences where an order is."""
    match order.status:
        case OrderStatus.RECEIVED:
            return (
                f"is received and will be packed soon. It should arrive on {format_day(order.expected_on)}."
            )
        case OrderStatus.PACKING:
            return f"is being packed right now. It should arrive on {format_day(order.expected_on)}."
        case OrderStatus.DELIVERED:
            return f"was delivered on {format_day(order.delivered_on or order.expected_on)}."
        case OrderStatus.CANCELLED:
            return "was cancelled, so nothing will be delivered and nothing was charged."
        case _:
            return _describe_journey(order)


def _describe_journey(order: Order) -> str:
    num_days_late = (today() - order.expected_on).days
    if num_days_late <= 0:
        return f"is on its way and should arrive on {format_day(order.expected_on)}."
    if num_days_late < LATE_DAYS_TO_TRACE:
        return (
            f"is on its way but late, I'm sorry: it should have come on {format_day(order.expected_on)}. "
            "Most late parcels arrive within three working days. If it doesn't, write to me again."
        )
    return (
        f"should have come on {format_day(order.expected_on)}, and I'm sorry that it hasn't. "
        "That is too long, so say “a person” and a colleague will have the carrier search for it."
    )


def _tell_status(own: OwnOrder) -> Events:
    order = own.order
    lines = ", ".join(format_line(line) for line in order.lines)
    own.dispatcher.utter_message(text=f"Your order {order.number} ({lines}) {describe_status(order)}")
    return []


def _tell_refund(own: OwnOrder) -> Events:
    order = own.order
    if order.status == OrderStatus.CANCELLED:
        text = (
            f"Order {order.number} was cancelled before we charged it. "
            "If your bank shows a reservation, it disappears within 3 to 5 working days."
        )
    elif not order.returns:
        text = (
            f"I don't see a return for order {order.number} yet. "
            "If you'd like to send something back, just say “return”."
        )
    else:
        text = " ".join(_describe_return(item, order) for item in order.returns)
    own.say(text)
    return []


def _describe_return(item: Return, order: Order) -> str:
    if item.outcome == "exchange":
        return f"The {item.product} of order {order.number} is an exchange, so there is no refund for it."
    amount = format_money(item.amount_minor, order.currency)
    match item.status:
        case ReturnStatus.REFUNDED:
            paid_on = format_day(item.refunded_on or item.announced_on)
            return (
                f"We sent back {amount} for the {item.product} on {paid_on}. "
                "Banks take up to five working days to show it."
            )
        case ReturnStatus.RECEIVED:
            received_on = format_day(item.received_on or item.announced_on)
            return (
                f"Your {item.product} reached us on {received_on}. We check returns within 3 working days; "
                f"then {amount} goes back the way you paid, on a card within 3 to 5 working days more."
            )
        case _:
            return (
                f"Your return of the {item.product} is registered but hasn't reached us yet. "
                f"When it has, we refund {amount}."
            )
