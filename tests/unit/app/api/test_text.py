import pytest

from app.api.text import check_json, check_text

GOOD = ["", "order FH-10482", "grüße 🙂", "line\nbreak"]
BAD = ["a\x00b", "\ud800", "tail \udfff"]


@pytest.mark.parametrize("text", GOOD)
def test_text_comes_back_unchanged(text: str) -> None:
    assert check_text(text) == text


@pytest.mark.parametrize("text", BAD, ids=["nul", "high", "low"])
def test_text_that_no_database_takes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NUL character or a lone surrogate"):
        check_text(text)


@pytest.mark.parametrize(
    "value",
    [{"a": ["\x00"]}, {"\ud800": 1}, [{"a": {"b": "\udc00"}}]],
    ids=["in a list", "in a key", "deep"],
)
def test_json_is_checked_everywhere(value: object) -> None:
    with pytest.raises(ValueError, match="NUL character or a lone surrogate"):
        check_json(value)


def test_json_without_bad_text_passes() -> None:
    value = {"a": [1, None, True, "ok", {"b": 1.5}]}

    assert check_json(value) == value
