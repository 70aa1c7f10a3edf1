from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import fakes_retail


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A freshly seeded shop in memory."""
    monkeypatch.setenv("RETAIL_DATABASE_URL", "sqlite://")
    sessions = fakes_retail.module("shop")._sessions
    sessions.cache_clear()
    yield
    sessions("sqlite://").kw["bind"].dispose()
    sessions.cache_clear()


@pytest.fixture
def actions(shop: None) -> fakes_retail.RetailActions:
    return fakes_retail.RetailActions()
