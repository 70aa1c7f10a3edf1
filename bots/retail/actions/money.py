"""Gift cards, vouchers, charges and invoices."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from .customer_text import mask_email
from .order_tasks import Events, OwnOrder, ask_for, with_own_order
from .shop import format_day, format_money, open_shop, request_service, today
from .shop_tables import GiftCard, OrderStatus, Voucher

UNKNOWN_CARD = "I don't know a gift card {number}. It looks like GC-4821-7730; could you check it?"
UNKNOWN_VOUCHER = "I don't know a voucher {code}. Codes are one word without spaces; could you check it?"


class GiftCardBalance(Action):
    def name(self) -> str:
        return "action_gift_card_balance"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        number = tracker.get_slot("voucher_code")
        if not number:
            return ask_for(self.name(), dispatcher, "utter_ask_gift_card")
        with open_shop() as session:
            card = session.scalar(select(GiftCard).where(GiftCard.number == number.strip().upper()))
            text = _describe_card(card) if card else UNKNOWN_CARD.format(number=number.upper())
        dispatcher.utter_message(text=text)
        return [SlotSet("task", None if card else self.name()), SlotSet("voucher_code", None)]


class CheckVoucher(Action):
    def name(self) -> str:
        return "action_check_voucher"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        code = tracker.get_slot("voucher_code")
        if not code:
            return ask_for(self.name(), dispatcher, "utter_ask_voucher")
        with open_shop() as session:
            voucher = session.scalar(select(Voucher).where(Voucher.code == code.strip().upper()))
            text = _describe_voucher(voucher) if voucher else UNKNOWN_VOUCHER.format(code=code.upper())
        dispatcher.utter_message(text=text)
        return [SlotSet("task", None if voucher else self.name()), SlotSet("voucher_code", None)]


class CheckCharges(Action):
    def name(self) -> str:
        return "action_check_charges"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return with_own_order(self.name(), dispatcher, tracker, _check_charges)


class SendInvoice(Action):
    def name(self) -> str:
        return "action_send_invoice"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return with_own_order(self.name(), dispatcher, tracker, _send_invoice)


def _describe_card(card: GiftCard) -> str:
    if card.expires_on < today():
        return f"Gift card {card.number} expired on {format_day(card.expires_on)}, I'm sorry."
    if card.balance_minor == 0:
        return f"Gift card {card.number} is used up: nothing is left on it."
    balance = format_money(card.balance_minor, card.currency)
    return f"There is {balance} left on gift card {card.number}. Enter its number when you pay."


def _describe_voucher(voucher: Voucher) -> str:
    if voucher.is_used:
        return f"The code {voucher.code} has been used already; each code works once."
    if voucher.expires_on < today():
        return f"The code {voucher.code} expired on {format_day(voucher.expires_on)}, I'm sorry."
    minimum = format_money(voucher.minimum_gbp_minor, "GBP")
    limit = f" on orders from {minimum}" if voucher.minimum_gbp_minor else ""
    return (
        f"The code {voucher.code} gives you {voucher.percent} %{limit} "
        f"until {format_day(voucher.expires_on)}. Enter it in the basket; it doesn't count for gift cards."
    )


def _check_charges(own: OwnOrder) -> Events:
    order = own.order
    total = format_money(order.total_minor, order.currency)
    if order.num_charges > 1:
        order.num_charges = 1
        request_service(own.session, "refund double charge", about=order.number, detail=total)
        text = (
            f"You're right, and I'm sorry: order {order.number} was charged twice. "
            f"I've started a refund of {total}; it is on your account within 3 to 5 working days."
        )
    elif order.num_charges == 1:
        text = (
            f"We charged {total} for order {order.number} once. A second amount is usually the "
            "reservation from when you ordered; it disappears within 3 to 5 working days. "
            "If it doesn't, ask me for a person."
        )
    else:
        text = (
            f"We haven't charged order {order.number} yet: that happens when it is sent. What you see are "
            "reservations; the spare one disappears within 3 to 5 working days."
        )
    own.say(text)
    return []


def _send_invoice(own: OwnOrder) -> Events:
    order = own.order
    if order.status in (OrderStatus.ON_ITS_WAY, OrderStatus.DELIVERED):
        request_service(own.session, "invoice", about=order.number)
        address = mask_email(order.customer.email)
        text = (
            f"The invoice for order {order.number} is on its way to {address}. "
            "You also find it in your account, under “Orders”."
        )
    elif order.status == OrderStatus.CANCELLED:
        text = f"Order {order.number} was cancelled before it was charged, so there is no invoice for it."
    else:
        text = f"The invoice for order {order.number} is made when it is sent; then it is in your account."
    own.say(text)
    return []
