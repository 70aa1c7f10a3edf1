import pytest

from app.api.errors import (
    ERROR_TABLE,
    MessageEmptyError,
    MessageTooLongError,
    NotAuthenticatedError,
    check_message,
    status_and_code,
)
from app.dialogue.errors import ChatbotError, ConflictError, InvalidInputError, RateLimitedError


def named_errors(cls: type[ChatbotError] = ChatbotError) -> list[type[ChatbotError]]:
    """Give the class and all below it that the service itself defines."""
    below = [named for subclass in cls.__subclasses__() for named in named_errors(subclass)]
    return [cls, *(named for named in below if named.__module__.startswith("app."))]


@pytest.mark.parametrize(
    "cls",
    [cls for cls in named_errors() if cls.__module__ in {"app.dialogue.errors", "app.api.errors"}],
    ids=lambda cls: cls.__name__,
)
def test_every_named_error_has_a_line_of_its_own(cls: type[ChatbotError]) -> None:
    assert cls in ERROR_TABLE


def test_most_specific_line_counts() -> None:
    assert status_and_code(NotAuthenticatedError("x")) == (401, "not_authenticated")
    assert status_and_code(ConflictError("x")) == (409, "conflict")
    assert status_and_code(RateLimitedError("x", retry_after_s=1)) == (429, "rate_limited")


def test_unknown_kind_of_a_known_error_uses_its_parents_line() -> None:
    class OddInputError(InvalidInputError):
        pass

    assert status_and_code(OddInputError("x")) == (422, "invalid_input")


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_message_of_white_space_is_empty(text: str) -> None:
    with pytest.raises(MessageEmptyError, match="write something"):
        check_message(text, max_chars=10)


def test_length_counts_characters_not_bytes() -> None:
    check_message("🙂" * 10, max_chars=10)
    with pytest.raises(MessageTooLongError, match="got 11 characters, expected at most 10"):
        check_message("🙂" * 11, max_chars=10)
