from __future__ import annotations

import pytest

from tests.fakes_retail import RetailActions

ANNA = {"order_number": "FH-10311", "contact": "anna.keller@example.com"}
RETURN = {**ANNA, "return_product": "green wool throw", "return_reason": "too small"}
TOM = {"order_number": "FH-10564", "contact": "tom.reid@example.org"}
MOVED = {"new_street": "12 Mill Lane", "new_city": "York", "new_postcode": "YO1 7AB"}
BROKEN = {
    "order_number": "FH-10655",
    "contact": "priya.nair@example.net",
    "problem": "damaged",
    "damaged_product": "teapot",
    "damage_description": "the spout is broken",
}

ALL_FORMS = pytest.mark.parametrize("form", ["return_form", "address_form", "damaged_form"])


@ALL_FORMS
def test_form_writes_the_order_number_in_one_way(actions: RetailActions, form: str) -> None:
    assert actions.validate(form, {}, order_number="fh10311").slots == {"order_number": "FH-10311"}


@ALL_FORMS
@pytest.mark.parametrize(
    ("text", "words"), [("99999", "can't find an order FH-99999"), ("dunno", "five digits")]
)
def test_form_asks_again_for_a_wrong_number(actions: RetailActions, form: str, text: str, words: str) -> None:
    result = actions.validate(form, {}, order_number=text)

    assert words in result.text
    assert result.slots == {"order_number": None}


@ALL_FORMS
def test_form_refuses_somebody_elses_order(actions: RetailActions, form: str) -> None:
    both = {"order_number": "FH-10311", "contact": "tom.reid@example.org"}

    result = actions.validate(form, {}, **both)

    assert result.text == "That e-mail address doesn't belong to order FH-10311. Please check both."
    assert result.slots == {"order_number": "FH-10311", "contact": None}


@ALL_FORMS
def test_form_looks_at_a_new_number_with_the_old_address(actions: RetailActions, form: str) -> None:
    result = actions.validate(form, {"contact": "tom.reid@example.org"}, order_number="10311")

    assert result.slots == {"order_number": "FH-10311", "contact": None}


@ALL_FORMS
def test_form_wants_an_email_address_not_a_postcode(actions: RetailActions, form: str) -> None:
    known = {"order_number": "FH-10311", "requested_slot": "contact"}

    result = actions.validate(form, known, contact="LS6 2NX")

    assert "e-mail address" in result.text
    assert result.slots == {"contact": None}


@pytest.mark.parametrize(
    ("form", "number", "contact", "words"),
    [
        ("return_form", "FH-10482", "anna.keller@example.com", "hasn't been delivered yet"),
        ("return_form", "FH-10125", "lucy_b@example.co.uk", "could be returned until"),
        ("return_form", "FH-10907", "helen.archer@example.com", "was cancelled"),
        ("return_form", "FH-10228", "tom.reid@example.org", "already on its way back"),
        ("address_form", "FH-10482", "anna.keller@example.com", "already on its way"),
        ("address_form", "FH-11016", "lucy_b@example.co.uk", "already being packed"),
        ("damaged_form", "FH-10482", "anna.keller@example.com", "hasn't been delivered yet"),
        ("damaged_form", "FH-10228", "tom.reid@example.org", "two-year guarantee"),
    ],
)
def test_form_says_why_it_can_do_nothing(
    actions: RetailActions, form: str, number: str, contact: str, words: str
) -> None:
    result = actions.validate(form, {"order_number": number}, contact=contact)

    assert words in result.text
    assert "say “stop”" in result.text
    assert result.slots["order_number"] is None


def test_return_form_names_the_only_item(actions: RetailActions) -> None:
    result = actions.validate("return_form", {}, order_number="FH-10519", contact="helen.archer@example.com")

    assert result.slots["return_product"] == "blue slim jeans"


def test_return_form_finds_the_item_that_was_named_before_the_order(actions: RetailActions) -> None:
    known = {"return_product": "boots"}

    result = actions.validate("return_form", known, **ANNA)

    assert result.slots["return_product"] == "brown trail boots"


def test_return_form_lists_the_items_when_it_is_none_of_them(actions: RetailActions) -> None:
    result = actions.validate("return_form", ANNA, return_product="the teapot")

    assert result.text == (
        "In order FH-10311 I see: trail boots (brown, size 7), wool throw (green). Which of these is it?"
    )
    assert result.slots == {"return_product": None}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("I'd like a refund", "refund"),
        ("money back pls", "refund"),
        ("a bigger size", "exchange"),
        ("hm", None),
    ],
)
def test_return_form_reads_the_outcome(actions: RetailActions, text: str, outcome: str | None) -> None:
    assert actions.validate("return_form", RETURN, return_outcome=text).slots["return_outcome"] == outcome


def test_return_form_asks_what_instead_only_for_an_exchange(actions: RetailActions) -> None:
    refund = actions.validate("return_form", RETURN, return_outcome="refund")
    exchange = actions.validate("return_form", RETURN, return_outcome="exchange")

    assert refund.slots == {"return_outcome": "refund", "requested_slot": None}
    assert exchange.slots == {"return_outcome": "exchange"}  # the form asks for the next empty slot itself


@ALL_FORMS
def test_form_learns_nothing_from_a_message_without_slots(actions: RetailActions, form: str) -> None:
    known = {
        "order_number": "FH-10519",
        "contact": "helen.archer@example.com",
        "return_product": "blue slim jeans",
    }

    result = actions.validate(form, {**known, "damaged_product": "slim jeans"})

    assert {name for name in result.slots if name != "requested_slot"} <= {"order_number"}


def test_submit_return_registers_it_once(actions: RetailActions) -> None:
    filled = {**RETURN, "return_outcome": "refund"}

    result = actions.run("action_submit_return", filled)
    again = actions.validate("return_form", {}, **ANNA)

    assert "wool throw from order FH-10311" in result.text
    assert "we refund £65.00, less £2.50 for postage" in result.text
    assert set(result.slots.values()) == {None}
    assert again.slots["return_product"] == "brown trail boots"


def test_submit_return_reserves_an_exchange(actions: RetailActions) -> None:
    filled = {**RETURN, "return_outcome": "exchange", "new_variant": "the grey one"}

    result = actions.run("action_submit_return", filled)

    assert "The exchange (the grey one) is free and reserved for you for 7 days." in result.text


def test_submit_return_exchanges_only_near_home(actions: RetailActions) -> None:
    filled = {
        "order_number": "FH-10602",
        "contact": "kevin99@example.com",
        "return_product": "blue denim jacket",
        "return_reason": "too small",
        "return_outcome": "exchange",
        "new_variant": "size XL",
    }

    assert "order “size XL” anew" in actions.run("action_submit_return", filled).text


@pytest.mark.parametrize("slots", [{}, {"order_number": "FH-10311", "contact": "tom.reid@example.org"}])
def test_submit_return_checks_the_owner_again(actions: RetailActions, slots: dict[str, str]) -> None:
    assert "couldn't register" in actions.run("action_submit_return", slots).text


def test_address_form_takes_a_whole_address_at_once(actions: RetailActions) -> None:
    result = actions.validate("address_form", TOM, new_street="12 Mill Lane, York, YO1 7AB")

    assert result.slots == MOVED


@pytest.mark.parametrize(
    ("slot", "text"), [("new_street", "home"), ("new_city", "where?"), ("new_postcode", "none")]
)
def test_address_form_asks_again_for_what_it_cannot_use(actions: RetailActions, slot: str, text: str) -> None:
    result = actions.validate("address_form", TOM, **{slot: text})

    assert result.messages
    assert result.slots == {slot: None}


def test_address_form_starts_the_address_again_after_a_no(actions: RetailActions) -> None:
    result = actions.validate("address_form", {**TOM, **MOVED}, address_confirmed=False)

    assert result.slots == dict.fromkeys([*MOVED, "address_confirmed"])


def test_submit_address_change_moves_the_order(actions: RetailActions) -> None:
    result = actions.run("action_submit_address_change", {**TOM, **MOVED})
    seen = actions.run("action_track_order", {"order_number": "FH-10564", "contact": "YO1 7AB"})

    assert "order FH-10564 now goes to 12 Mill Lane, York, YO1 7AB" in result.text
    assert "is received" in seen.text


def test_submit_address_change_is_refused_after_dispatch(actions: RetailActions) -> None:
    sent = {"order_number": "FH-10482", "contact": "anna.keller@example.com", **MOVED}

    assert "couldn't be changed" in actions.run("action_submit_address_change", sent).text


def test_damaged_form_finds_the_item(actions: RetailActions) -> None:
    known = {name: BROKEN[name] for name in ("order_number", "contact")}

    assert actions.validate("damaged_form", known, damaged_product="one of the mugs").slots == {
        "damaged_product": "ceramic mug"
    }


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("send a new one", "replacement"), ("my money back", "refund"), ("whatever", None)],
)
def test_damaged_form_reads_the_outcome(actions: RetailActions, text: str, outcome: str | None) -> None:
    assert actions.validate("damaged_form", BROKEN, damage_outcome=text).slots == {"damage_outcome": outcome}


@pytest.mark.parametrize(
    ("problem", "wants_photo"), [("damaged", True), ("missing", False), ("wrong", False)]
)
def test_submit_damage_report_asks_for_a_photo_of_damage(
    actions: RetailActions, problem: str, wants_photo: bool
) -> None:
    filled = {**BROKEN, "problem": problem, "damage_outcome": "replacement"}

    result = actions.run("action_submit_damage_report", filled)

    assert "about the teapot" in result.text
    assert ("photo" in result.text) is wants_photo
    assert set(result.slots.values()) == {None}


def test_submit_damage_report_checks_the_owner_again(actions: RetailActions) -> None:
    assert "couldn't file" in actions.run("action_submit_damage_report", {}).text
