"""Fill an empty demo shop from ``shop_seed.toml``: always the same, but dates count from today."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from .shop_tables import (
    Customer,
    GiftCard,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Return,
    ReturnStatus,
    StockItem,
    Store,
    Voucher,
)

_SEED_PATH = Path(__file__).with_name("shop_seed.toml")


def seed(session: Session, today: date) -> None:
    """Add everything that the shop has on its first day; the caller commits."""
    shop = tomllib.loads(_SEED_PATH.read_text(encoding="utf-8"))
    sold_out = {tuple(item) for item in shop["sold_out"]}
    products = {item["name"]: _product(item, sold_out) for item in shop["products"]}
    session.add_all(products.values())
    for home in shop["customers"]:
        customer = Customer(name=home["name"], email=home["email"])
        session.add_all(_order(item, home, customer, products, today) for item in home["orders"])
    session.add_all(Store(**item) for item in shop["stores"])
    session.add_all(_gift_card(item, today) for item in shop["gift_cards"])
    session.add_all(_voucher(item, today) for item in shop["vouchers"])


def price_in(product: Product, currency: str) -> int:
    """Give the price of a product in minor units of GBP, EUR or USD."""
    return {"GBP": product.gbp_minor, "EUR": product.eur_minor, "USD": product.usd_minor}[currency]


def _product(item: dict[str, Any], sold_out: set[tuple[str, ...]]) -> Product:
    variants = [(item["name"], colour, size) for colour in item["colours"] for size in item["sizes"] or [""]]
    return Product(
        name=item["name"],
        gbp_minor=item["gbp"],
        eur_minor=item["eur"],
        usd_minor=item["usd"],
        fit=item["fit"],
        stock=[
            StockItem(
                colour=colour,
                size=size,
                quantity=0 if (name, colour, size) in sold_out else _natural_quantity(name + colour + size),
            )
            for name, colour, size in variants
        ],
    )


def _natural_quantity(key: str) -> int:
    """Give a number of pieces that looks natural and is always the same for a key."""
    return 2 + sum(map(ord, key)) % 23


def _order(
    item: dict[str, Any], home: dict[str, Any], customer: Customer, products: dict[str, Product], today: date
) -> Order:
    status = OrderStatus(item["status"])
    is_charged = status in (OrderStatus.ON_ITS_WAY, OrderStatus.DELIVERED)
    order = Order(
        number=item["number"],
        customer=customer,
        status=status,
        method=item.get("method", "standard"),
        street=home["street"],
        city=home["city"],
        postcode=home["postcode"],
        currency=home["currency"],
        ordered_on=today + timedelta(item["ordered"]),
        expected_on=today + timedelta(item["expected"]),
        delivered_on=_day(today, item.get("delivered")),
        num_charges=item.get("num_charges", int(is_charged)),
        lines=[_line(line, home["currency"], products) for line in item["lines"]],
    )
    if "returned" in item:
        order.returns.append(_return(item["returned"], order, today))
    return order


def _line(line: list[Any], currency: str, products: dict[str, Product]) -> OrderLine:
    name, colour, size, quantity = line
    price = price_in(products[name], currency)
    return OrderLine(product=name, colour=colour, size=size, quantity=quantity, price_minor=price)


def _return(item: dict[str, Any], order: Order, today: date) -> Return:
    return Return(
        product=item["product"],
        reason=item["reason"],
        outcome="refund",
        status=ReturnStatus.REFUNDED if "refunded" in item else ReturnStatus.RECEIVED,
        amount_minor=order.total_minor,
        announced_on=today + timedelta(item["announced"]),
        received_on=today + timedelta(item["received"]),
        refunded_on=_day(today, item.get("refunded")),
    )


def _gift_card(item: dict[str, Any], today: date) -> GiftCard:
    return GiftCard(
        number=item["number"],
        currency=item["currency"],
        balance_minor=item["balance"],
        expires_on=today + timedelta(item["expires"]),
    )


def _voucher(item: dict[str, Any], today: date) -> Voucher:
    return Voucher(
        code=item["code"],
        percent=item["percent"],
        minimum_gbp_minor=item["minimum_gbp"],
        expires_on=today + timedelta(item["expires"]),
        is_used=item["used"],
    )


def _day(today: date, offset: int | None) -> date | None:
    return None if offset is None else today + timedelta(offset)
