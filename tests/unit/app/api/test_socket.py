import pytest
from pydantic import TypeAdapter

from app.api.frames import CustomerFrame, MessageFrame, PingFrame
from app.api.socket import FrameError, parse_frame

ADAPTER: TypeAdapter[CustomerFrame] = TypeAdapter(CustomerFrame)
MESSAGE = '{"type":"message","client_message_id":"m1","text":%s}'


def test_frame_is_read() -> None:
    frame = parse_frame(ADAPTER, MESSAGE % '"hi \\ud83d\\ude42"')

    assert frame == MessageFrame(type="message", client_message_id="m1", text="hi 🙂")


def test_empty_text_is_a_frame_and_judged_later() -> None:
    assert isinstance(parse_frame(ADAPTER, MESSAGE % '""'), MessageFrame)


def test_ping_is_read() -> None:
    assert parse_frame(ADAPTER, '{"type":"ping"}') == PingFrame(type="ping")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_frame"),
        ("hello", "invalid_frame"),
        ("[]", "invalid_frame"),
        ("{}", "invalid_frame"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":7}', "unknown_type"),
        ('{"type":"ping","more":1}', "invalid_frame"),
        ('{"type":"resume"}', "invalid_frame"),
        ('{"type":"resume","after_sequence":-1}', "invalid_frame"),
        (MESSAGE % "7", "invalid_frame"),
        (MESSAGE % '"\\ud800"', "invalid_frame"),
        (MESSAGE % '"a\\u0000b"', "invalid_frame"),
        ("[" * 50_000, "invalid_frame"),
        ('{"a":' * 50_000, "invalid_frame"),
    ],
    ids=[
        "nothing", "no json", "list", "no type", "unknown type", "type is a number", "unknown field",
        "missing field", "out of range", "wrong type", "lone surrogate", "nul", "deep list", "deep object",
    ],
)  # fmt: skip
def test_frame_that_cannot_be_used_is_a_typed_error(text: str, code: str) -> None:
    with pytest.raises(FrameError) as caught:
        parse_frame(ADAPTER, text)

    assert caught.value.code == code


def test_error_does_not_repeat_what_came() -> None:
    with pytest.raises(FrameError) as caught:
        parse_frame(ADAPTER, '{"type":"resume","after_sequence":"my secret"}')

    assert "my secret" not in str(caught.value)
    assert str(caught.value).startswith("after_sequence: ")
