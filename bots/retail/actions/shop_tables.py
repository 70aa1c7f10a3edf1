"""Tables of the demo shop. Money is in minor units (pence, cents), never a float."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class OrderStatus(StrEnum):
    """Where an order is; only a received one can still be changed."""

    RECEIVED = "received"
    PACKING = "packing"
    ON_ITS_WAY = "on its way"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class ReturnStatus(StrEnum):
    """Where a return is."""

    ANNOUNCED = "announced"
    RECEIVED = "received"
    REFUNDED = "refunded"


class Base(DeclarativeBase):
    """Base of all tables of the demo shop."""


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(200), unique=True)  # lower case


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)  # FH-10482
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[OrderStatus] = mapped_column(String(20))
    method: Mapped[str] = mapped_column(String(20))  # standard | express | nominated day
    street: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(100))
    postcode: Mapped[str] = mapped_column(String(12))
    currency: Mapped[str] = mapped_column(String(3))
    ordered_on: Mapped[date] = mapped_column(Date)
    expected_on: Mapped[date] = mapped_column(Date)
    delivered_on: Mapped[date | None] = mapped_column(Date)
    num_charges: Mapped[int] = mapped_column(default=0)  # 0 until dispatch; 2 is our mistake

    customer: Mapped[Customer] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.id")
    returns: Mapped[list[Return]] = relationship(order_by="Return.id")

    @property
    def total_minor(self) -> int:
        """Sum up the lines, in minor units of `currency`."""
        return sum(line.price_minor * line.quantity for line in self.lines)


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    gbp_minor: Mapped[int]
    eur_minor: Mapped[int]
    usd_minor: Mapped[int]
    fit: Mapped[str] = mapped_column(String(200), default="")  # empty: comes in one size

    stock: Mapped[list[StockItem]] = relationship(order_by="StockItem.id", back_populates="product")


class StockItem(Base):
    __tablename__ = "stock"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    colour: Mapped[str] = mapped_column(String(30))
    size: Mapped[str] = mapped_column(String(10))  # empty: one size
    quantity: Mapped[int]

    product: Mapped[Product] = relationship(back_populates="stock")


class OrderLine(Base):
    __tablename__ = "order_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product: Mapped[str] = mapped_column(String(100))
    colour: Mapped[str] = mapped_column(String(30))
    size: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[int]
    price_minor: Mapped[int]  # of one piece, in the order's currency


class Return(Base):
    __tablename__ = "returns"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(300))
    outcome: Mapped[str] = mapped_column(String(20))  # refund | exchange
    exchange_for: Mapped[str] = mapped_column(String(100), default="")
    status: Mapped[ReturnStatus] = mapped_column(String(20))
    amount_minor: Mapped[int]
    announced_on: Mapped[date] = mapped_column(Date)
    received_on: Mapped[date | None] = mapped_column(Date)
    refunded_on: Mapped[date | None] = mapped_column(Date)


class AddressChange(Base):
    __tablename__ = "address_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    old_address: Mapped[str] = mapped_column(String(330))
    new_address: Mapped[str] = mapped_column(String(330))
    changed_on: Mapped[date] = mapped_column(Date)


class ProblemReport(Base):
    __tablename__ = "problem_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    problem: Mapped[str] = mapped_column(String(20))  # damaged | missing | wrong
    product: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(1000))
    outcome: Mapped[str] = mapped_column(String(20))  # replacement | refund
    reported_on: Mapped[date] = mapped_column(Date)


class ServiceRequest(Base):
    """A wish that people or other systems carry out: an invoice, a new day, the end of an account."""

    __tablename__ = "service_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    about: Mapped[str] = mapped_column(String(200))  # order number or e-mail address
    detail: Mapped[str] = mapped_column(String(300))
    requested_on: Mapped[date] = mapped_column(Date)


class GiftCard(Base):
    __tablename__ = "gift_cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # GC-4821-7730
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int]
    expires_on: Mapped[date] = mapped_column(Date)


class Voucher(Base):
    __tablename__ = "vouchers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(30), unique=True)  # upper case
    percent: Mapped[int]
    minimum_gbp_minor: Mapped[int]
    expires_on: Mapped[date] = mapped_column(Date)
    is_used: Mapped[bool] = mapped_column(default=False)


class Store(Base):
    __tablename__ = "stores"

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(50), unique=True)
    address: Mapped[str] = mapped_column(String(200))
    sunday_hours: Mapped[str] = mapped_column(String(30))
