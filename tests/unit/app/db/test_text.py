from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.text import check_id, storable
from app.db.tokens import hash_token, is_token, new_token
from app.dialogue.errors import InvalidInputError


@given(st.text(st.characters()))
def test_storable_text_keeps_its_length_and_is_utf8(text: str) -> None:
    assert len(storable(text)) == len(text)
    assert "\x00" not in storable(text)
    storable(text).encode("utf-8")


@pytest.mark.parametrize("value", ["c-1", "rest:anna müller", "日本"])
def test_check_id_gives_it_back(value: str) -> None:
    assert check_id(value, "id") == value


@pytest.mark.parametrize("value", ["", "a\tb", "a\x00", "\udc00", "x" * 201])
def test_check_id_refuses(value: str) -> None:
    with pytest.raises(InvalidInputError, match="id: got"):
        check_id(value, "id")


def test_token_fits_its_own_hash_only() -> None:
    token = new_token()

    assert is_token(token, hash_token(token))
    assert not is_token(new_token(), hash_token(token))
    assert not is_token(token, None)
