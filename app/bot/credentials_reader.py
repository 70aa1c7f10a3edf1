"""``credentials.yml`` of a bot folder: which channels are open, and how their clients talk."""

from __future__ import annotations

from collections.abc import Mapping

from app.bot.bot import Channels, SocketIoChannel
from app.bot.variables import filled_text, optional_filled_text
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError, YamlNode

_QUIET = frozenset({"rest", "callback", "socketio", "rasa", "version"})
_SOCKETIO_KEYS = frozenset(
    {
        "bot_message_evt",
        "jwt_key",
        "jwt_method",
        "metadata_key",
        "namespace",
        "session_persistence",
        "socketio_path",
        "user_message_evt",
    }
)


def read_credentials(node: YamlNode | None, environment: Mapping[str, str], problems: Problems) -> Channels:
    """Read the channels; one with a mistake, or that SpanDesk does not have, is named and stays closed."""
    if node is None:
        return Channels()
    channels = node.mapping("credentials.yml")
    for channel in channels:
        if channel not in _QUIET:
            place = f"{node.file}:{node.key_lines[channel]}"
            problems.warn(place, f"the channel '{channel}' is not there")
    callback: str | None = None
    socketio: SocketIoChannel | None = None
    try:
        callback = _read_callback(channels.get("callback"), environment)
    except SourceError as error:
        _close("callback", error, problems)
    try:
        socketio = _read_socketio(channels.get("socketio"), environment, problems)
    except SourceError as error:
        _close("socketio", error, problems)
    return Channels(rest="rest" in channels, callback_url=callback, socketio=socketio)


def _close(channel: str, error: SourceError, problems: Problems) -> None:
    problems.doubt(f"{error.file}:{error.line}", f"{error.problem}; the channel '{channel}' is closed")


def _read_callback(node: YamlNode | None, environment: Mapping[str, str]) -> str | None:
    if node is None:
        return None
    return filled_text(node.require("url", "callback"), "url of callback", environment)


def _read_socketio(
    node: YamlNode | None, environment: Mapping[str, str], problems: Problems
) -> SocketIoChannel | None:
    if node is None:
        return None
    if node.value is None:
        return SocketIoChannel()
    problems.doubt_other_keys(node, _SOCKETIO_KEYS, "socketio")

    def text(key: str, otherwise: str) -> str:
        return optional_filled_text(node, key, "socketio", environment) or otherwise

    persistence = node.get("session_persistence")
    default = SocketIoChannel()
    path = text("socketio_path", default.path)
    return SocketIoChannel(
        user_message_event=text("user_message_evt", default.user_message_event),
        bot_message_event=text("bot_message_evt", default.bot_message_event),
        session_persistence=persistence is not None and persistence.boolean("session_persistence"),
        path=path if path.startswith("/") else f"/{path}",
        namespace=optional_filled_text(node, "namespace", "socketio", environment),
        jwt_key=optional_filled_text(node, "jwt_key", "socketio", environment),
        jwt_method=text("jwt_method", default.jwt_method),
        metadata_key=text("metadata_key", default.metadata_key),
    )
