from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retraining.masking import mask_personal_data


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to anna.b+1@mail-host.co.uk please", "write to xxxx.x+0@xxxx-xxxx.xx.xx please"),
        ("call 07700 900123 now", "call 00000 000000 now"),
        ("card 4111-1111-1111-1111", "card 0000-0000-0000-0000"),
        ("+44 7700900123", "+00 0000000000"),
        ("order FH-10482 of 2026-03-01 for 12.50", "order FH-10482 of 2026-03-01 for 12.50"),
        ("müller@straße.de", "xxxxxx@xxxxxx.xx"),
        ("nothing here", "nothing here"),
        ("", ""),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask_personal_data(text) == masked


def test_annotated_entity_stays() -> None:
    text = "anna@mail.com, also bob@mail.com"

    assert mask_personal_data(text, keep=[(0, 13)]) == "anna@mail.com, also xxx@xxxx.xxx"


@given(st.text(alphabet="ab1.@ -+é😀", max_size=40))
def test_length_stays_and_masking_twice_is_masking_once(text: str) -> None:
    masked = mask_personal_data(text)

    assert len(masked) == len(text)
    assert mask_personal_data(masked) == masked
