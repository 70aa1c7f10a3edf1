import pytest
from starlette.requests import HTTPConnection

from app.api.origins import is_allowed_origin, is_own_origin


def connection(**headers: str) -> HTTPConnection:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "headers": [(b"host", b"chat.shop.test:8000"), *raw]})


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({}, True),
        ({"origin": "http://chat.shop.test:8000"}, True),
        ({"origin": "https://CHAT.shop.test:8000"}, True),
        ({"origin": "http://chat.shop.test"}, False),
        ({"origin": "https://evil.test"}, False),
        ({"origin": "https://chat.shop.test:8000.evil.test"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "same-origin"}, True),
    ],
    ids=str,
)
def test_own_origin(headers: dict[str, str], is_own: bool) -> None:
    assert is_own_origin(connection(**headers)) is is_own


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [("https://shop.test", True), ("https://shop.test/", True), ("https://evil.test", False)],
)
def test_listed_origin_is_allowed(origin: str, is_allowed: bool) -> None:
    assert is_allowed_origin(connection(origin=origin), ("https://shop.test",)) is is_allowed
