"""What Rasa 3.6 does with a domain: what it merges, what it ignores, and what it refuses."""

from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.dialogue.domain import MappingCondition
from tests.fakes_bot import DOMAIN, write_bot


def _warnings(tmp_path: Path, domain: str) -> tuple[str, ...]:
    return load_bot(write_bot(tmp_path, domain=domain, data__rules="", data__stories="")).warnings


@pytest.mark.parametrize(
    ("domain", "warning"),
    [
        (
            "intents:\n- greet\n- stop\n- greet\n",
            "domain.yml:4: the intent 'greet' is already in line 2; Rasa refuses a second one",
        ),
        (
            "entities:\n- city\n- city: {roles: [to]}\n",
            "domain.yml:3: the entity 'city' is already in line 2; Rasa refuses a second one",
        ),
        (
            "actions:\n- action_a\n- action_a\n",
            "domain.yml:3: the action 'action_a' is already in line 2; Rasa refuses a second one",
        ),
        (
            "intents:\n- greet:\n",
            "domain.yml:2: an item of intents: expected 'greet' without a colon, or something after it;"
            " Rasa refuses it",
        ),
        ("entities:\n- city:\n", "domain.yml:2: an item of entities: expected 'city' without a colon"),
        ("actions:\n- action_a:\n", "domain.yml:2: an item of actions: expected 'action_a' without a colon"),
        (
            "slots:\n  city: {type: text}\n",
            "domain.yml:2: the slot 'city': expected the key 'mappings', such as [{type: custom}]; Rasa"
            " refuses a slot without it",
        ),
        (
            "slots:\n  a: {type: text, mappings: [{type: from_intent, value: null}]}\n",
            "domain.yml:2: a mapping of the slot 'a' of type from_intent: expected a value; Rasa"
            " refuses null",
        ),
        (
            "slots:\n  a: {type: unfeaturized, mappings: []}\n",
            "domain.yml:2: the slot 'a': 'unfeaturized' is a type of Rasa 2; treated as 'any'",
        ),
        (
            "slots:\n  a: {type: text, auto_fill: true, mappings: []}\n",
            "domain.yml:2: the slot 'a': 'auto_fill' is of Rasa 2 and not used; a mapping from_entity"
            " fills it",
        ),
        (
            "slots:\n  city: {type: text, values: [a], mappings: []}\n",
            "domain.yml:2: the slot 'city': unknown key 'values'",
        ),
        (
            "slots:\n  city: {type: text, max_value: 5, mappings: []}\n",
            "domain.yml:2: the slot 'city': unknown key 'max_value'",
        ),
    ],
)
def test_what_rasa_refuses_is_named(tmp_path: Path, domain: str, warning: str) -> None:
    assert [line for line in _warnings(tmp_path, domain) if line.startswith(warning)]


def test_the_same_name_in_two_files_is_merged_as_in_rasa(tmp_path: Path) -> None:
    files = {"data__a": "intents: [greet, more]\nactions: [action_book]\nentities: [size]\n"}
    bot = load_bot(write_bot(tmp_path, **files))

    assert bot.warnings == ()
    assert list(bot.domain.intents)[-1] == "more"


@pytest.mark.parametrize("slots", ["slots:\n  city: {type: text}\n", "slots:\n  size: {type: text}\n"])
def test_old_slots_need_no_mappings(tmp_path: Path, slots: str) -> None:
    old = 'version: "2.0"\nentities: [city]\nforms: {f: {city: [{type: from_text}]}}\n'

    warnings = _warnings(tmp_path, old + slots)

    assert not [line for line in warnings if "mappings'" in line and "expected the key" in line]


def test_null_among_the_values_of_a_slot_is_left_out(tmp_path: Path) -> None:
    domain = "slots:\n  size: {type: categorical, values: [yes, null, 012, true], mappings: []}\n"
    bot = load_bot(write_bot(tmp_path, domain=domain, data__rules="", data__stories=""))

    assert bot.domain.slots["size"].values == ("yes", "12", "true")
    assert bot.warnings == ("domain.yml:2: values of the slot 'size': null is no value; left out",)


def test_entities_without_influence_are_ignored_where_an_intent_says_nothing_else(tmp_path: Path) -> None:
    domain = """\
entities:
- city: {influence_conversation: false}
- size
intents:
- greet
- takes: {use_entities: [city]}
- leaves: {ignore_entities: [size]}
- insists: {use_entities: [city], ignore_entities: []}
"""
    bot = load_bot(write_bot(tmp_path, domain=domain, data__rules="", data__stories=""))

    used = {
        name: set(bot.domain.entities if intent.used_entities is None else intent.used_entities)
        - set(intent.ignored_entities)
        for name, intent in bot.domain.intents.items()
    }
    assert used == {"greet": {"size"}, "takes": set(), "leaves": set(), "insists": {"city"}}
    assert bot.warnings == ()


def test_without_such_an_entity_an_intent_uses_all(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path))

    assert bot.domain.intents["greet"].used_entities is None


def test_the_first_session_that_is_not_the_default_counts(tmp_path: Path) -> None:
    default = "session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}\n"
    names = {"domain__a": default, "domain__b": "session_config: {session_expiration_time: 5}\n"}
    write_bot(tmp_path, **names, domain__c="session_config: {session_expiration_time: 6}\nintents: [greet]\n")
    (tmp_path / "domain.yml").unlink()
    (tmp_path / "data" / "rules.yml").unlink()
    (tmp_path / "data" / "stories.yml").unlink()

    assert load_bot(tmp_path).domain.session.expiration_minutes == 5


def test_stories_of_a_bot_may_fill_no_slots_by_their_entities(tmp_path: Path) -> None:
    domain = DOMAIN + "config: {store_entities_as_slots: false}\n"

    assert load_bot(write_bot(tmp_path / "a", domain=domain)).domain.stores_entities is False
    assert load_bot(write_bot(tmp_path / "b")).domain.stores_entities is True


def test_responses_of_training_files_come_before_those_of_the_domain(tmp_path: Path) -> None:
    data = {"data__answers": "responses:\n  utter_faq/hours:\n  - text: From nine to five.\n"}
    bot = load_bot(write_bot(tmp_path, **data))

    assert [variation.text for variation in bot.domain.responses["utter_faq/hours"]] == ["From nine to five."]
    assert bot.warnings == (
        "domain.yml:45: the response 'utter_faq/hours' is already defined otherwise in data/answers.yml:3,"
        " which counts",
    )


def test_a_retrieval_intent_need_not_be_in_the_domain(tmp_path: Path) -> None:
    stories = "stories:\n- {story: a, steps: [{intent: faq}, {action: utter_faq}]}\n"
    bot = load_bot(write_bot(tmp_path, domain=DOMAIN.replace("  - faq\n", ""), data__stories=stories))

    assert bot.domain.intents["faq"].is_retrieval
    assert bot.warnings == ()


def test_a_condition_without_a_form_means_that_none_is_active(tmp_path: Path) -> None:
    domain = DOMAIN.replace("- active_loop: trip_form\n            requested_slot", "- requested_slot")
    bot = load_bot(write_bot(tmp_path, domain=domain))

    (mapping,) = bot.domain.slots["city"].mappings
    assert mapping.conditions == (MappingCondition(None),)
    assert bot.warnings[0].startswith(
        "domain.yml:20: a condition of a mapping of the slot 'city': expected the key 'active_loop'"
    )


def test_the_layout_of_buttons_is_named_as_unused(tmp_path: Path) -> None:
    domain = DOMAIN.replace("image: /map.png", "button_type: vertical")

    bot = load_bot(write_bot(tmp_path, domain=domain))

    assert bot.warnings == ("domain.yml:42: a variation of 'utter_ask_city': 'button_type' is not used",)


@pytest.mark.parametrize(
    ("slot", "influences"),
    [
        ("{type: text, influence_conversation: true, mappings: []}", True),
        ("{type: text, influence_conversation: false, mappings: []}", False),
        ("{type: text, mappings: []}", True),
        ("{type: any, influence_conversation: false, mappings: []}", False),
        ("{type: any, mappings: []}", False),
    ],
)
def test_slots_influence_the_conversation_unless_they_hold_anything(
    tmp_path: Path, slot: str, influences: bool
) -> None:
    domain = f"slots:\n  size: {slot}\n"

    bot = load_bot(write_bot(tmp_path, domain=domain, data__rules="", data__stories=""))

    assert bot.domain.slots["size"].influence_conversation is influences


def test_actions_that_want_the_domain_get_it_and_validations_of_forms_always(tmp_path: Path) -> None:
    domain = """\
actions:
- action_plain
- action_asks: {send_domain: true}
- action_does_not: {send_domain: false}
- validate_form
- validate_other: {send_domain: false}
"""
    bot = load_bot(write_bot(tmp_path, domain=domain, data__rules="", data__stories=""))

    assert bot.domain.actions_with_domain == {"action_asks", "validate_form"}
    assert len(bot.domain.actions) == 5
