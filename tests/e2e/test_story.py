"""The whole story: a customer is misunderstood, an agent corrects it, and after retraining it is right."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from app.retraining.snapshot import HELD_OUT_FRACTION
from nlu.evaluation.split import split_held_out
from nlu.types import Example
from tests.e2e.chat_page import ChatPage
from tests.e2e.console_page import log_in
from tests.e2e.running_server import ROOT, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1500)]

# A turn of phrase that no training data has: the bot cannot know what it means until somebody says so.
UTTERANCE = "have my boots grown legs and walked off?"
INTENT = "late delivery"
TRAINING_TIMEOUT_MS = 1_200_000.0
IMAGES = ROOT / "docs" / "images"


def test_a_corrected_turn_is_understood_after_retraining(
    server: Server, open_page: Callable[[str], Page]
) -> None:
    assert split_held_out([Example(UTTERANCE, INTENT)], fraction=HELD_OUT_FRACTION)[1] == []
    server.add_agent("anna", "wild-garlic-and-rain")

    chat = ChatPage(open_page(server.url))
    take_picture(chat.page, "shop")
    chat.open()
    chat.ask("How long does delivery to Ireland take?")
    take_picture(chat.page, "chat")
    first_answer = chat.ask(UTTERANCE)

    desk = open_page(f"{server.url}/agent#{chat.conversation_id}")
    log_in(desk, "anna", "wild-garlic-and-rain")
    correct_last_turn(desk)

    office = open_page(f"{server.url}/operator")
    log_in(office, "operator", server.operator_password)
    retrain(office)

    second_answer = ChatPage(open_page(server.url))
    second_answer.open()
    answer = second_answer.ask(UTTERANCE)
    take_picture(second_answer.page, "chat-after-retraining")
    assert answer != first_answer
    assert "order number" in answer


def correct_last_turn(desk: Page) -> None:
    """Say what the last turn meant: its intent and one entity."""
    turn = desk.locator("li.customer", has_text=UTTERANCE)
    turn.get_by_role("button", name="Correct").click()
    turn.get_by_label("Filter intents").fill(INTENT)
    turn.locator(".options").get_by_text(INTENT, exact=True).click()
    remove = turn.get_by_role("button", name="Remove")
    for _ in range(remove.count()):  # whatever the model found: the agent begins anew
        remove.first.click()
    select(turn.get_by_label("Text to mark in"), "boots")
    turn.get_by_role("button", name="product", exact=True).click()
    take_picture(desk, "correction")
    turn.get_by_role("button", name="Save correction").click()
    expect(turn.locator(".corrected")).to_contain_text(INTENT)
    expect(turn.locator("mark")).to_have_text(["boots"])
    take_picture(desk, "agent-console")


def select(text_area: Locator, words: str) -> None:
    """Select words in a text area, as a person does with shift and the arrow keys."""
    text = text_area.input_value()
    text_area.focus()
    text_area.press("Control+Home")
    for _ in range(text.index(words)):
        text_area.press("ArrowRight")
    for _ in words:
        text_area.press("Shift+ArrowRight")


def retrain(office: Page) -> None:
    """Press the button, watch the progress, see the challenger promoted and in service."""
    served_before = office.locator("tr.champion code").inner_text()
    office.get_by_role("button", name="Retrain now").click()
    expect(office.get_by_label("Progress of the retraining")).to_be_visible()
    expect(office.locator(".stage")).to_have_text("Training", timeout=120_000)
    expect(office.locator(".numbers")).to_contain_text("epoch", timeout=600_000)
    expect(office.locator(".numbers")).to_contain_text("left")
    take_picture(office, "retraining")
    expect(office.get_by_role("button", name="Retrain now")).to_be_enabled(timeout=TRAINING_TIMEOUT_MS)
    expect(office.get_by_text("Passed the gate")).to_be_visible()
    expect(office.locator("tr.champion code")).not_to_have_text(served_before)
    expect(office.get_by_text("The server is loading")).to_be_hidden(timeout=60_000)
    take_picture(office, "comparison")


def take_picture(page: Page, name: str) -> None:
    """Keep a picture for the documentation when asked to."""
    if os.environ.get("SPANDESK_SCREENSHOTS") == "1":
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
