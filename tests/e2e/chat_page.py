"""What a customer sees and does in the widget."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

ANSWER_TIMEOUT_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class ChatPage:
    """The shop's page with the chat open."""

    page: Page

    def open(self) -> None:
        """Open the chat and wait for the welcome."""
        self.page.get_by_role("button", name="Open chat").click()
        expect(self.answers.first).to_be_visible(timeout=ANSWER_TIMEOUT_MS)

    def say(self, text: str) -> None:
        """Write a message and press Enter."""
        box = self.page.get_by_placeholder("Write a message…")
        box.fill(text)
        box.press("Enter")

    def ask(self, text: str) -> str:
        """Say something and give the whole answer."""
        before = self.answers.count()
        self.say(text)
        expect(self.page.locator(".customer[data-status]")).to_have_count(0, timeout=ANSWER_TIMEOUT_MS)
        expect(self.answers.nth(before)).to_be_visible(timeout=ANSWER_TIMEOUT_MS)
        expect(self.page.locator(".typing")).to_have_count(0, timeout=ANSWER_TIMEOUT_MS)
        return "\n".join(self.answers.all_inner_texts()[before:])

    @property
    def conversation_id(self) -> str:
        """Give the conversation that this browser keeps."""
        key = self.page.evaluate(
            "() => Object.keys(localStorage).find(key => key.startsWith('spandesk:session:'))"
        )
        session = self.page.evaluate("key => JSON.parse(localStorage.getItem(key))", key)
        return str(session["conversationId"])

    @property
    def answers(self) -> Locator:
        """Give the bubbles of bot and agents."""
        return self.page.locator(".list .message:not(.customer) .bubble")

    @property
    def own_messages(self) -> Locator:
        """Give the customer's bubbles, delivered or not."""
        return self.page.locator(".customer .bubble")

    def shown(self) -> list[str]:
        """Give all bubbles from top to bottom."""
        return self.page.locator(".message:not(.typing) .bubble").all_inner_texts()
