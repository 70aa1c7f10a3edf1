from __future__ import annotations

from typing import Any

import pytest

from tests.fakes_retail import RetailActions

ANNA = {"order_number": "FH-10482", "contact": "anna.keller@example.com"}
TOM_RECEIVED = {"order_number": "fh10564", "contact": "tom.reid@example.org"}
ASKED = [{"event": "action", "name": "action_cancel_order"}, {"event": "action", "name": "action_listen"}]

OTHER_ORDER = {"entity": "order_number", "value": "FH-10564"}

ORDER_ACTIONS = [
    "action_track_order",
    "action_check_refund",
    "action_cancel_order",
    "action_change_order_item",
    "action_change_delivery_date",
    "action_check_charges",
    "action_send_invoice",
]


def test_every_action_of_the_domain_is_implemented(actions: RetailActions) -> None:
    from app.bot.loader import load_bot
    from app.dialogue.action_names import BUILT_IN_ACTIONS
    from tests.fakes_retail import BOT_PATH

    named = set(load_bot(BOT_PATH).domain.actions)
    custom = {name for name in named if name.startswith(("action_", "validate_"))} - BUILT_IN_ACTIONS

    assert custom == actions.names


@pytest.mark.parametrize("action", ORDER_ACTIONS)
def test_order_action_asks_for_what_is_missing(actions: RetailActions, action: str) -> None:
    nothing = actions.run(action)
    only_number = actions.run(action, {"order_number": "10482"})
    only_contact = actions.run(action, {"contact": "LS6 2NX"})

    assert [nothing.text, only_number.text, only_contact.text] == [
        "utter_ask_order_access",
        "utter_ask_lookup_contact",
        "utter_ask_lookup_order_number",
    ]
    assert nothing.slots == {"task": action}


@pytest.mark.parametrize("action", ORDER_ACTIONS)
def test_order_action_tells_nothing_to_a_stranger(actions: RetailActions, action: str) -> None:
    stranger = actions.run(action, {"order_number": "FH-10482", "contact": "tom.reid@example.org"})
    unknown = actions.run(action, {"order_number": "FH-99999", "contact": "tom.reid@example.org"})

    assert stranger.text == unknown.text.replace("FH-99999", "FH-10482")
    assert "shirt" not in stranger.text
    assert stranger.slots == {"task": action, "contact": None}


def test_order_action_asks_again_after_something_that_is_no_number(actions: RetailActions) -> None:
    result = actions.run("action_track_order", {"order_number": "my order"})

    assert "five digits" in result.text
    assert result.slots == {"task": "action_track_order", "order_number": None}


@pytest.mark.parametrize("contact", ["anna.keller@example.com", "Anna.Keller@EXAMPLE.com", "ls62nx"])
def test_track_order_tells_the_owner(actions: RetailActions, contact: str) -> None:
    result = actions.run("action_track_order", {"order_number": "10482", "contact": contact})

    assert result.text.startswith(
        "Your order FH-10482 (linen shirt (blue, size M), 2 × ceramic mug (grey)) is on"
    )
    assert result.slots == {"task": None}


@pytest.mark.parametrize(
    ("number", "contact", "words"),
    [
        ("FH-10564", "EH3 9AA", "is received"),
        ("FH-11016", "SW4 7QT", "being packed"),
        ("FH-10311", "LS6 2NX", "was delivered on"),
        ("FH-10907", "YO1 7AB", "was cancelled"),
        ("FH-10288", "CF10 3BN", "is on its way but late"),
        ("FH-10893", "10115", "too long"),
    ],
)
def test_track_order_has_words_for_every_state(
    actions: RetailActions, number: str, contact: str, words: str
) -> None:
    assert words in actions.run("action_track_order", {"order_number": number, "contact": contact}).text


def test_cancel_asks_first_and_cancels_after_a_yes(actions: RetailActions) -> None:
    offer = actions.run("action_cancel_order", TOM_RECEIVED)
    done = actions.run("action_confirm_cancel", TOM_RECEIVED, events=ASKED)
    afterwards = actions.run("action_track_order", TOM_RECEIVED)

    assert offer.slots["cancel_offered"] is True
    assert [button["payload"] for button in offer.messages[0]["buttons"]] == ["/affirm", "/deny"]
    assert done.text.startswith("Done, order FH-10564 is cancelled.")
    assert "was cancelled" in afterwards.text


def test_confirm_cancel_does_nothing_when_something_came_between(actions: RetailActions) -> None:
    events = [*ASKED, {"event": "action", "name": "action_answer_faq"}]

    result = actions.run("action_confirm_cancel", TOM_RECEIVED, events=events)
    other = actions.run("action_confirm_cancel", TOM_RECEIVED, events=ASKED, entities=[OTHER_ORDER])

    assert result.text == other.text
    assert result.text.startswith("What do you say yes to?")
    assert result.slots == {"cancel_offered": None}
    assert "is received" in actions.run("action_track_order", TOM_RECEIVED).text


@pytest.mark.parametrize(
    ("number", "contact", "words"),
    [
        ("FH-11016", "SW4 7QT", "already being packed"),
        ("FH-10482", "LS6 2NX", "already on its way"),
        ("FH-10311", "LS6 2NX", "just say “return”"),
        ("FH-10907", "YO1 7AB", "already been cancelled"),
    ],
)
def test_cancel_says_why_it_is_too_late(
    actions: RetailActions, number: str, contact: str, words: str
) -> None:
    result = actions.run("action_cancel_order", {"order_number": number, "contact": contact})

    assert words in result.text
    assert result.slots["cancel_offered"] is None


def test_keep_order_forgets_the_offer(actions: RetailActions) -> None:
    assert actions.run("action_keep_order").slots == {"cancel_offered": None}


@pytest.mark.parametrize(
    ("slots", "entities", "words"),
    [
        ({"new_variant": "XL"}, [], "the change for order FH-10564: XL"),
        ({}, [{"entity": "size", "value": "S"}, {"entity": "colour", "value": "green"}], ": size S, green"),
        ({}, [{"entity": "size", "value": "S", "role": "old"}], "utter_ask_order_change"),
        ({}, [], "utter_ask_order_change"),
    ],
)
def test_change_order_item_takes_the_new_variant(
    actions: RetailActions, slots: dict[str, Any], entities: list[dict[str, Any]], words: str
) -> None:
    result = actions.run("action_change_order_item", {**TOM_RECEIVED, **slots}, entities=entities)

    assert words in result.text


def test_change_order_item_cannot_add(actions: RetailActions) -> None:
    result = actions.run("action_change_order_item", TOM_RECEIVED, text="add another candle please")

    assert "can't add anything" in result.text


def test_change_order_item_is_too_late_after_dispatch(actions: RetailActions) -> None:
    assert "already on its way" in actions.run("action_change_order_item", ANNA).text


@pytest.mark.parametrize(
    ("number", "contact", "date", "words"),
    [
        ("FH-10333", "BS1 4DJ", "next Friday", "new day for order FH-10333: next Friday"),
        ("FH-10333", "BS1 4DJ", None, "utter_ask_new_date"),
        ("FH-10482", "LS6 2NX", "tomorrow", "postpone it by up to five days"),
        ("FH-10311", "LS6 2NX", "tomorrow", "has already been delivered"),
    ],
)
def test_change_delivery_date_depends_on_the_method(
    actions: RetailActions, number: str, contact: str, date: str | None, words: str
) -> None:
    slots = {"order_number": number, "contact": contact, "date": date}

    assert words in actions.run("action_change_delivery_date", slots).text


@pytest.mark.parametrize(
    ("number", "contact", "words"),
    [
        ("FH-10228", "EH3 9AA", "reached us on"),
        ("FH-10819", "G12 8QQ", "We sent back £119.00"),
        ("FH-10907", "YO1 7AB", "cancelled before we charged it"),
        ("FH-10311", "LS6 2NX", "don't see a return"),
    ],
)
def test_check_refund_has_words_for_every_state(
    actions: RetailActions, number: str, contact: str, words: str
) -> None:
    assert words in actions.run("action_check_refund", {"order_number": number, "contact": contact}).text


def test_check_charges_refunds_a_double_charge_once(actions: RetailActions) -> None:
    kevin = {"order_number": "FH-10602", "contact": "90210"}

    first = actions.run("action_check_charges", kevin)
    second = actions.run("action_check_charges", kevin)

    assert "a refund of $95.00" in first.text
    assert "once" in second.text


def test_check_charges_explains_a_reservation(actions: RetailActions) -> None:
    assert "haven't charged order FH-10564" in actions.run("action_check_charges", TOM_RECEIVED).text


@pytest.mark.parametrize(
    ("number", "contact", "words"),
    [
        ("FH-10482", "LS6 2NX", "on its way to a…@example.com"),
        ("FH-10564", "EH3 9AA", "is made when it is sent"),
        ("FH-10907", "YO1 7AB", "no invoice"),
    ],
)
def test_send_invoice_never_shows_the_address(
    actions: RetailActions, number: str, contact: str, words: str
) -> None:
    assert words in actions.run("action_send_invoice", {"order_number": number, "contact": contact}).text
