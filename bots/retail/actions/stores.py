"""Where the shops are and when they are open."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from .order_tasks import Events, ask_for
from .shop import open_shop
from .shop_tables import Store

WEEKDAY_HOURS = "Monday to Saturday 10 am to 7 pm, Thursday until 8 pm"

_NEAREST = {  # towns that customers name most, and the shop they go to
    "Bristol": ("bath", "cardiff", "exeter", "gloucester", "swindon", "cheltenham", "newport"),
    "Manchester": ("leeds", "york", "liverpool", "sheffield", "bradford", "chester", "preston", "hull"),
    "London": (
        "oxford",
        "cambridge",
        "brighton",
        "reading",
        "birmingham",
        "canterbury",
        "southampton",
        "luton",
    ),
    "Edinburgh": ("glasgow", "stirling", "dundee", "aberdeen", "newcastle", "perth", "durham"),
    "Dublin": ("cork", "galway", "limerick", "belfast", "waterford", "drogheda"),
    "Amsterdam": ("utrecht", "rotterdam", "the hague", "haarlem", "leiden", "antwerp"),
}


class FindStore(Action):
    def name(self) -> str:
        return "action_find_store"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        city = tracker.get_slot("city")
        if not city:
            return ask_for(self.name(), dispatcher, "utter_ask_which_city")
        store = _find_store(city)
        if store is None:
            text = (
                f"There is no Fernhill near {city}, I'm afraid. We have shops in {_all_cities()}, "
                "and online we deliver to the UK, Ireland, the EU, the United States and Canada."
            )
        elif store.city.lower() == city.lower():
            text = f"Yes, you find us at {store.address}, {_hours(store)}"
        else:
            text = f"The shop nearest to {city} is in {store.city}: {store.address}, {_hours(store)}"
        dispatcher.utter_message(text=text)
        return [SlotSet("task", None)]


class OpeningHours(Action):
    def name(self) -> str:
        return "action_opening_hours"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        city = tracker.get_slot("city")
        store = _find_store(city) if city else None
        if store is not None:
            text = f"Our shop in {store.city} is {_hours(store)} On public holidays the hours may differ."
        else:
            text = (
                f"Our shops are open {WEEKDAY_HOURS}, on Sunday 11 am to 5 pm "
                "(Dublin and Amsterdam 12 to 6 pm). Tell me your city and I'll find the nearest one."
            )
        dispatcher.utter_message(text=text)
        return [] if store else [SlotSet("task", "action_find_store")]


def _find_store(city: str) -> Store | None:
    name = city.strip().lower()
    with open_shop() as session:
        stores = {store.city: store for store in session.scalars(select(Store))}
    for store_city, store in stores.items():
        if name == store_city.lower() or name in _NEAREST.get(store_city, ()):
            return store
    return None


def _all_cities() -> str:
    with open_shop() as session:
        *others, last = session.scalars(select(Store.city).order_by(Store.id))
    return f"{', '.join(others)} and {last}"


def _hours(store: Store) -> str:
    return f"open {WEEKDAY_HOURS}, Sunday {store.sunday_hours}."
