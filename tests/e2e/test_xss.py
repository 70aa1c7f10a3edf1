"""What people write is shown as they wrote it, and never run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat_page import ChatPage
from tests.e2e.console_page import log_in
from tests.e2e.running_server import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ATTACKS = [
    "<img src=x onerror=\"document.title='taken over'\">",
    "<script>document.title='taken over'</script>",
    "</textarea><svg onload=\"document.title='taken over'\">",
]
LINK_ATTACK = "[press](javascript:document.title='taken over') **bold** <b>tag</b>"


def test_markup_in_messages_is_shown_as_text_to_everybody(
    server: Server, open_page: Callable[[str], Page]
) -> None:
    chat = ChatPage(open_page(server.url))
    chat.open()
    for attack in ATTACKS:
        chat.ask(attack)

    assert chat.own_messages.all_inner_texts() == ATTACKS

    desk = open_page(f"{server.url}/agent#{chat.conversation_id}")
    log_in(desk, "operator", server.operator_password)
    expect(desk.locator(".customer .text")).to_have_count(len(ATTACKS))
    assert desk.locator(".customer .text").all_text_contents() == ATTACKS

    desk.get_by_role("button", name="Take over").click()
    desk.get_by_label("Write to the customer").fill(LINK_ATTACK)
    desk.get_by_role("button", name="Send").click()
    answer = chat.page.locator(".message.agent .bubble")
    expect(answer).to_have_text("[press](javascript:document.title='taken over') bold <b>tag</b>")
    expect(answer.locator("a")).to_have_count(0)
    expect(answer.locator("strong")).to_have_text("bold")
    assert "taken over" not in (chat.page.title(), desk.title())
