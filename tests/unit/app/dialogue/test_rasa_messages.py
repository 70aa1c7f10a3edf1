import warnings
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from app.dialogue.errors import ActionFailedError
from app.dialogue.events import BotUttered, Button
from app.dialogue.rasa_messages import message_from_rasa


def said(*args: Any, **kwargs: Any) -> BotUttered:
    dispatcher = CollectingDispatcher()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dispatcher.utter_message(*args, **kwargs)
    return message_from_rasa(dispatcher.messages[0])


def test_a_text_with_buttons_is_read() -> None:
    buttons = [
        {"title": "Yes", "payload": "/affirm"},
        {"title": "Shop", "url": "https://x.example"},
        {"title": "No"},
    ]

    message = said("Sure?", buttons=buttons, image="i.png")

    link = Button("Shop", "https://x.example", {"url": "https://x.example"})
    expected = (Button("Yes", "/affirm"), link, Button("No", "No"))
    assert message == BotUttered("Sure?", expected, "i.png")


@pytest.mark.parametrize("key", ["response", "template"])
def test_a_named_response_keeps_its_variables_for_later(key: str) -> None:
    message = said(**{key: "utter_x"}, city="Rome")

    assert message == BotUttered("", custom={"city": "Rome"}, response="utter_x")


def test_json_beside_a_named_response_is_kept_apart_from_the_variables() -> None:
    message = said(response="utter_x", city="Rome", json_message={"k": 1})

    assert message.custom == {"city": "Rome", "custom": {"k": 1}}


def test_json_and_elements_go_into_custom() -> None:
    assert said(json_message={"k": 1}, elements=[{"title": "a"}]).custom == {
        "k": 1,
        "elements": [{"title": "a"}],
    }
    assert said(json_message=["a"]).custom == {"custom": ["a"]}


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ("a.pdf", "a.pdf"),
        ({"type": "video", "payload": {"src": "v.mp4"}}, "v.mp4"),
        ({"src": "v.mp4"}, "v.mp4"),
        ({}, None),
    ],
)
def test_an_attachment_may_be_a_link_or_hold_one(attachment: Any, expected: str | None) -> None:
    assert said("x", attachment=attachment).attachment == expected


@pytest.mark.parametrize("raw", ["hello", None, {"buttons": [{"payload": "/x"}]}, {"buttons": 3}], ids=str)
def test_what_is_no_message_is_refused(raw: Any) -> None:
    with pytest.raises(ActionFailedError, match="as a message from an action"):
        message_from_rasa(raw)
