from collections.abc import Mapping
from pathlib import Path

import pytest

from app.bot.bot import Channels, SocketIoChannel
from app.bot.loader import load_bot
from app.dialogue.action_endpoint import ActionEndpoint
from nlu.data.yaml_source import SourceError
from tests.fakes_bot import write_bot

_ACTIONS = """\
action_endpoint:
  url: https://${HOST}:5055/webhook
  headers:
    X-Shop: "7"
  params: {lang: de}
  token: ${TOKEN}
  token_name: key
  basic_auth: {username: $HOST, password: pa$$word}
  cafile: ca.pem
  color: red
"""
_CHANNELS = """\
rest:
callback:
  url: http://${HOST}/bot
socketio:
  user_message_evt: said
  bot_message_evt: answered
  session_persistence: true
  socketio_path: chat/
  namespace: /shop
  jwt_key: ${TOKEN}
  jwt_method: HS512
  metadata_key: extra
rasa:
  url: http://x
"""
_ENVIRONMENT = {"HOST": "actions", "TOKEN": "s3cret"}


def _endpoint(
    folder: Path, text: str, environment: Mapping[str, str] = _ENVIRONMENT
) -> ActionEndpoint | None:
    return load_bot(write_bot(folder, endpoints=text), environment=environment).config.action_endpoint


def test_everything_of_an_action_endpoint_is_read(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, endpoints=_ACTIONS), environment=_ENVIRONMENT)

    assert bot.config.action_endpoint == ActionEndpoint(
        "https://actions:5055/webhook",
        token="s3cret",
        token_name="key",
        params={"lang": "de"},
        headers={"X-Shop": "7"},
        basic_auth=("$HOST", "pa$$word"),
        cafile="ca.pem",
    )
    assert bot.config.action_url == "https://actions:5055/webhook"
    assert bot.warnings == ("endpoints.yml:10: action_endpoint: 'color' is not used",)


@pytest.mark.parametrize("text", ["version: 1\n", "action_endpoint:\n", "# nothing\n"])
def test_without_an_action_endpoint_actions_run_here(tmp_path: Path, text: str) -> None:
    assert _endpoint(tmp_path, text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("action_endpoint: {}\n", "action_endpoint: expected the key 'url'"),
        ("action_endpoint: http://x\n", "action_endpoint: expected a mapping"),
        ("action_endpoint: {url: [1]}\n", "url of action_endpoint: expected text"),
        ("action_endpoint: {url: x, headers: [1]}\n", "headers of action_endpoint: expected a mapping"),
        ("action_endpoint: {url: x, basic_auth: {username: a}}\n", "basic_auth: expected the key 'password'"),
        (
            "action_endpoint: {url: x, token: '${NO}'}\n",
            "token of action_endpoint: the environment variable NO",
        ),
    ],
)
def test_a_mistake_in_an_action_endpoint_stops(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=rf"endpoints\.yml:1: {message}"):
        _endpoint(tmp_path, text)


def test_everything_of_the_channels_is_read(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, credentials=_CHANNELS), environment=_ENVIRONMENT)

    assert bot.config.channels == Channels(
        True,
        "http://actions/bot",
        SocketIoChannel("said", "answered", True, "/chat/", "/shop", "s3cret", "HS512", "extra"),
    )
    assert bot.warnings == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Channels()),
        ("rest:\n", Channels(rest=True)),
        ("socketio:\n", Channels(rest=False, socketio=SocketIoChannel())),
        ("socketio: {session_persistence: false}\n", Channels(rest=False, socketio=SocketIoChannel())),
    ],
)
def test_channels_that_are_not_named_are_closed(tmp_path: Path, text: str, expected: Channels) -> None:
    assert load_bot(write_bot(tmp_path, credentials=text)).config.channels == expected


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "callback: {}\n",
            "callback: expected the key 'url', got only no keys; the channel 'callback' is closed",
        ),
        (
            "callback: {url: '${NO}'}\n",
            "url of callback: the environment variable NO is not set; set it, or write the value; the channel"
            " 'callback' is closed",
        ),
        (
            "socketio: {session_persistence: maybe}\n",
            "session_persistence: expected true or false, got the text 'maybe'; the channel"
            " 'socketio' is closed",
        ),
        ("slack: {token: x}\n", "the channel 'slack' is not there"),
    ],
)
def test_a_mistake_in_a_channel_closes_only_that_channel(tmp_path: Path, text: str, warning: str) -> None:
    bot = load_bot(write_bot(tmp_path, credentials=text))

    assert bot.warnings == (f"credentials.yml:1: {warning}",)
    assert bot.config.channels == Channels(rest=False)
