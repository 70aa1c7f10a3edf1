"""The server dies in the middle of a message: nothing is lost, nothing is shown twice."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat_page import ChatPage
from tests.e2e.running_server import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

MESSAGES = ["hello there", "what does express delivery cost?", "thank you"]


def test_every_message_is_shown_once_when_the_server_is_killed(
    mortal_server: Server, open_page: Callable[[str], Page]
) -> None:
    chat = ChatPage(open_page(mortal_server.url))
    chat.open()
    chat.ask(MESSAGES[0])

    chat.say(MESSAGES[1])
    mortal_server.kill()
    expect(chat.page.get_by_text("Connection lost")).to_be_visible()
    chat.say(MESSAGES[2])
    mortal_server.start()

    expect(chat.page.locator(".customer[data-status]")).to_have_count(0, timeout=60_000)
    expect(chat.page.locator(".typing")).to_have_count(0)
    expect(chat.page.get_by_text("Connection lost")).to_be_hidden()
    assert chat.own_messages.all_inner_texts() == MESSAGES
    saved = transcript(mortal_server, chat)
    expect(chat.page.locator(".list .message")).to_have_count(len(saved))
    assert saved.count("customer") == len(MESSAGES)
    assert shown_kinds(chat) == saved

    before_reload = chat.shown()
    chat.page.reload()
    chat.open()
    expect(chat.page.locator(".list .message")).to_have_count(len(saved))
    assert chat.shown() == before_reload


def transcript(server: Server, chat: ChatPage) -> list[str]:
    """Give who spoke, in order, as the server has saved it."""
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as client:
        login = {"name": "operator", "password": server.operator_password}
        client.post("/api/v1/auth/login", json=login).raise_for_status()
        answer = client.get(f"/api/v1/conversations/{chat.conversation_id}").raise_for_status().json()
    utterances = [item["utterance"] for item in answer["items"]]
    return [one["kind"] for one in utterances if one["kind"] != "notice"]


def shown_kinds(chat: ChatPage) -> list[str]:
    """Give who spoke, in order, as the customer sees it."""
    classes = [message.get_attribute("class") or "" for message in chat.page.locator(".list .message").all()]
    return ["customer" if "customer" in one else "bot" for one in classes]
