"""Cross checks: every name that a rule, story, form or response mentions must exist in the domain.

Rasa runs a bot in spite of such mistakes, so none of them stops a bot from being served; `spandesk validate`
calls them errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.bot.domain_reader import DomainReading
from app.bot.presentation_reader import Presentation
from app.dialogue.action_names import ACTION_UNLIKELY_INTENT
from app.dialogue.domain import Domain, SlotMapping
from app.dialogue.stories import NO_INTENT, ActionStep, IntentStep, LoopStep, Rule, SlotStep, Step, Story
from nlu.data.problems import Problems, hint

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


def check_domain(reading: DomainReading, problems: Problems) -> None:
    """Check what forms, slot mappings, responses and intents mention."""
    _check_forms(reading, problems)
    _check_responses(reading, problems)
    names = Names(reading.domain, problems)
    for slot in reading.domain.slots.values():
        for number, mapping in enumerate(slot.mappings):
            place = _place(reading, "slot", slot.name, number)
            _check_mapping(mapping, f"a mapping of the slot '{slot.name}'", place, names)
            _check_form_of_mapping(mapping, slot.name, place, reading.domain, problems)
    for intent in reading.domain.intents.values():
        place = reading.places["intent", intent.name]
        for entity in (*(intent.used_entities or ()), *intent.ignored_entities):
            names.entity(entity, place, f"the intent '{intent.name}'")


def check_stories(
    stories: Sequence[Story], rules: Sequence[Rule], domain: Domain, problems: Problems
) -> None:
    """Check what rules and stories mention."""
    names = Names(domain, problems)
    for rule in rules:
        _check_steps((*rule.conditions, *rule.steps), f"the rule '{rule.name}'", names)
    for story in stories:
        _check_steps(story.steps, f"the story '{story.name}'", names)


def check_signals(stories: Sequence[Story], problems: Problems) -> None:
    """Name steps of stories to learn from that no conversation ever shows to stories."""
    for story in stories:
        for step in story.steps:
            if isinstance(step, ActionStep) and step.action == ACTION_UNLIKELY_INTENT:
                text = f"the story '{story.name}': no story ever sees {ACTION_UNLIKELY_INTENT}"
                problems.doubt(step.source, f"{text}; expected it in rules only")


def check_presentation(presentation: Presentation, domain: Domain, problems: Problems) -> None:
    """Check that ``spandesk.yml``, which is ours, names a response and intents that exist."""
    names = Names(domain, problems)
    welcome = presentation.welcome
    if welcome is not None and welcome not in domain.responses:
        text = f"welcome: the domain has no response '{welcome}'{hint(welcome, domain.responses)}"
        problems.refuse(presentation.places["welcome"], text)
    for intent in presentation.intent_titles or ():
        if not names.has_intent(intent):
            text = f"intent_titles: the domain has no intent '{intent}'{hint(intent, domain.intents)}"
            problems.refuse(presentation.places[f"intent_titles/{intent}"], text)


class Names:
    """The names of a domain; each method notes a name that is not there, with its place and owner."""

    def __init__(self, domain: Domain, problems: Problems) -> None:
        self.domain = domain
        self._problems = problems

    def has_intent(self, name: str) -> bool:
        """Say whether there is this intent, or the base of this retrieval intent."""
        base, _, question = name.partition("/")
        return name in self.domain.intents or bool(question and base in self.domain.intents)

    def intent(self, name: str, place: str, owner: str) -> None:
        """Check an intent."""
        if not self.has_intent(name) and name not in DEFAULT_INTENTS:
            self._note("intent", name, self.domain.intents, place, owner)

    def action(self, name: str, place: str, owner: str) -> None:
        """Check an action, form or response."""
        domain = self.domain
        if name in domain.forms or name in DEFAULT_ACTIONS or has_response(name, domain):
            return
        if name.startswith("utter_"):
            self._note("response", name, domain.responses, place, owner)
        elif name not in domain.actions:
            self._note("action", name, (*domain.actions, *domain.forms, *DEFAULT_ACTIONS), place, owner)

    def slot(self, name: str, place: str, owner: str) -> None:
        """Check a slot."""
        if name not in self.domain.slots and name not in DEFAULT_SLOTS:
            self._note("slot", name, self.domain.slots, place, owner)

    def form(self, name: str, place: str, owner: str) -> None:
        """Check a form."""
        if name not in self.domain.forms and name != "action_two_stage_fallback":
            self._note("form", name, self.domain.forms, place, owner)

    def entity(self, name: str, place: str, owner: str) -> None:
        """Check an entity."""
        if name not in self.domain.entities:
            close = hint(name, self.domain.entities)
            text = f"{owner}: the domain has no entity '{name}'{close}; it is never found"
            self._problems.doubt(place, text)

    def _note(self, kind: str, name: str, known: Iterable[str], place: str, owner: str) -> None:
        self._problems.doubt(place, f"{owner}: the domain has no {kind} '{name}'{hint(name, known)}")


def has_response(name: str, domain: Domain) -> bool:
    """Say whether there is a response, or (retrieval intents) responses ``name/question``."""
    return name in domain.responses or any(key.startswith(f"{name}/") for key in domain.responses)


def _check_steps(steps: Iterable[Step], owner: str, names: Names) -> None:
    for step in steps:
        match step:
            case IntentStep():
                if step.intent != NO_INTENT:
                    names.intent(step.intent, step.source, owner)
                for entity in step.entities:
                    names.entity(entity.entity, step.source, owner)
            case ActionStep():
                names.action(step.action, step.source, owner)
            case SlotStep():
                names.slot(step.slot, step.source, owner)
            case LoopStep(name=str(name)):
                names.form(name, step.source, owner)


def _check_forms(reading: DomainReading, problems: Problems) -> None:
    names = Names(reading.domain, problems)
    for name, form in reading.domain.forms.items():
        for number, slot in enumerate(form.required_slots):
            names.slot(slot, _place(reading, "form", name, number), f"the form '{name}'")
            definition = reading.domain.slots.get(slot)
            if definition is not None and not definition.mappings:
                text = f"the slot '{slot}' of the form '{name}' has no mappings, so nothing can fill it"
                place = reading.places["slot", slot]
                problems.doubt(place, f"{text}; expected 'mappings:' under the slot")
        for intent in form.ignored_intents:
            names.intent(intent, reading.places["form", name], f"the form '{name}'")


def _check_responses(reading: DomainReading, problems: Problems) -> None:
    domain = reading.domain
    names = Names(domain, problems)
    for name, variations in domain.responses.items():
        for number, variation in enumerate(variations):
            place = _place(reading, "response", name, number)
            for condition in variation.conditions:
                names.slot(condition.slot, place, f"the response '{name}'")
    for action in domain.actions:
        if action.startswith("utter_") and not has_response(action, domain):
            problems.warn(reading.places["action", action], f"the domain has no response '{action}'")


def _check_mapping(mapping: SlotMapping, owner: str, place: str, names: Names) -> None:
    if mapping.entity is not None:
        names.entity(mapping.entity, place, owner)
    for intent in (*mapping.intents, *mapping.not_intents):
        names.intent(intent, place, owner)
    for condition in mapping.conditions:
        if condition.active_loop is not None:
            names.form(condition.active_loop, place, owner)
        if condition.requested_slot is not None:
            names.slot(condition.requested_slot, place, owner)
    if mapping.action is not None:
        names.action(mapping.action, place, owner)


def _check_form_of_mapping(
    mapping: SlotMapping, slot: str, place: str, domain: Domain, problems: Problems
) -> None:
    """Warn of a mapping for a form that does not ask for the slot and has no action that may add it."""
    for condition in mapping.conditions if mapping.kind != "from_trigger_intent" else ():
        form = domain.forms.get(condition.active_loop or "")
        required = form.required_slots if form is not None else ()
        if required and slot not in required and f"validate_{condition.active_loop}" not in domain.actions:
            text = f"a mapping of the slot '{slot}' is for the form '{condition.active_loop}'"
            problems.warn(place, f"{text}, which does not ask for it; expected it among 'required_slots'")


def _place(reading: DomainReading, kind: str, name: str, number: int) -> str:
    """Find the line of one item of a definition; items that another section added have only the name's."""
    return reading.places.get((kind, name, number), reading.places[kind, name])
