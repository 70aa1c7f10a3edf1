"""What ``spandesk.yml`` says about steering, corrections and close intents; by default a bot has it all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast, get_args

from app.dialogue.cues import Wish, normalised
from app.dialogue.steering import Steering, steering_phrases
from nlu.data.yaml_source import YamlNode

STEERING_KEYS = frozenset({"steering", "corrections", "ask_when_close"})

_WISHES = frozenset(get_args(Wish))
_EXAMPLE = re.compile(r"^\s*-\s+(.+)$", re.MULTILINE)


def read_steering(node: YamlNode | None, nlu_paths: Iterable[Path]) -> Steering:
    """Read the keys `STEERING_KEYS`; utterances that are examples of the bot's own are never taken from it.

    Raises:
        SourceError: a value of the wrong type, or a wish that there is not.
    """
    written = node.get("steering") if node is not None else None
    added, without = _wishes(written)
    corrections = _switch(node, "corrections")
    return Steering(
        steering_phrases(added=added, without=without, own_examples=set(_examples(nlu_paths))),
        corrects_slots=True if corrections is None else corrections,
        asks_when_close=_switch(node, "ask_when_close"),
    )


def _wishes(node: YamlNode | None) -> tuple[dict[Wish, tuple[str, ...]], frozenset[Wish]]:
    """Give what is added to each wish, and the wishes that are off: ``steering: false`` turns all off."""
    if node is None or node.value is None or node.value is True:
        return {}, frozenset()
    if node.value is False:
        return {}, cast(frozenset[Wish], _WISHES)
    entries = node.mapping("steering")
    node.forbid_other_keys(_WISHES, "steering")
    added: dict[Wish, tuple[str, ...]] = {}
    without: set[Wish] = set()
    for name, phrases in entries.items():
        wish = cast(Wish, name)
        if phrases.value is False:
            without.add(wish)
        else:
            added[wish] = _phrases(phrases, name)
    return added, frozenset(without)


def _phrases(node: YamlNode, wish: str) -> tuple[str, ...]:
    phrases = node.names(f"{wish} of steering")
    for phrase in phrases:
        if not normalised(phrase):
            raise node.error(f"{wish} of steering: expected words, got {phrase!r}")
    return phrases


def _switch(node: YamlNode | None, key: str) -> bool | None:
    written = node.get(key) if node is not None else None
    return None if written is None or written.value is None else written.boolean(key)


def _examples(nlu_paths: Iterable[Path]) -> Iterator[str]:
    """Give what stands in a line of its own in the training data; parsing it would take seconds."""
    for path in nlu_paths:
        text = path.read_bytes().decode("utf-8", errors="replace")
        yield from (normalised(example) for example in _EXAMPLE.findall(text))
