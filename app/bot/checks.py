"""Cross checks: every name that a rule, story, form or response mentions must exist in the domain.

What Rasa itself runs in spite of the mistake (an entity that nobody declared) is a warning; everything that
would fail in the middle of a conversation is an error at load time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NoReturn

from app.bot.config_reader import Presentation
from app.bot.domain_reader import DomainReading
from app.dialogue.domain import Domain, SlotMapping
from app.dialogue.stories import NO_INTENT, ActionStep, IntentStep, LoopStep, Rule, SlotStep, Step, Story
from nlu.data.yaml_source import SourceError

DEFAULT_INTENTS = ("back", "nlu_fallback", "out_of_scope", "restart", "session_start")
DEFAULT_ACTIONS = (
    "action_answer_faq",
    "action_back",
    "action_cancel_form",
    "action_confirm_correction",
    "action_deactivate_loop",
    "action_default_ask_affirmation",
    "action_default_ask_rephrase",
    "action_default_fallback",
    "action_extract_slots",
    "action_listen",
    "action_request_handoff",
    "action_restart",
    "action_revert_fallback_events",
    "action_say_again",
    "action_session_start",
    "action_two_stage_fallback",
    "action_unlikely_intent",
)
DEFAULT_SLOTS = ("requested_slot", "session_started_metadata")


def check_domain(reading: DomainReading, warnings: list[str]) -> None:
    """Check what forms, slot mappings and responses mention.

    Raises:
        SourceError: the first name that does not exist.
    """
    _check_forms(reading)
    _check_responses(reading, warnings)
    for slot in reading.domain.slots.values():
        for number, mapping in enumerate(slot.mappings):
            place = _place(reading, "slot", slot.name, number)
            _check_mapping(mapping, f"a mapping of the slot '{slot.name}'", place, reading.domain, warnings)
    for intent in reading.domain.intents.values():
        place = reading.places["intent", intent.name]
        for entity in (*(intent.used_entities or ()), *intent.ignored_entities):
            _warn_of_entity(entity, reading.domain, place, f"the intent '{intent.name}'", warnings)


def check_stories(stories: Sequence[Story], rules: Sequence[Rule], domain: Domain) -> list[str]:
    """Check what rules and stories mention; gives warnings.

    Raises:
        SourceError: the first name that does not exist.
    """
    warnings: list[str] = []
    for rule in rules:
        _check_steps((*rule.conditions, *rule.steps), f"the rule '{rule.name}'", domain, warnings)
    for story in stories:
        _check_steps(story.steps, f"the story '{story.name}'", domain, warnings)
    return list(dict.fromkeys(warnings))


def check_presentation(presentation: Presentation, domain: Domain) -> None:
    """Check that ``spandesk.yml`` names a response and intents that exist.

    Raises:
        SourceError: the first name that does not exist.
    """
    welcome = presentation.welcome
    if welcome is not None and welcome not in domain.responses:
        _refuse("response", welcome, domain.responses, presentation.places["welcome"], "welcome")
    for intent in presentation.intent_titles or ():
        _check_intent(intent, domain, presentation.places[f"intent_titles/{intent}"], "intent_titles")


def _check_steps(steps: Iterable[Step], owner: str, domain: Domain, warnings: list[str]) -> None:
    for step in steps:
        match step:
            case IntentStep():
                if step.intent != NO_INTENT:
                    _check_intent(step.intent, domain, step.source, owner)
                for entity in step.entities:
                    _warn_of_entity(entity.entity, domain, step.source, owner, warnings)
            case ActionStep():
                _check_action(step.action, domain, step.source, owner)
            case SlotStep():
                _check_slot(step.slot, domain, step.source, owner)
            case LoopStep(name=str(name)):
                _check_form(name, domain, step.source, owner)


def _check_forms(reading: DomainReading) -> None:
    for name, form in reading.domain.forms.items():
        for number, slot in enumerate(form.required_slots):
            _check_form_slot(slot, name, _place(reading, "form", name, number), reading)
        for intent in form.ignored_intents:
            _check_intent(intent, reading.domain, reading.places["form", name], f"the form '{name}'")


def _check_responses(reading: DomainReading, warnings: list[str]) -> None:
    domain = reading.domain
    for name, variations in domain.responses.items():
        for number, variation in enumerate(variations):
            place = _place(reading, "response", name, number)
            for condition in variation.conditions:
                _check_slot(condition.slot, domain, place, f"the response '{name}'")
    for action in domain.actions:
        if action.startswith("utter_") and not _has_response(action, domain):
            place = reading.places["action", action]
            warnings.append(f"{place}: the domain has no response '{action}'")


def _check_form_slot(name: str, form: str, place: str, reading: DomainReading) -> None:
    _check_slot(name, reading.domain, place, f"the form '{form}'")
    slot = reading.domain.slots.get(name)
    if slot is not None and not slot.mappings:
        problem = f"the slot '{name}' of the form '{form}' has no mappings, so nothing can fill it"
        raise _error(reading.places["slot", name], f"{problem}; expected 'mappings:' under the slot")


def _check_mapping(mapping: SlotMapping, owner: str, place: str, domain: Domain, warnings: list[str]) -> None:
    if mapping.entity is not None:
        _warn_of_entity(mapping.entity, domain, place, owner, warnings)
    for intent in (*mapping.intents, *mapping.not_intents):
        _check_intent(intent, domain, place, owner)
    for condition in mapping.conditions:
        if condition.active_loop is not None:
            _check_form(condition.active_loop, domain, place, owner)
        if condition.requested_slot is not None:
            _check_slot(condition.requested_slot, domain, place, owner)
    if mapping.action is not None:
        _check_action(mapping.action, domain, place, owner)


def _place(reading: DomainReading, kind: str, name: str, number: int) -> str:
    """Find the line of one item of a definition; items that another section added have only the name's."""
    return reading.places.get((kind, name, number), reading.places[kind, name])


def _check_intent(name: str, domain: Domain, place: str, owner: str) -> None:
    if name in domain.intents or name in DEFAULT_INTENTS:
        return
    base, _, question = name.partition("/")
    if question and base in domain.intents:
        return
    _refuse("intent", name, domain.intents, place, owner)


def _check_action(name: str, domain: Domain, place: str, owner: str) -> None:
    if name in domain.forms or name in DEFAULT_ACTIONS or _has_response(name, domain):
        return
    if name.startswith("utter_"):
        _refuse("response", name, domain.responses, place, owner)
    if name not in domain.actions:
        _refuse("action", name, (*domain.actions, *domain.forms, *DEFAULT_ACTIONS), place, owner)


def _has_response(name: str, domain: Domain) -> bool:
    """Say whether there is a response, or (retrieval intents) responses ``name/question``."""
    return name in domain.responses or any(key.startswith(f"{name}/") for key in domain.responses)


def _check_slot(name: str, domain: Domain, place: str, owner: str) -> None:
    if name not in domain.slots and name not in DEFAULT_SLOTS:
        _refuse("slot", name, domain.slots, place, owner)


def _check_form(name: str, domain: Domain, place: str, owner: str) -> None:
    if name not in domain.forms and name != "action_two_stage_fallback":
        _refuse("form", name, domain.forms, place, owner)


def _warn_of_entity(name: str, domain: Domain, place: str, owner: str, warnings: list[str]) -> None:
    if name not in domain.entities:
        hint = _hint(name, domain.entities)
        warnings.append(f"{place}: {owner}: the domain has no entity '{name}'{hint}; it is never found")


def _refuse(kind: str, name: str, known: Iterable[str], place: str, owner: str) -> NoReturn:
    raise _error(place, f"{owner}: the domain has no {kind} '{name}'{_hint(name, known)}")


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _error(source: str, problem: str) -> SourceError:
    file, _, line = source.rpartition(":")
    return SourceError(file, int(line), problem)
