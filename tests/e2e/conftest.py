"""A real server and a real browser for the stories; both skip with a plain reason where they cannot run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.running_server import ROOT, Server

CHROMIUM_ARGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def built_pages() -> None:
    """Skip where the web pages were not built."""
    if not (ROOT / "web" / "dist" / "widget.js").is_file():
        pytest.skip("the web pages are not built: run `make web`")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once for all stories."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium here: install Debian's package `chromium`")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(built_pages: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the starter bot, with a worker beside it, to all stories that do not kill it."""
    server = Server(tmp_path_factory.mktemp("home"), worker="embedded")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def mortal_server(built_pages: None, browser: Browser, tmp_path: Path) -> Iterator[Server]:
    """Serve the starter bot to one story that may kill the server."""
    server = Server(tmp_path, worker="external")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open a page as a new person: storage and login of its own; a script error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_as_new_person(url: str) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield open_as_new_person
    for context in contexts:
        context.close()
    assert errors == []
