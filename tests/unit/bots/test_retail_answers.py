from __future__ import annotations

from typing import Any

import pytest

from tests.fakes_retail import RetailActions


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ({"product": "linen shirt"}, "white (S, M, L, XL), blue (S, M, L, XL) and green (S, M, L, XL)"),
        (
            {"product": "linen shirt", "colour": "blue", "size": "M"},
            "Yes, the linen shirt in blue (M) is in stock",
        ),
        ({"product": "trail boots", "colour": "brown", "size": "8"}, "sold out at the moment. We still have"),
        ({"product": "teapot"}, "Please look again in a week"),
        ({"product": "candle", "colour": "purple"}, "doesn't come like that"),
        ({"product": "boots"}, "more than one: trail boots, wellington boots"),
        ({"product": "spaceship"}, "can't find “spaceship”"),
        ({}, "utter_ask_which_product"),
    ],
)
def test_check_stock(actions: RetailActions, slots: dict[str, Any], words: str) -> None:
    assert words in actions.run("action_check_stock", slots).text


def test_check_stock_waits_for_another_name(actions: RetailActions) -> None:
    result = actions.run("action_check_stock", {"product": "boots"})

    assert result.slots == {"task": "action_check_stock", "product": None}


def test_product_price_names_all_currencies(actions: RetailActions) -> None:
    assert "£65.00 / €74.00 / $82.00" in actions.run("action_product_price", {"product": "wool throw"}).text


@pytest.mark.parametrize(("product", "words"), [("trail boots", "take one size up"), ("candle", "one size")])
def test_size_advice(actions: RetailActions, product: str, words: str) -> None:
    assert words in actions.run("action_size_advice", {"product": product}).text


@pytest.mark.parametrize(
    ("city", "words"),
    [
        ("Bristol", "18 Park Street"),
        ("leeds", "nearest to leeds is in Manchester"),
        ("Toronto", "no Fernhill near Toronto"),
        (None, "utter_ask_which_city"),
    ],
)
def test_find_store(actions: RetailActions, city: str | None, words: str) -> None:
    assert words in actions.run("action_find_store", {"city": city}).text


@pytest.mark.parametrize(
    ("city", "words"),
    [("Dublin", "Sunday 12 to 6 pm"), ("Oslo", "on Sunday 11 am"), (None, "Tell me your city")],
)
def test_opening_hours(actions: RetailActions, city: str | None, words: str) -> None:
    assert words in actions.run("action_opening_hours", {"city": city}).text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("gc-4821-7730", "£26.50 left"),
        ("GC-1182-5093", "used up"),
        ("GC-9007-3321", "expired on"),
        ("GC-0000-0000", "don't know a gift card"),
        (None, "utter_ask_gift_card"),
    ],
)
def test_gift_card_balance(actions: RetailActions, number: str | None, words: str) -> None:
    assert words in actions.run("action_gift_card_balance", {"voucher_code": number}).text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("welcome10", "10 % on orders from £40.00"),
        ("BIRTHDAY20", "20 % until"),
        ("SPRING15", "expired on"),
        ("HELLO20", "used already"),
        ("NONSENSE", "don't know a voucher"),
        (None, "utter_ask_voucher"),
    ],
)
def test_check_voucher(actions: RetailActions, code: str | None, words: str) -> None:
    assert words in actions.run("action_check_voucher", {"voucher_code": code}).text


@pytest.mark.parametrize("action", ["action_unsubscribe", "action_request_account_deletion"])
def test_account_actions_need_an_email_address(actions: RetailActions, action: str) -> None:
    without = actions.run(action, {"contact": "LS6 2NX"})
    with_address = actions.run(action, {"contact": "jo@example.com"})

    assert without.text == "utter_ask_email"
    assert without.slots == {"task": action}
    assert "jo@example.com" in with_address.text


def test_continue_task_goes_on_with_the_open_task(actions: RetailActions) -> None:
    result = actions.run("action_continue_task", {"task": "action_track_order"})

    assert result.followups == ["action_track_order"]


@pytest.mark.parametrize("task", [None, "action_of_an_older_version"])
def test_continue_task_asks_what_to_do_without_a_task(actions: RetailActions, task: str | None) -> None:
    result = actions.run("action_continue_task", {"task": task})

    assert result.text == "utter_what_about_it"
    assert result.followups == []


@pytest.mark.parametrize(
    ("slots", "last_action", "response"),
    [
        ({"task": "action_track_order"}, "action_listen", "utter_stopped"),
        ({"return_reason": "too big"}, "action_deactivate_loop", "utter_stopped"),
        ({}, "action_deactivate_loop", "utter_stopped"),
        ({}, "action_listen", "utter_nothing_to_stop"),
    ],
)
def test_drop_task_empties_everything(
    actions: RetailActions, slots: dict[str, Any], last_action: str, response: str
) -> None:
    result = actions.run("action_drop_task", slots, events=[{"event": "action", "name": last_action}])

    assert result.text == response
    assert set(result.slots.values()) == {None}
    assert "order_number" not in result.slots


def test_repeat_says_the_last_messages_with_their_buttons(actions: RetailActions) -> None:
    buttons = [{"title": "Yes", "payload": "/affirm"}]
    events = [
        {"event": "user", "text": "hi"},
        {"event": "bot", "text": "Hello!", "data": {}},
        {"event": "user", "text": "cancel"},
        {"event": "bot", "text": "Order 1.", "data": {}},
        {"event": "bot", "text": "Shall I?", "data": {"buttons": buttons}},
        {"event": "user", "text": "what?"},
    ]

    result = actions.run("action_repeat", events=events)

    assert [message["text"] for message in result.messages] == ["Order 1.", "Shall I?"]
    assert result.messages[1]["buttons"] == buttons


def test_repeat_leaves_the_question_to_an_active_form(actions: RetailActions) -> None:
    events = [{"event": "bot", "text": "Which order?", "data": {}}, {"event": "user", "text": "what?"}]

    assert actions.run("action_repeat", events=events, active_loop="return_form").messages == []


def test_repeat_without_anything_said(actions: RetailActions) -> None:
    assert (
        actions.run("action_repeat", events=[{"event": "user", "text": "what?"}]).text
        == "utter_nothing_said_yet"
    )


def test_shop_is_seeded_once_into_a_file(actions: RetailActions, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("RETAIL_DATABASE_URL")
    monkeypatch.setenv("SPANDESK_HOME", str(tmp_path))

    result = actions.run("action_track_order", {"order_number": "FH-10482", "contact": "LS6 2NX"})

    assert "FH-10482" in result.text
    assert (tmp_path / "retail-demo.sqlite3").exists()
