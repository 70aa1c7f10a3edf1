"""Balances and cards."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

BALANCES = {"checking": 812.5, "savings": 6400.0, "joint": 95.0}

Events = list[dict[str, Any]]


class Balance(Action):
    def name(self) -> str:
        return "action_balance"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        account = tracker.get_slot("asked_account")
        balance = BALANCES.get(account, 0.0)
        dispatcher.utter_message(text=f"On your {account} account there is {balance:.2f}.")
        return [SlotSet("balance", balance), SlotSet("asked_account", None)]


class BlockCard(Action):
    def name(self) -> str:
        return "action_block_card"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(json_message={"blocked": tracker.get_slot("card_kind")})
        return []


class OrderCard(Action):
    def name(self) -> str:
        return "action_order_card"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet("card_kind", None)]
