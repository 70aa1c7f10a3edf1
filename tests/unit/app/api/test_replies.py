"""What the bot said, in the shapes of Rasa's channels."""

from __future__ import annotations

from datetime import UTC, datetime

from app.api.rasa.replies import event_to_socket_messages, recorded_to_replies, replies_to_json
from app.dialogue.events import BotUttered, Button, RecordedEvent
from app.dialogue.rasa_messages import buttons_from_rasa

QUICK = [{"content_type": "text", "title": "Yes", "payload": "/affirm"}]


def test_buttons_hang_on_the_last_paragraph() -> None:
    said = BotUttered("First.\n\nSure?", buttons=(Button("Yes", "/affirm"),))

    assert event_to_socket_messages(said) == [
        {"text": "First.", "quick_replies": []},
        {"text": "Sure?", "quick_replies": QUICK},
    ]


def test_a_button_keeps_what_the_action_wrote_beside_title_and_payload() -> None:
    buttons = buttons_from_rasa([{"title": "Shop", "url": "https://shop.example", "type": "web_url"}])
    recorded = RecordedEvent(1, datetime(2026, 1, 1, tzinfo=UTC), BotUttered("Look", buttons=buttons))

    (reply,) = replies_to_json(recorded_to_replies("alice", [recorded]))

    assert reply["buttons"] == [
        {
            "title": "Shop",
            "payload": "https://shop.example",
            "url": "https://shop.example",
            "type": "web_url",
        }
    ]


def test_buttons_without_words_have_an_empty_message() -> None:
    assert event_to_socket_messages(BotUttered("", buttons=(Button("Yes", "/affirm"),))) == [
        {"text": "", "quick_replies": QUICK}
    ]


def test_a_custom_payload_is_sent_as_it_is_or_what_it_has_as_data() -> None:
    assert event_to_socket_messages(BotUttered("", custom={"kind": "map"})) == [{"kind": "map"}]
    assert event_to_socket_messages(BotUttered("", custom={"data": [1, 2]})) == [[1, 2]]
    assert event_to_socket_messages(BotUttered("", custom={"data": 1, "kind": "map"})) == [
        {"data": 1, "kind": "map"}
    ]
