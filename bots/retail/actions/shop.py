"""The demo shop's database: opened and seeded on first use, asked by the actions.

``RETAIL_DATABASE_URL`` names it; by default it is the file ``retail-demo.sqlite3`` in ``SPANDESK_HOME``,
or lives in memory where that is not set either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from .customer_text import best_matches, find_email, find_postcode, is_same_postcode
from .shop_seed import seed
from .shop_tables import Base, Customer, Order, OrderLine, Product, ServiceRequest

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}


@contextmanager
def open_shop() -> Iterator[Session]:
    """Open a session on the shop; commits at the end, rolls back on an error."""
    with _sessions(_database_url())() as session, session.begin():
        yield session


def today() -> date:
    """Give the present day (UTC)."""
    return datetime.now(UTC).date()


def order_exists(session: Session, number: str) -> bool:
    """Say whether there is such an order; that alone is no secret."""
    return session.scalar(select(func.count()).where(Order.number == number)) == 1


def find_own_order(session: Session, number: str, contact: str) -> Order | None:
    """Find an order, given its number and its customer's e-mail address or its postcode.

    Returns:
        None if there is no such order or it belongs to somebody else: callers cannot tell which.
    """
    order = session.scalar(select(Order).where(Order.number == number))
    return order if order is not None and _belongs_to(order, contact) else None


def find_products(session: Session, wanted: str) -> list[Product]:
    """Find the products whose name fits best what the customer called it."""
    products = {product.name: product for product in session.scalars(select(Product).order_by(Product.id))}
    return [products[name] for name in best_matches(wanted, products)]


def find_lines(order: Order, wanted: str) -> list[OrderLine]:
    """Find the lines of an order that fit best what the customer called it; empty if none does."""
    names = best_matches(wanted, [f"{line.colour} {line.product} {line.size}" for line in order.lines])
    return [line for line in order.lines if f"{line.colour} {line.product} {line.size}" in names]


def find_customer(session: Session, email: str) -> Customer | None:
    """Find a customer by e-mail address."""
    return session.scalar(select(Customer).where(Customer.email == email))


def request_service(session: Session, kind: str, *, about: str, detail: str = "") -> None:
    """Note a wish that people or other systems carry out."""
    session.add(ServiceRequest(kind=kind, about=about, detail=detail[:300], requested_on=today()))


def format_money(minor: int, currency: str) -> str:
    """Write an amount in minor units: 4550 pence are ``£45.50``."""
    return f"{_SYMBOLS[currency]}{minor // 100}.{minor % 100:02d}"


def format_day(day: date) -> str:
    """Write a day as people say it: ``Tuesday 3 March``."""
    return f"{day:%A} {day.day} {day:%B}"


def format_line(line: OrderLine) -> str:
    """Write an order line: ``2 × ceramic mug (grey)``."""
    variant = ", ".join(part for part in (line.colour, f"size {line.size}" if line.size else "") if part)
    count = f"{line.quantity} × " if line.quantity > 1 else ""
    return f"{count}{line.product} ({variant})" if variant else f"{count}{line.product}"


def _belongs_to(order: Order, contact: str) -> bool:
    email = find_email(contact)
    if email is not None:
        return email == order.customer.email
    postcode = find_postcode(contact)
    return postcode is not None and is_same_postcode(postcode, order.postcode)


def _database_url() -> str:
    url = os.environ.get("RETAIL_DATABASE_URL")
    home = os.environ.get("SPANDESK_HOME")
    if url or not home:
        return url or "sqlite://"
    return f"sqlite:///{Path(home).absolute() / 'retail-demo.sqlite3'}"


@lru_cache(maxsize=8)
def _sessions(url: str) -> sessionmaker[Session]:
    sessions = sessionmaker(_engine(url), expire_on_commit=False)
    with sessions() as session, session.begin():
        if session.scalar(select(func.count()).select_from(Product)) == 0:
            seed(session, today())
    return sessions


def _engine(url: str) -> Engine:
    if url == "sqlite://":  # in memory: one connection, or every thread would see a shop of its own
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(url)
    Base.metadata.create_all(engine)
    return engine
