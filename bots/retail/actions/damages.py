"""The form for damaged, missing and wrong items."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .conversation import empty_slots
from .order_forms import OrderFormChecks, Slots, own_order_number
from .order_tasks import Events
from .shop import find_lines, find_own_order, format_day, format_line, open_shop, today
from .shop_tables import Order, OrderStatus, ProblemReport

REPORT_DAYS = 14
_FORM_SLOTS = ("problem", "damaged_product", "damage_description", "damage_outcome")
_PHOTO_HINT = " Please answer the e-mail that you get now with a photo of the damage."


class ValidateDamagedForm(OrderFormChecks, FormValidationAction):
    def name(self) -> str:
        return "validate_damaged_form"

    def why_not(self, order: Order) -> str | None:
        if order.status != OrderStatus.DELIVERED or order.delivered_on is None:
            return f"Order {order.number} hasn't been delivered yet."
        last_day = order.delivered_on + timedelta(REPORT_DAYS)
        if today() <= last_day:
            return None
        return (
            f"Problems with order {order.number} could be reported until {format_day(last_day)}. "
            "Later faults are a matter for the two-year guarantee: say “a person” and a colleague will help."
        )

    def slots_from_order(self, order: Order, tracker: Tracker) -> Slots:
        """Name the item if the order has only one, or as the shop calls it."""
        wanted = tracker.get_slot("damaged_product")
        if len(order.lines) == 1:
            return {"damaged_product": order.lines[0].product}
        if not wanted or wanted in [line.product for line in order.lines]:
            return {}
        matches = find_lines(order, wanted)
        return {"damaged_product": matches[0].product if len(matches) == 1 else None}

    def validate_damaged_product(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        number, contact = own_order_number(tracker)
        with open_shop() as session:
            order = find_own_order(session, number, contact)
            if order is None:  # not known yet: looked at again when it is
                return {"damaged_product": str(value)}
            matches = find_lines(order, str(value))
            if len(matches) == 1:
                return {"damaged_product": matches[0].product}
            choices = ", ".join(format_line(line) for line in matches or order.lines)
        dispatcher.utter_message(text=f"In order {number} I see: {choices}. Which of these is it?")
        return {"damaged_product": None}

    def validate_damage_description(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        description = " ".join(str(value).split())
        if len(description) >= 5:
            return {"damage_description": description[:1000]}
        dispatcher.utter_message(
            text="A little more, please, so that my colleagues understand what happened."
        )
        return {"damage_description": None}

    def validate_damage_outcome(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Slots:
        text = str(value).lower()
        if any(word in text for word in ("replac", "new one", "another", "again", "send")):
            return {"damage_outcome": "replacement"}
        if any(word in text for word in ("refund", "money", "cash", "back")):
            return {"damage_outcome": "refund"}
        dispatcher.utter_message(text="Please choose: a replacement, or your money back.")
        return {"damage_outcome": None}


class SubmitDamageReport(Action):
    def name(self) -> str:
        return "action_submit_damage_report"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        number, contact = own_order_number(tracker)
        with open_shop() as session:
            order = find_own_order(session, number, contact)
            if order is None:
                dispatcher.utter_message(
                    text="I couldn't file the report. Please tell me once more what happened."
                )
                return empty_slots(*_FORM_SLOTS)
            report = _new_report(order, tracker)
            session.add(report)
            session.flush()
            dispatcher.utter_message(text=_describe(report))
        return empty_slots(*_FORM_SLOTS)


def _new_report(order: Order, tracker: Tracker) -> ProblemReport:
    return ProblemReport(
        order_id=order.id,
        problem=tracker.get_slot("problem") or "damaged",
        product=str(tracker.get_slot("damaged_product")),
        description=str(tracker.get_slot("damage_description")),
        outcome=str(tracker.get_slot("damage_outcome")),
        reported_on=today(),
    )


def _describe(report: ProblemReport) -> str:
    photo = _PHOTO_HINT if report.problem == "damaged" else ""
    outcome = "A replacement" if report.outcome == "replacement" else "Your money"
    return (
        f"Thank you, and sorry again. Your report PR-{7000 + report.id} about the {report.product} is "
        f"with my colleagues. {outcome} is on its way to you within 3 working days.{photo}"
    )
