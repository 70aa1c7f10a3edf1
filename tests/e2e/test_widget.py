"""The widget in a real browser: keyboard, quick replies, help answers, a conversation that is gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat_page import ChatPage
from tests.e2e.running_server import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_keyboard_is_enough(server: Server, open_page: Callable[[str], Page]) -> None:
    page = open_page(server.url)
    chat = ChatPage(page)
    launcher = page.locator(".launcher")
    launcher.focus()
    page.keyboard.press("Enter")
    expect(chat.answers.first).to_be_visible()

    page.keyboard.type("two")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("lines")
    page.keyboard.press("Enter")
    expect(chat.own_messages).to_have_text(["two\nlines"])

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(launcher).to_be_focused()


def test_a_quick_reply_says_its_title_and_gives_way(server: Server, open_page: Callable[[str], Page]) -> None:
    chat = ChatPage(open_page(server.url))
    chat.open()
    reply = chat.page.locator(".replies button").first
    title = reply.inner_text()

    reply.click()

    expect(chat.own_messages).to_have_text([title])
    expect(chat.page.locator(".customer[data-status]")).to_have_count(0, timeout=60_000)
    expect(chat.page.locator(".replies").get_by_text(title, exact=True)).to_have_count(0)


def test_a_help_answer_has_its_question_and_unfolds(server: Server, open_page: Callable[[str], Page]) -> None:
    chat = ChatPage(open_page(server.url))
    chat.open()
    chat.ask("How long does standard delivery take to Ireland?")

    card = chat.page.locator("article.faq").first
    expect(card.get_by_role("heading")).not_to_be_empty()
    more = card.get_by_role("button", name="Show more")
    hidden = card.locator(".passage > [hidden]")
    expect(hidden.first).to_be_hidden()
    more.click()
    expect(hidden).to_have_count(0)
    expect(card.locator("mark").first).to_be_visible()
    card.get_by_role("link", name="Read on the help page").click()
    expect(chat.page.locator("#toast")).to_contain_text("/help/")

    yes, no = (card.get_by_role("button", name=name, exact=True) for name in ("Yes", "No"))
    yes.click()
    expect(card.locator(".says")).to_have_text("Thank you!")
    chat.page.reload()
    chat.open()
    expect(yes).to_have_attribute("aria-pressed", "true")
    expect(no).to_have_attribute("aria-pressed", "false")


def test_an_answer_that_did_not_help_is_the_same_in_every_tab_and_leads_to_a_person(
    server: Server, open_page: Callable[[str], Page]
) -> None:
    chat = ChatPage(open_page(server.url))
    chat.open()
    chat.ask("How long does standard delivery take to Ireland?")
    other = ChatPage(chat.page.context.new_page())
    other.page.goto(server.url)
    other.open()
    here, there = (page.locator("article.faq").first for page in (chat.page, other.page))

    here.get_by_role("button", name="Yes", exact=True).focus()
    chat.page.keyboard.press("Space")
    expect(there.get_by_role("button", name="Yes", exact=True)).to_have_attribute("aria-pressed", "true")
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Enter")

    expect(there.get_by_role("button", name="No", exact=True)).to_have_attribute("aria-pressed", "true")
    here.get_by_role("button", name="Ask differently").click()
    expect(chat.page.get_by_placeholder("Write a message…")).to_be_focused()
    there.get_by_role("button", name="Talk to a person").click()
    expect(chat.own_messages.last).to_have_text("Talk to a person")
    expect(chat.page.locator(".notice").last).to_contain_text("asked a colleague")
    expect(here.get_by_role("button", name="Talk to a person")).to_be_hidden()


def test_a_message_near_the_limit_is_counted_and_one_beyond_is_not_sent(
    server: Server, open_page: Callable[[str], Page]
) -> None:
    chat = ChatPage(open_page(server.url))
    chat.open()
    box = chat.page.get_by_placeholder("Write a message…")

    box.fill("x" * 1999)
    expect(chat.page.locator(".counter")).to_have_text("1,999 / 2,000")
    box.fill("x" * 2001)

    expect(chat.page.get_by_role("button", name="Send message")).to_be_disabled()


def test_a_conversation_that_the_server_does_not_know_is_replaced(
    server: Server, open_page: Callable[[str], Page]
) -> None:
    page = open_page(server.url)
    gone = {"conversationId": "gone", "token": "wrong"}
    page.evaluate(
        "([key, value]) => localStorage.setItem(key, JSON.stringify(value))",
        [f"spandesk:session:{server.url}", gone],
    )
    page.reload()
    chat = ChatPage(page)
    chat.open()

    chat.ask("hello")

    assert chat.own_messages.all_inner_texts() == ["hello"]
    assert chat.conversation_id != "gone"
