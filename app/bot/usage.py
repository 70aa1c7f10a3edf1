"""What a bot defines and nothing mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.bot.loader import BotReading
from app.dialogue.policies.choice import EXTERNAL_INTENT
from app.dialogue.stories import ActionStep, IntentStep, SlotStep, Step, Story
from nlu.data.problems import Problems
from nlu.data.rasa_nlu import NluData

_WORD = re.compile(r"\w+(?:/\w+)*")


def note_unused(reading: BotReading, data: NluData, tests: Sequence[Story], problems: Problems) -> None:
    """Warn of intents, entities, slots, responses and actions that nothing mentions.

    Code counts: a name that the bot's actions contain is used. A bot's own action server is not read.
    """
    bot = reading.bot
    steps = [step for story in (*bot.stories, *tests) for step in story.steps]
    steps += [step for rule in bot.rules for step in (*rule.conditions, *rule.steps)]
    code = _words_of_code(bot.actions_path)
    used = code | set(_names_of_steps(steps)) | set(_names_of_domain(reading))
    examples = {atom for example in data.examples for atom in example.intent.split("+")}
    trained = examples | {atom.partition("/")[0] for atom in examples}
    marked = {entity.entity for example in data.examples for entity in example.entities}

    def note(kind: str, names: Iterator[str], text: str) -> None:
        for name in names:
            if (kind, name) in reading.domain.places:  # else a story's own words
                problems.warn(reading.domain.places[kind, name], f"the {kind} '{name}' {text}")

    domain = bot.domain
    learns = bool(data.examples)
    unmarked = (n for n in domain.entities if learns and not _is_found(n, marked, data))
    said = (n for n in domain.intents if learns and not n.startswith(EXTERNAL_INTENT))
    note("intent", (n for n in said if n not in trained), "has no examples")
    note("intent", (n for n in domain.intents if n not in used), "is in no story, rule or mapping")
    note("entity", unmarked, "is in no example")
    note("slot", (n for n in domain.slots if n not in used), "is never used")
    note("response", (n for n in bot.domain.responses if not _is_said(n, used)), "is never said")
    note("action", (n for n in domain.actions if n not in used), "is in no story or rule")
    note("form", (n for n in domain.forms if n not in used), "is in no story or rule")


def _is_found(entity: str, marked: set[str], data: NluData) -> bool:
    return entity in marked or entity in data.regexes or entity in data.lookups


def _is_said(response: str, used: set[str]) -> bool:
    base = response.partition("/")[0]
    return response in used or base in used or base.startswith("utter_ask_") and "/" not in response


def _names_of_steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        match step:
            case IntentStep():
                yield from (step.intent, step.intent.partition("/")[0])
            case ActionStep():
                yield step.action
            case SlotStep():
                yield step.slot


def _names_of_domain(reading: BotReading) -> Iterator[str]:
    bot = reading.bot
    yield bot.welcome or ""
    yield from bot.intent_titles if bot.faq_path is not None else ()
    for form in bot.domain.forms.values():
        yield from (*form.required_slots, *form.ignored_intents, f"validate_{form.name}")
        yield from (f"action_ask_{slot}" for slot in form.required_slots)
        yield from (f"action_ask_{form.name}_{slot}" for slot in form.required_slots)
    yield from ("action_validate_slot_mappings", "utter_default", "utter_ask_rephrase", "utter_restart")
    yield from ("utter_handoff", "utter_action_failed", "utter_suggestions", "utter_back")
    for slot in bot.domain.slots.values():
        for mapping in slot.mappings:
            yield from (*mapping.intents, *mapping.not_intents, mapping.action or "")
    for variations in bot.domain.responses.values():
        for variation in variations:
            yield from (condition.slot for condition in variation.conditions)
            for text in (variation.text, *(payload for _, payload in variation.buttons)):
                yield from _WORD.findall(text)


def _words_of_code(path: Path | None) -> set[str]:
    if path is None:
        return set()
    files = path.rglob("*.py") if path.is_dir() else [path]
    return {word for file in files for word in _WORD.findall(file.read_text("utf-8", errors="replace"))}
