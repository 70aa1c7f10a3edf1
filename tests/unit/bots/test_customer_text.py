from __future__ import annotations

import pytest

from tests.fakes_retail import module

customer_text = module("customer_text")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("FH-10482", "FH-10482"),
        ("fh10482", "FH-10482"),
        ("#10482", "FH-10482"),
        ("10482", "FH-10482"),
        ("it's FH 10482, I think", "FH-10482"),
        ("order no. fh-10482.", "FH-10482"),
        ("1048", None),
        ("104821", None),
        ("no idea", None),
        ("", None),
    ],
)
def test_find_order_number_reads_what_customers_write(text: str, number: str | None) -> None:
    assert customer_text.find_order_number(text) == number


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Anna.Keller@Example.com", "anna.keller@example.com"),
        ("it is lucy_b@example.co.uk.", "lucy_b@example.co.uk"),
        ("anna at example", None),
    ],
)
def test_find_email_gives_lower_case(text: str, email: str | None) -> None:
    assert customer_text.find_email(text) == email


@pytest.mark.parametrize("text", ["ls6 2nx", "LS62NX", "the code is Ls6 2Nx"])
def test_postcodes_are_the_same_however_written(text: str) -> None:
    postcode = customer_text.find_postcode(text)

    assert postcode is not None
    assert customer_text.is_same_postcode(postcode, "LS6 2NX")


@pytest.mark.parametrize("postcode", ["D02 X285", "M5V 2T6", "1013 EV", "90210", "90210-1234"])
def test_find_postcode_knows_the_countries_of_the_shop(postcode: str) -> None:
    assert customer_text.find_postcode(f"to {postcode} please") == postcode


@pytest.mark.parametrize(
    ("text", "street", "city", "postcode"),
    [
        ("12 Mill Lane, York, YO1 7AB", "12 Mill Lane", "York", "YO1 7AB"),
        ("please send it to 5 Oak Road, Leeds LS1 4AP", "5 Oak Road", "Leeds", "LS1 4AP"),
        ("Flat 3, 27 Albert Street", "Flat 3, 27 Albert Street", None, None),
        ("Rose Cottage, Church Lane, Wells", "Rose Cottage, Church Lane", "Wells", None),
        ("12 Station Road", "12 Station Road", None, None),
    ],
)
def test_read_address_takes_what_is_there(
    text: str, street: str, city: str | None, postcode: str | None
) -> None:
    address = customer_text.read_address(text)

    assert address == customer_text.Address(street, city, postcode)


@pytest.mark.parametrize("text", ["", "home", "which one do you mean?", "x " * 101])
def test_read_address_refuses_what_is_none(text: str) -> None:
    assert customer_text.read_address(text) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("the boots", ["trail boots", "wellington boots"]),
        ("trail boot", ["trail boots"]),
        ("mugs", ["ceramic mug"]),
        ("spaceship", []),
        ("the", []),
    ],
)
def test_best_matches_share_most_words(wanted: str, found: list[str]) -> None:
    names = ["trail boots", "wellington boots", "ceramic mug"]

    assert customer_text.best_matches(wanted, names) == found


def test_mask_email_hides_the_name() -> None:
    assert customer_text.mask_email("anna.keller@example.com") == "a…@example.com"
