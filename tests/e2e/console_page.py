"""What agents and operators do in the consoles."""

from __future__ import annotations

from playwright.sync_api import Page


def log_in(page: Page, name: str, password: str) -> None:
    """Log in to a console."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("Live", exact=True).wait_for()
