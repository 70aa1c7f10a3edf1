import pytest

from app.bot.endpoints_reader import read_endpoints
from app.dialogue.action_endpoint import ActionEndpoint
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError, parse_yaml

FULL = """
action_endpoint:
  url: "http://${HOST}:5055/webhook"
  token: ${TOKEN}
  token_name: key
  params: {a: 1}
  headers: {X-Shop: "${HOST}"}
  basic_auth: {username: ann, password: "${TOKEN}"}
  cafile: ca.pem
  enable_selective_domain: true
"""


def read(text: str) -> ActionEndpoint | None:
    return read_endpoints(parse_yaml(text, "endpoints.yml"), {"HOST": "shop", "TOKEN": "t"}, Problems())


def test_everything_of_an_action_endpoint_is_read() -> None:
    assert read(FULL) == ActionEndpoint(
        "http://shop:5055/webhook", "t", "key", {"a": "1"}, {"X-Shop": "shop"}, ("ann", "t"), "ca.pem", True
    )


def test_an_address_is_enough() -> None:
    assert read("action_endpoint: {url: 'http://x'}") == ActionEndpoint("http://x")


@pytest.mark.parametrize("text", ["action_endpoint:", "models: {}"])
def test_a_bot_may_have_no_action_server(text: str) -> None:
    assert read(text) is None
    assert read_endpoints(None, {}, Problems()) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("action_endpoint: {token: t}", "expected the key 'url'"),
        ("action_endpoint: {url: [x]}", "url of action_endpoint: expected text"),
        ("action_endpoint: {url: 'http://${NO}'}", "the environment variable NO is not set"),
        ("action_endpoint: {url: x, headers: [a]}", "headers of action_endpoint: expected a mapping"),
        ("action_endpoint: {url: x, headers: {a: [b]}}", "a of headers of action_endpoint: expected text"),
        ("action_endpoint: {url: x, basic_auth: {username: a}}", "expected the key 'password'"),
        ("action_endpoint: {url: x, enable_selective_domain: 1}", "expected true or false"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(SourceError, match=f"^endpoints.yml:1: .*{problem}"):
        read(text)
