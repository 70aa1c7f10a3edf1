"""Answers about products: in stock, price, fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .order_tasks import Events, ask_for
from .shop import find_products, format_money, open_shop
from .shop_tables import Product, StockItem

Describe = Callable[[Product], str]
FEW = 5


class CheckStock(Action):
    def name(self) -> str:
        return "action_check_stock"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        colour, size = tracker.get_slot("colour"), tracker.get_slot("size")
        return _about_product(
            self.name(), dispatcher, tracker, lambda product: _describe_stock(product, colour, size)
        )


class ProductPrice(Action):
    def name(self) -> str:
        return "action_product_price"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return _about_product(self.name(), dispatcher, tracker, _describe_price)


class SizeAdvice(Action):
    def name(self) -> str:
        return "action_size_advice"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return _about_product(self.name(), dispatcher, tracker, _describe_fit)


def _about_product(
    task: str, dispatcher: CollectingDispatcher, tracker: Tracker, describe: Describe
) -> Events:
    wanted = tracker.get_slot("product")
    if not wanted:
        return ask_for(task, dispatcher, "utter_ask_which_product")
    with open_shop() as session:
        products = find_products(session, wanted)
        if len(products) == 1:
            dispatcher.utter_message(text=describe(products[0]))
            return [SlotSet("task", None)]
        names = ", ".join(product.name for product in products)
    if not products:
        text = f"I can't find “{wanted}” in our range. Is there another name for it, or another product?"
    else:
        text = f"We have more than one: {names}. Which do you mean?"
    dispatcher.utter_message(text=text)
    return [SlotSet("task", task), SlotSet("product", None)]


def _describe_stock(product: Product, colour: str | None, size: str | None) -> str:
    items = [item for item in product.stock if _is_wanted(item, colour, size)]
    left = [item for item in items if item.quantity > 0]
    if not items:
        return f"The {product.name} doesn't come like that. You can have it in {_variants(product.stock)}."
    if not left:
        others = [item for item in product.stock if item.quantity > 0]
        wish = ", ".join(part for part in (colour, f"size {size}" if size else "") if part)
        gone = f"The {product.name}{f' in {wish}' if wish else ''} is sold out at the moment."
        return (
            f"{gone} We still have {_variants(others)}." if others else f"{gone} Please look again in a week."
        )
    if len(left) == 1:
        return f"Yes, the {product.name} in {_variants(left)} is in stock{_hurry(left[0])}."
    return f"Yes, we have the {product.name} in {_variants(left)}. Which would you like?"


def _is_wanted(item: StockItem, colour: str | None, size: str | None) -> bool:
    has_colour = not colour or item.colour.lower() == colour.lower()
    return has_colour and (not size or not item.size or item.size.lower() == size.lower())


def _hurry(item: StockItem) -> str:
    return f", but there are only {item.quantity} left" if item.quantity <= FEW else ""


def _variants(items: list[StockItem]) -> str:
    """List colours with their sizes: ``blue (S, M) and white (L)``."""
    sizes: dict[str, list[str]] = {}
    for item in items:
        sizes.setdefault(item.colour, []).append(item.size)
    parts = [f"{colour} ({', '.join(found)})" if all(found) else colour for colour, found in sizes.items()]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _describe_price(product: Product) -> str:
    prices = " / ".join(
        (
            format_money(product.gbp_minor, "GBP"),
            format_money(product.eur_minor, "EUR"),
            format_money(product.usd_minor, "USD"),
        )
    )
    return (
        f"The {product.name} costs {prices}, tax included in the UK and the EU. "
        "If you tell me colour and size, I can check the stock."
    )


def _describe_fit(product: Product) -> str:
    if not product.fit:
        return f"The {product.name} comes in one size. The measurements are on its product page."
    return (
        f"Our {product.name}: {product.fit}. The size chart on its page has the measurements, and if it "
        "doesn't fit, an exchange is free in the UK and Ireland."
    )
