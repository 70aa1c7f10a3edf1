import pytest

from app.dialogue.payload import is_payload, is_wish, make_payload, parse_payload, payload_value
from nlu.types import FALLBACK_INTENT
from tests.fakes_dialogue import make_domain

DOMAIN = make_domain()


def test_a_payload_gives_intent_and_entities_at_the_place_of_the_braces() -> None:
    text = '/inform{"order_number": "FH-1"}'

    parsed = parse_payload(text, DOMAIN)

    assert parsed is not None
    assert (parsed.text, parsed.intent.name, parsed.intent.confidence) == (text, "inform", 1.0)
    span = parsed.entities[0]
    assert (span.entity, span.value, text[span.start : span.end]) == (
        "order_number",
        "FH-1",
        '{"order_number": "FH-1"}',
    )


def test_a_list_gives_several_entities() -> None:
    parsed = parse_payload('/inform{"product": ["shirt", "shoe"]}', DOMAIN)

    assert parsed is not None
    assert [span.value for span in parsed.entities] == ["shirt", "shoe"]


@pytest.mark.parametrize(
    ("written", "value", "text"),
    [("5", 5, "5"), ("true", True, "true"), ('"5"', "5", "5"), ("null", None, "null")],
)
def test_numbers_and_booleans_are_not_lost(written: str, value: object, text: str) -> None:
    parsed = parse_payload(f'/inform{{"product": {written}}}', DOMAIN)

    assert parsed is not None
    assert payload_value(parsed.entities[0]) == value
    assert parsed.entities[0].value == text


@pytest.mark.parametrize(
    "text",
    [
        "/no_such_intent",
        "hello /greet",
        '/inform{"product": }',
        "/inform{broken",
        "/greet@often",
        "/greet@1.2.3",
        "/",
        "/greet me please",
        '/inform{"a": ' + "[" * 100_000 + "}",
    ],
)
def test_everything_else_is_ordinary_text(text: str) -> None:
    assert parse_payload(text, DOMAIN) is None


@pytest.mark.parametrize("name", ["restart", "back", "session_start", "out_of_scope", FALLBACK_INTENT])
def test_every_bot_knows_the_default_intents(name: str) -> None:
    parsed = parse_payload(f"/{name}", make_domain(intents={}))

    assert parsed is not None
    assert parsed.intent.name == name


def test_a_confidence_may_be_written() -> None:
    parsed = parse_payload("/greet@0.4", DOMAIN)

    assert parsed is not None
    assert parsed.intent.confidence == 0.4


def test_a_pressed_suggestion_is_a_wish_not_an_intent() -> None:
    parsed = parse_payload(make_payload("action_answer_faq", {"entry_id": "returns"}), DOMAIN)

    assert parsed is not None
    assert is_wish(parsed)
    assert is_payload(parsed)
    assert parsed.entities[0].value == "returns"


def test_make_payload_without_entities_is_the_bare_name() -> None:
    assert make_payload("greet") == "/greet"
