from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import Request

from app.api.caller import Caller, caller_of_claims, is_local, is_loopback
from app.api.edge import Edge
from app.api.rasa.rest import is_limited
from app.settings import Settings


def request(*, client: str = "127.0.0.1", **headers: str) -> Request:
    named = {"host": "127.0.0.1:8000", **{key.replace("_", "-"): value for key, value in headers.items()}}
    raw = [(key.encode(), value.encode()) for key, value in named.items()]
    return Request({"type": "http", "headers": raw, "client": (client, 1)})


@dataclass(frozen=True)
class Case:
    bound: str
    request: Request
    expected: bool


CASES = {
    "a program here": Case("127.0.0.1", request(), True),
    "by IPv6": Case("::1", request(client="::1", host="[::1]:8000"), True),
    "by name": Case("localhost", request(host="localhost:8000"), True),
    "our own page": Case("127.0.0.1", request(origin="http://127.0.0.1:8000"), True),
    "a server that others reach": Case("0.0.0.0", request(), False),
    "another machine": Case("127.0.0.1", request(client="192.0.2.1"), False),
    "another host name": Case("127.0.0.1", request(host="rebound.example"), False),
    "no host name": Case("127.0.0.1", request(host=""), False),
    "a proxy": Case("127.0.0.1", request(x_forwarded_for="192.0.2.1"), False),
    "a foreign page": Case("127.0.0.1", request(origin="https://evil.example"), False),
    "a foreign page without origin": Case("127.0.0.1", request(sec_fetch_site="cross-site"), False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_only_what_happens_on_this_machine_is_local(case: Case) -> None:
    assert is_local(case.request, case.bound) is case.expected


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "localhost.example", "127.0.0.1.example"])
def test_addresses_that_others_reach(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"username": "x", "role": "admin"}, Caller()),
        ({"role": "admin"}, Caller()),
        ({"username": "x", "role": "user"}, Caller("x")),
        ({"username": "", "role": "user"}, None),
        ({"username": 7, "role": "user"}, None),
        ({"role": "user"}, None),
        ({"username": "x"}, None),
        ("x", None),
        (None, None),
    ],
)
def test_claims_name_a_caller_or_nobody(user: Any, expected: Caller | None) -> None:
    assert caller_of_claims({"user": user}) == expected


@pytest.mark.parametrize(
    ("settings", "came", "expected"),
    [
        (Settings(), request(), False),
        (Settings(), request(x_forwarded_for="192.0.2.1"), True),
        (Settings(messages_per_minute=60), request(), True),
    ],
    ids=["from here", "through a proxy", "a limit is set"],
)
def test_messages_are_counted_unless_they_come_from_here(
    settings: Settings, came: Request, *, expected: bool
) -> None:
    edge = cast(Edge, SimpleNamespace(services=SimpleNamespace(settings=settings)))

    assert is_limited(edge, came) is expected
