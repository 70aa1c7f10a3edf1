"""One test for each kind of mistake that a bot's author can make.

`test_tolerance.py` says which of them stop a bot from being served.
"""

import re
from pathlib import Path

import pytest

from app.bot.loader import read_bot
from nlu.data.problems import Problems, Severity
from tests.fakes_bot import DOMAIN, RULES, STORIES, write_bot

_DOMAIN_MISTAKES = {
    "unknown section": ("actions:", "acts:", r"domain\.yml:50: the domain: unknown key 'acts'"),
    "version": ('"3.1"', '"9.0"', r"domain\.yml:1: version: expected one of"),
    "two intents in one item": (
        "  - inform:\n      use_entities: [city]\n",
        "  - inform: {}\n    extra: {}\n",
        r"domain\.yml:4: an item of intents: expected one name",
    ),
    "unknown key of an intent": ("use_entities", "uses", r"domain\.yml:5: the intent 'inform': unknown key"),
    "unknown key of an entity": ("roles:", "rolls:", r"domain\.yml:10: the entity 'city': unknown key"),
    "unknown slot type": (
        "type: bool",
        "type: boolean",
        r"domain\.yml:23: the slot 'vegan': expected the type",
    ),
    "slot type of one's own": ("type: bool", "type: my.Slot", r"domain\.yml:23: .*got 'my\.Slot'"),
    "no slot type": ("    type: bool\n", "", r"domain\.yml:23: the slot 'vegan': expected the key 'type'"),
    "unknown key of a slot": ("initial_value", "initial", r"domain\.yml:24: the slot 'vegan': unknown key"),
    "any that influences": (
        "type: bool",
        "type: any\n    influence_conversation: true",
        r"domain\.yml:24: the slot 'vegan': a slot of type any cannot influence",
    ),
    "empty range": (
        "type: bool",
        "type: float\n    min_value: 2",
        r"domain\.yml:23: the slot 'vegan': expected min_value < max_value, got 2\.0 and 1\.0",
    ),
    "unknown mapping type": ("from_intent", "from_inten", r"domain\.yml:26: a mapping of the slot 'vegan'"),
    "unknown key of a mapping": ("role: to", "rol: to", r"domain\.yml:18: .*unknown key 'rol'"),
    "from_entity without entity": (
        "        entity: city\n",
        "",
        r"domain\.yml:16: .*of type from_entity: expected the key 'entity'",
    ),
    "from_intent without value": ("        value: true\nresp", "resp", r"domain\.yml:26: .*the key 'value'"),
    "mapping with an unknown intent": (
        "intent: greet\n",
        "intent: gret\n",
        r"domain\.yml:26: a mapping of the slot 'vegan': .*no intent 'gret'; did you mean 'greet'",
    ),
    "condition on an unknown form": (
        "active_loop: trip_form",
        "active_loop: tripform",
        r"domain\.yml:16: a mapping of the slot 'city': the domain has no form 'tripform'",
    ),
    "condition on an unknown slot": (
        "requested_slot: city",
        "requested_slot: town",
        r"domain\.yml:16: a mapping of the slot 'city': the domain has no slot 'town'",
    ),
    "form with an unknown slot": (
        "required_slots: [city]",
        "required_slots: [citty]",
        r"domain\.yml:48: the form 'trip_form': the domain has no slot 'citty'; did you mean 'city'",
    ),
    "form slot without mapping": (
        "    mappings:\n      - type: from_intent\n        intent: greet\n        value: true\n",
        "",
        r"domain\.yml:23: the slot 'vegan' of the form 'trip_form' has no mappings",
    ),
    "form without slots": ("required_slots", "slots_required", r"domain\.yml:48: the form 'trip_form'"),
    "form with an unknown intent": ("ignored_intents: stop", "ignored_intents: halt", r"no intent 'halt'"),
    "response that is no list": (
        "    - text: Where to?\n      image",
        "    image",
        r"domain\.yml:42: .*a list",
    ),
    "response without content": (
        "text: Where to?\n      image: /map.png",
        "{}",
        r"domain\.yml:42: .*one of text",
    ),
    "unknown key of a response": ("      image:", "      images:", r"domain\.yml:43: .*unknown key 'images'"),
    "button without anything": (
        '        - title: Go\n          payload: /inform{"city":"Rome"}\n',
        "        - url: x\n",
        r"domain\.yml:33: a button of a variation of 'utter_greet': expected the key 'title'",
    ),
    "condition that is no slot": ("type: slot", "type: mood", r"domain\.yml:38: .*expected 'type: slot'"),
    "condition of a response on an unknown slot": (
        "name: vegan",
        "name: vegn",
        r"domain\.yml:35: the response 'utter_greet': the domain has no slot 'vegn'; did you mean 'vegan'",
    ),
    "negative silence": ("time: 30", "time: -1", r"domain\.yml:53: session_expiration_time: expected 0"),
    "text for a flag": ("session: false", "session: no", r"domain\.yml:54: .*expected true or false"),
}
_RULE_MISTAKES = {
    "unknown intent": (
        "intent: greet",
        "intent: gret",
        r"rules\.yml:13: the rule 'Greet': .*no intent 'gret'",
    ),
    "unknown response": (
        "utter_greet",
        "utter_great",
        r"rules\.yml:14: .*no response 'utter_great'; did you",
    ),
    "unknown action": ("action_deactivate_loop", "action_stop", r"rules\.yml:22: .*no action 'action_stop'"),
    "unknown slot": ("vegan", "vegetarian", r"rules\.yml:9: the rule 'Greet': the domain has no slot"),
    "unknown form": ("active_loop: trip_form", "active_loop: form", r"rules\.yml:17: .*no form 'form'"),
    "unknown key of a rule": ("condition:", "conditions:", r"rules\.yml:6: the rule 'Greet': unknown key"),
    "unknown step": ("- action: utter", "- actoin: utter", r"rules\.yml:14: a step: expected one of intent"),
    "unknown key of a step": (
        "- intent: greet\n      - action",
        "- intent: greet\n        entity: x\n      - action",
        r"rules\.yml:14: a step with an intent: unknown key 'entity'",
    ),
    "checkpoint in a rule": ("- action: utter_greet", "- checkpoint: a", r"rules\.yml:14: a step: expected"),
    "text for a flag": ("start: true", "start: yes", r"rules\.yml:4: .*expected true or false"),
    "no steps": (
        "      - ...\n      - intent: greet\n      - action: utter_greet\n",
        "      - ...\n",
        r"rules\.yml:3: the rule 'Greet' has no steps; left out",
    ),
    "the bot's words in a rule": (
        "- action: utter_greet",
        "- bot: hi",
        r"rules\.yml:14: the bot's words belong into stories",
    ),
    "empty or": (
        "          - intent: stop\n          - intent: greet\n",
        "          []\n",
        r"rules\.yml:19: or: expected at least one",
    ),
}
_STORY_MISTAKES = {
    "unknown section": ("stories:", "storys:", r"stories\.yml:1: a training data file: unknown key 'storys'"),
    "no name": ("story: Book", "name: Book", r"stories\.yml:2: .*expected the key 'story'"),
    "unknown intent": ("inform", "infrm", r"stories\.yml:4: .*no intent 'infrm'; did you mean 'inform'"),
    "two names of one entity": (
        "city: Rome\n            role: to",
        "city: Rome\n            town: to",
        r"stories\.yml:6: an entity of a step: expected one entity name",
    ),
    "no slots": (
        "city: Rome\n          - requested_slot: null",
        "{}",
        r"stories\.yml:12: slot_was_set: expected at least one slot",
    ),
    "empty words": ("- intent: inform\n", "- user: ''\n", r"stories\.yml:4: the customer's words are empty"),
    "markup": (
        "- intent: inform\n",
        "- intent: inform\n        user: to [Rome]{city}\n",
        r"stories\.yml:5: expected JSON after",
    ),
    "unfinished checkpoint": (
        "steps:\n",
        "steps:\n      - checkpoint: asked\n",
        r"stories\.yml:4: no story ends at the checkpoint 'asked'",
    ),
    "circle of checkpoints": (
        "steps:\n",
        "steps:\n      - checkpoint: asked\n      - action: action_book\n      - checkpoint: asked\n",
        r"stories\.yml:6: the checkpoint 'asked' leads back to itself",
    ),
}
_SETTINGS_MISTAKES = {
    "unknown key of spandesk.yml": ({"spandesk": "nam: Ada\n"}, r"spandesk\.yml:1: .*unknown key 'nam'"),
    "welcome without response": ({"spandesk": "welcome: utter_hi\n"}, r"spandesk\.yml:1: .*no response"),
    "title of an unknown intent": (
        {"spandesk": "intent_titles:\n  gret: Hello\n"},
        r"spandesk\.yml:2: intent_titles: the domain has no intent 'gret'",
    ),
    "no FAQ folder": ({"spandesk": "faq: {folder: help}\n"}, r"spandesk\.yml:1: faq: .*no folder 'help'"),
    "threshold": (
        {"config": "pipeline:\n  - name: FallbackClassifier\n    threshold: 70\n"},
        r"config\.yml:3: threshold: expected a number from 0 to 1, got 70",
    ),
    "history": (
        {"config": "policies:\n  - name: MemoizationPolicy\n    max_history: 0\n"},
        r"config\.yml:3: max_history: expected a whole number",
    ),
    "importers": ({"config": "importers:\n- name: my.Own\n"}, r"config\.yml:2: the importer 'my\.Own'"),
    "response server": (
        {"endpoints": "nlg:\n  url: http://x\n"},
        r"endpoints\.yml:2: nlg: a response server",
    ),
    "unset variable": (
        {"endpoints": "action_endpoint:\n  url: http://${HOST}/webhook\n"},
        r"endpoints\.yml:2: url of action_endpoint: the environment variable HOST is not set",
    ),
    "defined otherwise": (
        {"data__more": "responses:\n  utter_ask_city:\n    - text: Which town?\n"},
        r"domain\.yml:42: the response 'utter_ask_city' is already defined otherwise in data/more\.yml:3",
    ),
    "not YAML": ({"data__more": "rules: [\n"}, r"data/more\.yml:2: not valid YAML"),
}


def _check(folder: Path, message: str) -> None:
    problems = Problems()

    read_bot(folder, problems)

    mistakes = [problem for problem in problems.found if problem.severity is not Severity.WARNING]
    assert [mistake for mistake in mistakes if re.search(message, mistake.as_warning)], mistakes


@pytest.mark.parametrize(("right", "wrong", "message"), _DOMAIN_MISTAKES.values(), ids=_DOMAIN_MISTAKES)
def test_a_mistake_in_the_domain_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in DOMAIN
    form = "required_slots: [city]", "required_slots: [city, vegan]"  # so that its mapping matters

    _check(write_bot(tmp_path, domain=DOMAIN.replace(right, wrong, 1).replace(*form)), message)


@pytest.mark.parametrize(("right", "wrong", "message"), _RULE_MISTAKES.values(), ids=_RULE_MISTAKES)
def test_a_mistake_in_a_rule_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in RULES

    _check(write_bot(tmp_path, data__rules=RULES.replace(right, wrong, 1)), message)


@pytest.mark.parametrize(("right", "wrong", "message"), _STORY_MISTAKES.values(), ids=_STORY_MISTAKES)
def test_a_mistake_in_a_story_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in STORIES

    _check(write_bot(tmp_path, data__stories=STORIES.replace(right, wrong, 1)), message)


@pytest.mark.parametrize(("files", "message"), _SETTINGS_MISTAKES.values(), ids=_SETTINGS_MISTAKES)
def test_a_mistake_in_another_file_is_named(tmp_path: Path, files: dict[str, str], message: str) -> None:
    _check(write_bot(tmp_path, **files), message)
