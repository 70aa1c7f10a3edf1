"""Transfers between the customer's accounts, and payments to several people."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

ACCOUNTS = ("checking", "savings", "joint")
TRANSFER_SLOTS = ("source_account", "destination_account", "transfer_amount")

Events = list[dict[str, Any]]


class CheckTransfer(Action):
    def name(self) -> str:
        return "action_check_transfer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Say whether everything is known."""
        is_ready = all(tracker.get_slot(slot) for slot in TRANSFER_SLOTS)
        return [SlotSet("transfer_state", "ready" if is_ready else "incomplete")]


class Transfer(Action):
    def name(self) -> str:
        return "action_transfer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet("transfer_state", "done")]


class ForgetTransfer(Action):
    def name(self) -> str:
        return "action_forget_transfer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet(slot, None) for slot in (*TRANSFER_SLOTS, "transfer_state")]


class ValidateTransferForm(FormValidationAction):
    def name(self) -> str:
        return "validate_transfer_form"

    def validate_source_account(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        return {"source_account": _own_account(value, dispatcher)}

    def validate_destination_account(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Refuse the account that the money comes from."""
        account = _own_account(value, dispatcher)
        if account is not None and account == tracker.get_slot("source_account"):
            dispatcher.utter_message(text="That is the account that the money comes from.")
            return {"destination_account": None}
        return {"destination_account": account}

    def validate_transfer_amount(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Accept what holds a number above zero."""
        digits = re.sub(r"[^\d]", "", str(value))
        if not digits or int(digits) == 0:
            dispatcher.utter_message(text="I need an amount in figures.")
            return {"transfer_amount": None}
        return {"transfer_amount": value}


class ListPayments(Action):
    def name(self) -> str:
        return "action_list_payments"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Read back who gets what."""
        payments = [
            {"payee": payee, "amount": amount}
            for payee, amount in (
                (tracker.get_slot("first_payee"), tracker.get_slot("first_amount")),
                (tracker.get_slot("second_payee"), tracker.get_slot("second_amount")),
            )
            if payee and amount
        ]
        lines = " and ".join(f"{payment['amount']} to {payment['payee']}" for payment in payments)
        dispatcher.utter_message(text=f"Shall I pay {lines or 'nobody'}?")
        return [SlotSet("payments", payments)]


class PayPeople(Action):
    def name(self) -> str:
        return "action_pay_people"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        slots = ("first_payee", "first_amount", "second_payee", "second_amount")
        return [*(SlotSet(slot, None) for slot in slots), SlotSet("payments", [])]


def _own_account(value: Any, dispatcher: CollectingDispatcher) -> str | None:
    account = str(value).lower()
    if account in ACCOUNTS:
        return account
    dispatcher.utter_message(text=f"You have no account '{value}', but {', '.join(ACCOUNTS)}.")
    return None
