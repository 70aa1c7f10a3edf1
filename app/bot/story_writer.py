"""Judged stories as a file of test stories, with what was predicted as a comment beside each wrong step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.bot.story_report import entity_names
from app.dialogue.action_names import ACTION_UNLIKELY_INTENT
from app.dialogue.stories import (
    NO_INTENT,
    ActionStep,
    BotStep,
    IntentStep,
    LoopStep,
    SlotStep,
    StepEntity,
)
from app.dialogue.story_test import (
    FedStep,
    JudgedAction,
    JudgedStory,
    JudgedUtterance,
)
from app.dialogue.story_writer import marked_words

_PLAIN = re.compile(r"[A-Za-z_][\w/+-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def stories_yaml(stories: Sequence[JudgedStory], *, empty: str) -> str:
    """Write judged stories in the format of test stories.

    Args:
        stories: what to write.
        empty: the comment that stands in the file when there are none.
    """
    if not stories:
        return f"# {empty}\n"
    lines = ['version: "3.1"', "stories:"]
    for story in stories:
        lines += _story_lines(story)
    return "\n".join(lines) + "\n"


def _story_lines(story: JudgedStory) -> Iterator[str]:
    yield f"- story: {_text(story.story.name)}  # {story.story.source}"
    yield "  steps:"
    for item in story.steps:
        match item:
            case FedStep(step=step):
                yield from _step_lines(step)
            case JudgedUtterance():
                yield from _utterance_lines(item)
            case JudgedAction():
                yield from _action_lines(item)


def _utterance_lines(item: JudgedUtterance) -> Iterator[str]:
    """Write the customer's words with markup, as the story has them, and beside them what was understood."""
    lines = list(_words_lines(item.step))
    if not item.is_intent_right:
        lines[-1] += _comment(f"predicted: {item.got_intent}")
    yield from lines
    if not item.are_entities_right:
        yield f"    # predicted entities: {_one_line(entity_names(item)[1])}"


def _words_lines(step: IntentStep) -> Iterator[str]:
    dash = "- "
    if step.text is not None:
        yield f"  {dash}user: {_text(marked_words(step.text, step.entities))}"
        dash = "  "
    if step.intent != NO_INTENT:
        yield f"  {dash}intent: {_text(step.intent)}"
        dash = "  "
    unmarked = [entity for entity in step.entities if entity.span is None]
    if unmarked:
        yield f"  {dash}entities:"
        yield from (f"    - {_entity(entity)}" for entity in unmarked)


def _entity(entity: StepEntity) -> str:
    parts = {entity.entity: entity.value, "role": entity.role, "group": entity.group}
    given = {key: value for key, value in parts.items() if value is not None}
    return _json({entity.entity: entity.value} | given) if given else _text(entity.entity)


def _action_lines(item: JudgedAction) -> Iterator[str]:
    if item.is_unlikely:
        yield f"  # predicted: {ACTION_UNLIKELY_INTENT}"
    if item.is_right and item.step is None:
        return
    key = "bot" if isinstance(item.step, BotStep) else "action"
    beside = "" if item.is_right else _comment(f"predicted: {item.predicted}")
    yield f"  - {key}: {_text(item.expected)}{beside}"


def _step_lines(step: ActionStep | BotStep | SlotStep | LoopStep) -> Iterator[str]:
    match step:
        case SlotStep(slot=slot, is_any=True):
            yield "  - slot_was_set:"
            yield f"    - {_text(slot)}"
        case SlotStep(slot=slot, value=value):
            yield "  - slot_was_set:"
            yield f"    - {_text(slot)}: {_json(value)}"
        case LoopStep(name=name):
            yield f"  - active_loop: {_text(name) if name is not None else 'null'}"
        case ActionStep(action=action):
            yield f"  - action: {_text(action)}"
        case BotStep(text=text):
            yield f"  - bot: {_text(text)}"


def _comment(text: str) -> str:
    return f"  # {_one_line(text)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    """Write a string so that YAML reads the same string; JSON's quotes are YAML's too."""
    is_plain = _PLAIN.fullmatch(text) is not None and text.casefold() not in _WORDS
    return text if is_plain else _json(text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
